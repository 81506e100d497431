import { type ChildProcess, spawn } from 'node:child_process';
import type { Command } from 'commander';
import { GenerateCertsError, quote } from '../../errors.js';
import { errnoOf } from '../../store/transaction/file-system.js';
import { signalStatus } from '../../util/exit-status.js';
import { outOption, quietOption } from '../options.js';
import { PROGRAM, Terminal } from '../terminal/terminal.js';
import { variablesOf } from './env.js';

export function describeExec(command: Command, setExitStatus: (status: number) => void): void {
  command
    .usage('[options] -- <command...>')
    .argument('[command...]', 'the program and its arguments')
    // What stands behind the program's name is the program's.
    .passThroughOptions()
    .addOption(outOption())
    .addOption(quietOption())
    .addHelpText('after', `\nIt ends with the command's exit status, or with 128 and the signal's number.\n`)
    .action(async (command: string[], options: { out: string; quiet?: boolean }) => {
      const [file, ...args] = command;
      if (file === undefined || file === '') {
        throw new GenerateCertsError(
          'ERR_USAGE',
          'there is no command to run',
          `give it after --, such as ${PROGRAM} exec -- curl https://localhost:8443`,
        );
      }
      const variables = await variablesOf(options.out, new Terminal(options));
      setExitStatus(await runCommand(file, args, variables));
    });
}

/** The signals that end a program, and that are meant for it when they reach this one. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs a command to its end, without a shell and with this program's own input and output. */
function runCommand(
  file: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
    const stopPassingOn = passSignalsOn(child);
    child.on('error', (error) => {
      stopPassingOn();
      reject(cannotRun(file, error));
    });
    child.on('exit', (status, signal) => {
      stopPassingOn();
      resolve(signal === null ? (status ?? 0) : signalStatus(signal));
    });
  });
}

function passSignalsOn(child: ChildProcess): () => void {
  const passOn = (signal: NodeJS.Signals) => {
    // Ctrl-C on a terminal reaches every process in the foreground: a second one would hurry the command.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  return () => {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  };
}

function cannotRun(file: string, error: Error): GenerateCertsError {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') {
    return new GenerateCertsError(
      'ERR_PROGRAM_MISSING',
      `there is no program ${quote(file)}`,
      'see that it is installed and on the PATH; there is no shell, so it cannot be a whole command line',
      { cause: error },
    );
  }
  return new GenerateCertsError(
    'ERR_PROGRAM_MISSING',
    `cannot run ${quote(file)}: ${errno === 'EACCES' ? 'permission denied' : (errno ?? error.message)}`,
    'see that it is a program, and that you may run it',
    { cause: error },
  );
}
