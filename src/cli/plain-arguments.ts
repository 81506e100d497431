import { type ParseArgsConfig, parseArgs } from 'node:util';
import { COMMANDS } from './commands.js';
import { MAKE_OPTIONS, type MakeOptions, type OptionEntry } from './make-options.js';

/** What a set is asked to be on the command line. */
export interface MakeArguments {
  readonly names: string[];
  readonly options: MakeOptions;
}

/**
 * Reads the plainest of command lines, those that ask for a set with known options: by Node's own parser,
 * so that a run that finds nothing to do does not load Commander (5 ms of 60). What they come to is the
 * same; a test compares the two.
 *
 * @returns nothing for every other one: a command, a question for help, a mistake
 */
export function readPlainArguments(argv: readonly string[]): MakeArguments | undefined {
  if (!argv.every(isPlain)) return undefined;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: TYPES, allowPositionals: true });
    const given = Object.entries(values).map(([name, value]) => [camelCase(name), value]);
    return { names: positionals, options: { ...DEFAULTS, ...Object.fromEntries(given) } };
  } catch {
    // What is wrong with it is Commander's to say.
    return undefined;
  }
}

const commandNames = new Set(['help', ...COMMANDS.map(({ name }) => name)]);

/** A word, `-x`, `--name` or `--name=value`; no command's name, wherever it stands. */
function isPlain(argument: string): boolean {
  if (!argument.startsWith('-')) return argument !== '' && !commandNames.has(argument);
  return /^(?:-[a-z]|--[a-z-]+(?:=.+)?)$/s.test(argument) && argument !== '--';
}

const entries: [name: string, option: OptionEntry][] = Object.entries(MAKE_OPTIONS);

const TYPES: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(
  entries.map(([name, { short, value, repeated = false }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', multiple: repeated, ...(short && { short }) },
  ]),
);

const DEFAULTS = Object.fromEntries(
  entries.flatMap(([name, option]) =>
    option.default === undefined ? [] : [[camelCase(name), option.default]],
  ),
) as unknown as MakeOptions;

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
