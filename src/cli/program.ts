import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { GenerateCertsError } from '../errors.js';
import { FLAWS } from '../pki/flaws/flaws.js';
import { nearest } from '../util/suggest.js';
import { COMMANDS, type SetExitStatus } from './commands.js';
import { MAKE_OPTIONS, type MakeOptions } from './make-options.js';
import { adoptOptionsBefore, optionOf } from './options.js';
import { columnsOf, OUT, write } from './terminal/output.js';
import { ExitStatus, PROGRAM, Terminal } from './terminal/terminal.js';

const EXAMPLES = `
Examples:
  generate-certs
      a set for localhost in certs/, laid out for NGINX and for native gRPC TLS
  generate-certs --layout nginx --out .
      the files of the NGINX mTLS example, in this folder
  generate-certs api.test '*.api.test' 10.0.0.7
      a server of three names
  generate-certs --client alice --client spiffe://example.test/bob
      two clients to let in
  generate-certs --untrusted all
      every kind of client that a server must refuse
  generate-certs client carol@example.test
      one more client, from the CA of the set in certs/
  generate-certs revoke carol@example.test
      on the CRL with it
  generate-certs verify --grpc localhost:9178 --rest https://localhost:8000
      proves that the live endpoint lets in the right clients and nobody else
  generate-certs serve -- ovms --model_name face --model_path /models/face --port 9178
      NGINX with mutual TLS in front of a model server
  generate-certs exec -- curl https://localhost:8443
      a command that trusts the set; 'env' prints the variables that do it
  generate-certs show
      what is in certs/, who signed it and how long it lives
  generate-certs watch --on-renew 'nginx -s reload'
      keeps the set in certs/ alive, and tells NGINX of each renewal
  generate-certs clean
      removes the set in certs/, and nothing else
`;

/**
 * Runs the program by any command line.
 *
 * @returns the exit status
 * @throws {@link GenerateCertsError} `ERR_USAGE`, and what the commands throw
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitStatus: number = ExitStatus.done;
  const program = createProgram(async (names, options) => {
    const { make } = await import('./commands/make.js');
    await make(names, options);
  });
  await describeCommands(program, argv, (status) => {
    exitStatus = status;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitStatus;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitStatus.done;
    throw usageError(error, program, argv);
  }
}

/** @param make what the program does without a command's name */
export function createProgram(make: (names: string[], options: MakeOptions) => Promise<void>): Command {
  const program = new Command(PROGRAM)
    .usage('[options] [name...]\n       generate-certs <command> [options]')
    .description('Certificates for mutual-TLS tests: the clients to let in and the clients to refuse.')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'this text, or the one of a command')
    .option('-V, --version', 'output the version number')
    .on('option:version', () => {
      new Terminal().data(`${packageVersion()}\n`);
      throw new CommanderError(0, 'commander.version', '');
    })
    .addHelpText('before', () => `${EXAMPLES.trimStart()}`)
    .addHelpText('after', () => `\nFlaws for --untrusted:\n${flawLines().join('\n')}`)
    .exitOverride()
    .configureOutput({
      writeErr: () => undefined,
      writeOut: (text) => write(OUT, text),
      getOutHelpWidth: () => columnsOf(OUT) ?? 80,
      // Commander's own question would load the stream. The help has no colours to take away.
      getOutHasColors: () => true,
    })
    .configureHelp({ subcommandTerm: listCommand })
    .showSuggestionAfterError(false);
  program.argument('[name...]', "the endpoint's names: DNS names (*.api.test too) and IP addresses");
  for (const [name, entry] of Object.entries(MAKE_OPTIONS)) program.addOption(optionOf(name, entry));
  program.action(make);
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

/** Gives the program its commands: those whose names stand among the arguments whole, the others to be listed. */
export async function describeCommands(
  program: Command,
  argv: readonly string[],
  setExitStatus: SetExitStatus,
): Promise<void> {
  for (const { name, description, describe } of COMMANDS) {
    const command = program.command(name).description(description);
    if (argv.includes(name)) (await describe())(command, setExitStatus);
  }
}

/** A command's line in the list of commands, which has not been given its arguments. */
function listCommand(command: Command): string {
  const usage = COMMANDS.find(({ name }) => name === command.name())?.usage ?? command.usage();
  return `${command.name()} ${usage}`;
}

/** The parser's message in this program's form. */
function usageError(error: CommanderError, program: Command, argv: readonly string[]): GenerateCertsError {
  const [first = '', ...others] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('. ');
  const message = [first, ...others.map((text) => text.replace(/^./, (letter) => letter.toLowerCase()))].join(
    '; ',
  );
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  const options = (command ?? program).options.map(({ long }) => long ?? '');
  const typed = /unknown option '(-[^']*)'/.exec(message)?.[1];
  const close = typed === undefined ? undefined : nearest(typed, options);
  const where = command === undefined ? PROGRAM : `${PROGRAM} ${command.name()}`;
  const hint = close === undefined ? `see ${where} --help` : `did you mean ${close}?`;
  return new GenerateCertsError('ERR_USAGE', message, hint, { cause: error });
}

/** The catalogue of flaws for the help text. */
function flawLines(): string[] {
  const width = Math.max(...FLAWS.map(({ name }) => name.length));
  return FLAWS.map(({ name, summary, severity }) => {
    return `  ${name.padEnd(width)}  ${summary}${severity === 'policy' ? ' (policy)' : ''}`;
  });
}

function packageVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
