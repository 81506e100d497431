import { type Command, Option } from 'commander';
import { GenerateCertsError, quote } from '../errors.js';
import {
  CONFIG_OPTION,
  LOCK_TIMEOUT_OPTION,
  NO_CONFIG_OPTION,
  type OptionEntry,
  OUT_OPTION,
  PASSWORD_FILE_OPTION,
  QUIET_OPTION,
} from './make-options.js';

/** An option of the command line as Commander has it. */
export function optionOf(name: string, entry: OptionEntry): Option {
  const { short, value, repeated, description } = entry;
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
  const option = new Option(flags, description);
  if (repeated) option.argParser(gather);
  if (entry.default !== undefined) option.default(entry.default, entry.default);
  return option;
}

/** Where the set lives: every command has it. */
export const outOption = () => optionOf('out', OUT_OPTION);
/** Every command that makes a set has these two, in this order: the second negates the first. */
export const configOption = () => optionOf('config', CONFIG_OPTION);
export const noConfigOption = () => optionOf('no-config', NO_CONFIG_OPTION);
export const jsonOption = (what: string) => new Option('--json', what);
export const htmlOption = () =>
  new Option('--html <file>', 'write a page too: one file, for a browser or for paper');
/** In what forms a report is given, and how strictly it is judged: verify and verify-client have the same. */
export const reportOptions = (strict: string): readonly Option[] => [
  new Option('--strict', strict),
  jsonOption('print the report as JSON'),
  new Option('--junit <file>', 'write the report as JUnit XML too, a test case a row'),
  new Option('--markdown', 'print the report as Markdown, for the summary of a CI job'),
  htmlOption(),
  quietOption(),
];
/** The bound on whatever one case does. */
export const timeoutOption = (what: string, usual: string) =>
  new Option('--timeout <duration>', `the bound on each ${what}; a number alone is seconds`).default(
    usual,
    usual,
  );
/**
 * A time limit in seconds: a duration, or a number of seconds alone.
 *
 * @throws {@link GenerateCertsError} `ERR_DURATION_INVALID`
 */
export function parseTimeout(typed: string): number {
  const [, count, unit = 's'] = /^(\d{1,9})([smh])?$/.exec(typed) ?? [];
  const seconds = Number(count) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
  if (seconds > 0 && seconds <= LONGEST_TIMEOUT) return seconds;
  throw new GenerateCertsError(
    'ERR_DURATION_INVALID',
    `${quote(typed)} is not a time limit`,
    'give seconds, such as 5, or a duration, such as 30s or 2m, up to 1h',
  );
}

/** An hour, in seconds. */
const LONGEST_TIMEOUT = 3600;

export const lockTimeoutOption = () => optionOf('lock-timeout', LOCK_TIMEOUT_OPTION);
/** Every command that makes keystores has it. */
export const passwordFileOption = () => optionOf('password-file', PASSWORD_FILE_OPTION);
export const quietOption = () => optionOf('quiet', QUIET_OPTION);

/** Gathers the values of an option that may be repeated. The first one given replaces the default. */
export function gather(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/**
 * Lets options stand before a command's name as well (`generate-certs --out x show`): the program has
 * read them then, and the command has its defaults.
 *
 * @returns the names of options that were given before a command which does not have them
 */
export function adoptOptionsBefore(program: Command, command: Command): string[] {
  const misplaced: string[] = [];
  for (const option of program.options) {
    const name = option.attributeName();
    if (program.getOptionValueSource(name) !== 'cli') continue;
    const own = command.options.some((known) => known.long === option.long);
    if (!own) misplaced.push(option.long ?? name);
    else if (command.getOptionValueSource(name) !== 'cli') {
      command.setOptionValueWithSource(name, program.getOptionValue(name), 'cli');
    }
  }
  return misplaced;
}
