import { readFileSync } from 'node:fs';
import { Command, CommanderError, Help, Option } from 'commander';
import { GenerateCertsError, quote } from '../errors.js';
import { FLAWS, SERVER_FLAWS } from '../pki/flaws/flaws.js';
import { nearest } from '../util/suggest.js';
import { COMMANDS, type SetExitStatus } from './commands.js';
import { addExamples, formatExamples, formatFlaws, PROGRAM_EXAMPLES, widthOf, wrap } from './help.js';
import { MAKE_OPTIONS, type MakeOptions } from './make-options.js';
import { adoptOptionsBefore, optionOf } from './options.js';
import { becomeOwnerOf } from './privileges.js';
import { columnsOf, OUT, write } from './terminal/output.js';
import { ExitStatus, PROGRAM, Terminal } from './terminal/terminal.js';
import { refuseCommandLikeNames } from './words.js';

/** Commands that write into the set's folder and start no program of the user's. */
const WRITING: ReadonlySet<string> = new Set([
  'client',
  'server',
  'sign',
  'renew',
  'rotate',
  'revoke',
  'clean',
]);

const COMMAND_NAMES = COMMANDS.map(({ name }) => name);

/**
 * Runs the program by any command line.
 *
 * @returns the exit status
 * @throws {@link GenerateCertsError} `ERR_USAGE`, and what the commands throw
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitStatus: number = ExitStatus.done;
  const { head, names: behindDashes } = splitNames(withoutHelpOfHelp(argv));
  const program = createProgram(async (names, options) => {
    refuseCommandLikeNames(names, ['help', ...COMMAND_NAMES]);
    const { make } = await import('./commands/make.js');
    await make([...names, ...behindDashes], options);
  });
  await describeCommands(program, head, (status) => {
    exitStatus = status;
  });
  refuseUnknownHelp(head);
  try {
    await program.parseAsync(head, { from: 'user' });
    return exitStatus;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitStatus.done;
    throw usageError(error, program, head);
  }
}

/**
 * What stands behind `--` is a name, whatever it looks like: a caller that does not know its names (a CI action)
 * puts them there. Behind a command's name it is the command's.
 */
export function splitNames(argv: readonly string[]): { head: readonly string[]; names: readonly string[] } {
  const dashes = argv.indexOf('--');
  if (dashes === -1) return { head: argv, names: [] };
  const head = argv.slice(0, dashes);
  const first = firstOperand(head);
  if (first === 'help' || COMMAND_NAMES.some((name) => name === first)) return { head: argv, names: [] };
  return { head, names: argv.slice(dashes + 1) };
}

/** The first word that is neither an option nor an option's value; nothing where the options are wrong. */
function firstOperand(argv: readonly string[]): string | undefined {
  try {
    return createProgram(async () => undefined).parseOptions([...argv]).operands[0];
  } catch (error) {
    // The program's own parsing says what is wrong.
    if (error instanceof CommanderError) return argv.find((word) => COMMAND_NAMES.includes(word));
    throw error;
  }
}

/** @param make what the program does without a command's name */
export function createProgram(make: (names: string[], options: MakeOptions) => Promise<void>): Command {
  const program = new Command(PROGRAM)
    .usage('[options] [name...]\n       generate-certs <command> [options]')
    .description('Certificates for mutual-TLS tests: the clients to let in and the clients to refuse.')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'this text, or the one of a command')
    .option('-V, --version', 'print the version')
    .addOption(new Option('-v', 'print the version').hideHelp())
    .on('option:version', printVersion)
    .on('option:v', printVersion)
    .exitOverride()
    .configureOutput({
      writeErr: () => undefined,
      writeOut: (text) => write(OUT, text),
      getOutHelpWidth: () => columnsOf(OUT) ?? 80,
    })
    .configureHelp({ subcommandTerm: listCommand, formatHelp: withExamples, formatItem })
    .showSuggestionAfterError(false);
  program.addHelpText('after', () => {
    const width = widthOf(program);
    return [
      `\nFlaws for --untrusted:\n${formatFlaws(FLAWS, width)}`,
      `\nFlaws for --untrusted-server:\n${formatFlaws(SERVER_FLAWS, width)}`,
    ].join('\n');
  });
  program.argument('[name...]', "the endpoint's names: DNS names (*.api.test too) and IP addresses");
  for (const [name, entry] of Object.entries(MAKE_OPTIONS)) program.addOption(optionOf(name, entry));
  program.action(make);
  program.hook('preAction', (_program, command) => {
    const { out, owner, quiet } = command.opts<{ out?: string; owner?: unknown; quiet?: boolean }>();
    const writes = command === program || WRITING.has(command.name());
    if (writes && out !== undefined) becomeOwnerOf(out, owner !== undefined, new Terminal({ quiet }));
  });
  program.hook('preSubcommand', (_program, command) => {
    const [misplaced] = adoptOptionsBefore(program, command);
    if (misplaced !== undefined) {
      throw new GenerateCertsError(
        'ERR_USAGE',
        `'${command.name()}' has no option ${misplaced}`,
        `see ${PROGRAM} ${command.name()} --help`,
      );
    }
  });
  return program;
}

/** An option with what it does: beside it, or below it where there is little room. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  if (width >= NARROW) return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  return `  ${term}\n${wrap(description, width, '      ')}`;
}

/** Columns of a terminal that has no room for two. */
const NARROW = 72;

/** The help with the examples right behind the usage, before everything that is longer. */
function withExamples(command: Command, helper: Help): string {
  const help = Help.prototype.formatHelp.call(helper, command, helper);
  if (command.parent !== null) return help;
  const examples = `Examples:\n${formatExamples(PROGRAM_EXAMPLES, helper.helpWidth ?? 80)}`;
  return help.replace(/\n\nArguments:/, () => `\n\n${examples}\n\nArguments:`);
}

function printVersion(): never {
  const path = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  new Terminal().data(`${version}\n`);
  throw new CommanderError(0, 'commander.version', '');
}

/** Gives the program its commands: those whose names stand among the arguments whole, the others to be listed. */
export async function describeCommands(
  program: Command,
  argv: readonly string[],
  setExitStatus: SetExitStatus,
): Promise<void> {
  const all = COMMANDS.some(({ name, tellsOfAll }) => tellsOfAll && argv.includes(name));
  for (const { name, description, examples, describe } of COMMANDS) {
    const command = program.command(name).description(description);
    if (!all && !argv.includes(name)) continue;
    (await describe())(command, setExitStatus);
    addExamples(command, examples);
  }
}

/** A command's line in the list of commands, which has not been given its arguments. */
function listCommand(command: Command): string {
  const usage = COMMANDS.find(({ name }) => name === command.name())?.usage ?? command.usage();
  return `${command.name()} ${usage}`;
}

/** `help --help` and `help help` are `help`. */
function withoutHelpOfHelp(argv: readonly string[]): readonly string[] {
  if (argv[0] !== 'help') return argv;
  return argv.filter((word, index) => index === 0 || !['help', '--help', '-h'].includes(word));
}

/** `help` for a command that there is not. */
function refuseUnknownHelp([first, second]: readonly string[]): void {
  if (first !== 'help' || second === undefined || second.startsWith('-')) return;
  if (COMMAND_NAMES.includes(second) || second === 'help') return;
  const close = nearest(second, COMMAND_NAMES);
  throw new GenerateCertsError(
    'ERR_USAGE',
    `${quote(second)} is not a command`,
    close === undefined ? `known: ${COMMAND_NAMES.join(', ')}` : `did you mean '${PROGRAM} help ${close}'?`,
  );
}

/** Options of other tools, and what is meant by them here. */
const OTHERS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /^--(?:san|sans|dns|domain|domains|host|hosts|hostname|name|names|cn|common-name|ip)$/,
    `names are given without an option: ${PROGRAM} api.test 10.0.0.7`,
  ],
  [
    /^--(?:days|duration|expires|expiry|validity|not-after|lifetime)$/,
    'give the lifetime as --valid-for 12h',
  ],
  [/^--(?:dir|directory|folder|output|path|cert-dir)$/, 'give the folder with --out'],
  [
    /^--(?:key-size|bits|rsa|ecdsa|algorithm|kty|curve)$/,
    'give the key type as --key rsa-2048 or --key ec-p256',
  ],
];

/** The parser's message in this program's form. */
function usageError(error: CommanderError, program: Command, argv: readonly string[]): GenerateCertsError {
  const typed = /unknown option '(-[\s\S]*)'/.exec(error.message)?.[1];
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  const where = command === undefined ? PROGRAM : `${PROGRAM} ${command.name()}`;
  if (typed !== undefined) {
    const option = typed.replace(/=[\s\S]*$/, '');
    const options = (command ?? program).options.map(({ long }) => long ?? '');
    const other = command === undefined ? OTHERS.find(([pattern]) => pattern.test(option))?.[1] : undefined;
    const close = nearest(option, options);
    const hint = other ?? (close === undefined ? `see ${where} --help` : `did you mean ${close}?`);
    return new GenerateCertsError('ERR_USAGE', `unknown option ${quote(option)}`, hint, { cause: error });
  }
  const [first = '', ...others] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('. ');
  const rest = others.map((text) => text.replace(/^./, (letter) => letter.toLowerCase()));
  return new GenerateCertsError('ERR_USAGE', shown([first, ...rest].join('; ')), `see ${where} --help`, {
    cause: error,
  });
}

/** The parser puts what was typed into its messages. */
function shown(message: string): string {
  return quote(message).slice(1, -1);
}
