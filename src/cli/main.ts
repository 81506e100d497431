import { runProgram } from './program.js';
import { interruptingSignal } from './terminal/interrupt.js';
import { flushOutput } from './terminal/output.js';
import { reportFailure, Terminal, watchOutput } from './terminal/terminal.js';
import { refuseOtherEncodings } from './utf8.js';

/** How the program ends. */
export interface ProgramEnd {
  /**
   * 0 done, 1 a check failed, 2 bad usage or input, 3 the environment failed; 130 or 143 after Ctrl-C or
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
  const end = await run(argv).then(
    (status) => ({ status }),
    (error) => ({ status: reportFailure(error, new Terminal()), signal: interruptingSignal(error) }),
  );
  await flushOutput();
  return end;
}

async function run(argv: readonly string[]): Promise<number> {
  refuseOtherEncodings(argv);
  return runProgram(argv);
}
