import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { GenerateCertsError } from '../errors.js';
import { nearest } from '../suggest.js';
import { addCheckCommand } from './check.js';
import { addCleanCommand } from './clean.js';
import { addClientCommand } from './client.js';
import { addEnvCommand } from './env.js';
import { addExecCommand } from './exec.js';
import { interruptingSignal } from './interrupt.js';
import { describeMake, flawLines } from './make.js';
import { adoptOptionsBefore } from './options.js';
import { addRevokeCommand } from './revoke.js';
import { addServeCommand } from './serve.js';
import { addShowCommand } from './show.js';
import { ExitStatus, PROGRAM, reportFailure, Terminal, watchOutput } from './terminal.js';
import { addVerifyCommand } from './verify.js';
import { addWatchCommand } from './watch.js';

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

/** How the program ends. */
export interface ProgramEnd {
  /**
   * 0 done, 1 a check failed, 2 bad usage or input, 3 the surroundings failed; 130 or 143 after Ctrl-C or
   * SIGTERM; what `exec` and `serve` ran has a status of its own.
   */
  readonly status: number;
  /** The signal that interrupted this program's own work; never the one that ended what it ran. */
  readonly signal?: NodeJS.Signals | undefined;
}

/**
 * Runs the program.
 *
 * @param argv the arguments, without the interpreter and the script
 */
export async function main(argv: readonly string[]): Promise<ProgramEnd> {
  watchOutput();
  let exitStatus: number = ExitStatus.done;
  const program = createProgram((status) => {
    exitStatus = status;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return { status: exitStatus };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return { status: 0 };
    const failure = error instanceof CommanderError ? usageError(error, program, argv) : error;
    return { status: reportFailure(failure, new Terminal()), signal: interruptingSignal(failure) };
  }
}

function createProgram(setExitStatus: (status: number) => void): Command {
  const program = new Command(PROGRAM)
    .usage('[options] [name...]\n       generate-certs <command> [options]')
    .description('Certificates for mutual-TLS tests: the clients to let in and the clients to refuse.')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'this text, or the one of a command')
    .version(packageVersion())
    .addHelpText('before', () => `${EXAMPLES.trimStart()}`)
    .addHelpText('after', () => `\nFlaws for --untrusted:\n${flawLines().join('\n')}`)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError(false);
  describeMake(program);
  addShowCommand(program);
  addClientCommand(program);
  addRevokeCommand(program);
  addVerifyCommand(program, setExitStatus);
  addCheckCommand(program, setExitStatus);
  addServeCommand(program, setExitStatus);
  addEnvCommand(program);
  addExecCommand(program, setExitStatus);
  addWatchCommand(program);
  addCleanCommand(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
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

function packageVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
