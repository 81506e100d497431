import { shellQuote } from '../../util/shell-quote.js';
import type { Row } from '../report/row.js';

/**
 * The command that tries one row again: for a server with a flaw that one alone, for an endpoint no other endpoint, else
 * everything.
 *
 * @param subjects all endpoints of the report
 */
export function repeatCommand(
  { protocol, flaw, subject }: Row,
  command: readonly string[] | undefined,
  subjects: ReadonlySet<string>,
): readonly string[] | undefined {
  if (command === undefined || protocol === 'set') return command;
  if (protocol !== 'client')
    return withoutEndpoints(command, (word) => word !== subject && subjects.has(word));
  if (flaw === undefined) return command;
  const [program = '', name = '', ...rest] = command;
  return [program, name, '--flaw', flaw, ...withoutFlaws(rest)];
}

/** The options that name endpoints beside their URLs. */
const ENDPOINT_OPTIONS: ReadonlySet<string> = new Set(['--grpc', '--rest']);

function withoutEndpoints(words: readonly string[], isOther: (word: string) => boolean): readonly string[] {
  return words.filter((word, index) => {
    const next = words[index + 1];
    return !isOther(word) && !(ENDPOINT_OPTIONS.has(word) && next !== undefined && isOther(next));
  });
}

/** What stands after `--` belongs to the client. */
function withoutFlaws(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const kept = own.filter((word, index) => word !== '--flaw' && own[index - 1] !== '--flaw');
  return [...kept, ...words.slice(own.length)];
}

export function commandLine(command: readonly string[]): string {
  return command.map(shellQuote).join(' ');
}
