import { LAYOUTS } from '../layouts/index.js';
import { type Field, textOf } from '../request/field.js';
import { FIELD_ENTRIES, FIELDS } from '../request/fields.js';
import type { EnsureOptions } from '../store/write-options.js';

/** An option of the command line. */
export interface OptionEntry {
  readonly short?: string;
  /** What its value is, as the help calls it; none for a switch. */
  readonly value?: string;
  readonly repeated?: true;
  readonly default?: string;
  readonly description: string;
}

export const OUT_OPTION: OptionEntry = {
  short: 'o',
  value: 'folder',
  default: 'certs',
  description: 'where the set lives',
};
export const QUIET_OPTION: OptionEntry = { short: 'q', description: 'errors only' };
export const CONFIG_OPTION: OptionEntry = {
  value: 'file',
  description: 'the configuration file (default: generate-certs.yaml where there is one)',
};
export const NO_CONFIG_OPTION: OptionEntry = { description: 'read no configuration file' };
export const PASSWORD_FILE_OPTION: OptionEntry = {
  value: 'file',
  description: "the keystores' password (default: GENERATE_CERTS_PASSWORD, or changeit)",
};
export const LOCK_TIMEOUT_OPTION = entryOf(FIELDS.lockTimeout);

/** The options of the command without a name, which makes a set, in the order of the help text. */
export const MAKE_OPTIONS: Readonly<Record<string, OptionEntry>> = {
  out: OUT_OPTION,
  ...Object.fromEntries(
    FIELD_ENTRIES.flatMap(([, field]) =>
      field.flag === undefined ? [] : [[field.flag.long, entryOf(field)]],
    ),
  ),
  'password-file': PASSWORD_FILE_OPTION,
  config: CONFIG_OPTION,
  'no-config': NO_CONFIG_OPTION,
  json: { description: 'print the manifest instead of the summary' },
  quiet: QUIET_OPTION,
};

/** What the options come to, by their names in camel case: those of the fields, and these. */
export interface MakeOptions {
  readonly [name: string]: unknown;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  readonly passwordFile?: string;
  /** The configuration file; false where none is to be read. */
  readonly config?: string | false;
}

/** What was given on the command line, as the library takes it. The values are checked there. */
export function givenFields(options: MakeOptions): EnsureOptions {
  const given = FIELD_ENTRIES.flatMap(([name, { flag }]) => {
    const value = flag === undefined ? undefined : options[camelCase(flag.long)];
    if (value === undefined) return [];
    return [[name, flag?.read !== undefined && typeof value === 'string' ? flag.read(value) : value]];
  });
  return Object.fromEntries(given);
}

/** `valid-for` as the parser names its value: `validFor`. */
export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}

/** A default that depends on the set that is there is only told: the library fills it in. */
function entryOf({ flag, help, default: preset, repeats }: Field): OptionEntry {
  const repeated = repeats ? '; may be repeated' : '';
  const text = preset === undefined ? '' : ` (default: ${textOf(preset, LAYOUTS)})`;
  return {
    ...(flag?.short !== undefined && { short: flag.short }),
    ...(flag?.value !== undefined && { value: flag.value }),
    ...(repeats && { repeated: repeats }),
    description: `${textOf(help, LAYOUTS)}${repeated}${text}`,
  };
}
