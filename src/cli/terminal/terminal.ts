// The terminal's rules, in one place.
//
// Results go to standard output; warnings, progress and errors to standard error. An error is two
// lines, `generate-certs: error: …` and `generate-certs: hint: …`, a warning likewise; lower case, no
// full stop. Colour only on a terminal, unless FORCE_COLOR or NO_COLOR say otherwise (colours.ts); ASCII
// where the locale has no more (output.ts). With --quiet only errors and failures are written. A reader that goes away (`| head`) is no error.
import { GenerateCertsError, printable, type Warning } from '../../errors.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { type Colours, coloursFor } from './colours.js';
import { interruptionStatus } from './interrupt.js';
import { ERR, OUT, setOutputFailure, write, writeData } from './output.js';

export const PROGRAM = 'generate-certs';

export class Terminal {
  readonly #quiet: boolean;

  constructor({ quiet = false }: { readonly quiet?: boolean | undefined } = {}) {
    this.#quiet = quiet;
  }

  get isQuiet(): boolean {
    return this.#quiet;
  }

  /** Colours for standard output; without effect where it takes none. */
  get colour(): Colours {
    return coloursFor(OUT);
  }

  /** The result of a command. */
  result(text: string): void {
    if (!this.#quiet) write(OUT, text);
  }

  /** A result that was asked for by name, such as --json: --quiet does not take it away. */
  data(text: string): void {
    writeData(OUT, text);
  }

  /** What --quiet does not take away: a check that failed. */
  failure(text: string): void {
    write(OUT, text);
  }

  /** What goes on meanwhile. */
  progress(text: string): void {
    if (!this.#quiet) write(ERR, text);
  }

  warn({ message, hint }: Warning): void {
    if (this.#quiet) return;
    this.#twoLines('warning', coloursFor(ERR).yellow, message, hint);
  }

  error({ message, hint }: Warning): void {
    this.#twoLines('error', coloursFor(ERR).red, message, hint);
  }

  #twoLines(label: string, colour: (text: string) => string, message: string, hint: string): void {
    write(ERR, `${PROGRAM}: ${colour(`${label}:`)} ${message}\n${PROGRAM}: hint: ${hint}\n`);
  }
}

/** Output that cannot be written (a full disk) ends the program, at once or as `stop` does it. */
export function watchOutput(stop: () => void = () => process.exit(ExitStatus.environment)): void {
  setOutputFailure((error, output) => {
    if (output === OUT) {
      new Terminal().error({
        message: `cannot write the output: ${error.code ?? error.message}`,
        hint: 'see where the output goes: is the disk full?',
      });
    }
    stop();
  });
}

/** What the program ends with. */
export const ExitStatus = { done: 0, check: 1, input: 2, environment: 3 } as const;
export type ExitStatus = number;

/** Reports a failure and gives the exit status that stands for it. */
export function reportFailure(failure: unknown, terminal: Terminal): number {
  if (process.env.GENERATE_CERTS_DEBUG) write(ERR, `${String((failure as Error)?.stack ?? failure)}\n`);
  const error = failedCall(failure);
  if (error instanceof GenerateCertsError) {
    terminal.error(error);
    const interruption = interruptionStatus(error);
    if (interruption !== undefined) return interruption;
    return ExitStatus[error.kind];
  }
  terminal.error({
    message: `unexpected: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'this is a mistake in the program: set GENERATE_CERTS_DEBUG=1 to see where',
  });
  return ExitStatus.environment;
}

/** A call to the system that failed where nothing has words of its own for it is no mistake in the program. */
function failedCall(failure: unknown): unknown {
  const { syscall, path } = (failure ?? {}) as NodeJS.ErrnoException;
  if (typeof syscall !== 'string') return failure;
  return environmentError(failure, typeof path === 'string' ? `use ${printable(path)}` : 'go on');
}
