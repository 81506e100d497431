import { type FlagFinding, wrong } from './finding.js';

/** The flags of a command line that are known, by their names. */
export type Flags = ReadonlyMap<string, string>;

export interface FlagRules {
  readonly known: readonly string[];
  /** Whether `--flag value` is read as well as `--flag=value`. */
  readonly spaced: boolean;
}

/** Reads the flags that a server knows. An empty value is an absent flag. */
export function readFlags(
  argv: readonly string[],
  { known, spaced }: FlagRules,
): { values: Map<string, string>; findings: FlagFinding[] } {
  const values = new Map<string, string>();
  const findings: FlagFinding[] = [];
  for (let index = 1; index < argv.length; index++) {
    const [flag = '', ...rest] = (argv[index] ?? '').split('=');
    if (!known.includes(flag)) continue;
    const joined = rest.length > 0;
    const next = joined || !spaced ? undefined : argv[index + 1];
    const value = joined ? rest.join('=') : next;
    if (value === undefined || (!joined && value.startsWith('--'))) {
      const form = spaced ? 'give the path of a file' : `write it as one word: ${flag}=<value>`;
      findings.push(wrong('value-missing', flag, `${flag} has no value`, form));
      continue;
    }
    if (!joined) index++;
    if (value === '') continue;
    if (values.has(flag)) {
      findings.push(wrong('given-twice', flag, `${flag} is given twice`, 'give it once'));
    } else values.set(flag, value);
  }
  return { values, findings };
}
