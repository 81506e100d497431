import { type Command, Option } from 'commander';
import { DEFAULT_LOCK_TIMEOUT } from '../store/lock-options.js';

/** Where the set lives: every command has it. */
export const outOption = () =>
  new Option('-o, --out <folder>', 'where the set lives').default('certs', 'certs');
export const jsonOption = (what: string) => new Option('--json', what);
export const lockTimeoutOption = () =>
  new Option('--lock-timeout <duration>', 'how long to wait for another run in the same folder').default(
    DEFAULT_LOCK_TIMEOUT,
    DEFAULT_LOCK_TIMEOUT,
  );
export const quietOption = () => new Option('-q, --quiet', 'errors only');

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
