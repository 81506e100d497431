// The terminal's rules, in one place.
//
// Results go to standard output; warnings, progress and errors to standard error. An error is two
// lines, `generate-certs: error: …` and `generate-certs: hint: …`, a warning likewise; lower case, no
// full stop. Colour only on a terminal, and never where NO_COLOR is set (https://no-color.org). With
// --quiet only errors are written. A reader that goes away (`| head`) is no error.
import { Chalk, type ChalkInstance, chalkStderr } from 'chalk';
import { GenerateCertsError, type Warning } from '../errors.js';
import { interruptionStatus } from './interrupt.js';

export const PROGRAM = 'generate-certs';

export class Terminal {
  readonly #quiet: boolean;
  /** Colours for standard output; without effect where it takes none. */
  readonly colour: ChalkInstance;

  constructor({ quiet = false }: { readonly quiet?: boolean | undefined } = {}) {
    this.#quiet = quiet;
    this.colour = coloursFor(process.stdout);
  }

  /** The result of a command. */
  result(text: string): void {
    if (!this.#quiet) write(process.stdout, text);
  }

  /** A result that was asked for by name, such as --json: --quiet does not take it away. */
  data(text: string): void {
    write(process.stdout, text);
  }

  /** What goes on meanwhile. */
  progress(text: string): void {
    if (!this.#quiet) write(process.stderr, text);
  }

  warn({ message, hint }: Warning): void {
    if (this.#quiet) return;
    this.#twoLines('warning', coloursFor(process.stderr).yellow, message, hint);
  }

  error({ message, hint }: Warning): void {
    this.#twoLines('error', coloursFor(process.stderr).red, message, hint);
  }

  #twoLines(label: string, colour: ChalkInstance, message: string, hint: string): void {
    write(process.stderr, `${PROGRAM}: ${colour(`${label}:`)} ${message}\n${PROGRAM}: hint: ${hint}\n`);
  }
}

function coloursFor(stream: NodeJS.WriteStream): ChalkInstance {
  const wanted = stream.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  if (!wanted) return new Chalk({ level: 0 });
  return stream === process.stderr ? chalkStderr : new Chalk();
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text);
}

/**
 * Lets a reader of the output go away without an error. Output that cannot be written for another
 * reason (a full disk) is one, and ends the program.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      new Terminal().error({
        message: `cannot write the output: ${error.code ?? error.message}`,
        hint: 'see where the output goes: is the disk full?',
      });
      process.exit(ExitStatus.surroundings);
    });
  }
}

/** What the program ends with. */
export const ExitStatus = { done: 0, check: 1, input: 2, surroundings: 3 } as const;
export type ExitStatus = number;

/** Reports a failure and gives the exit status that stands for it. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  if (process.env.GENERATE_CERTS_DEBUG)
    write(process.stderr, `${String((error as Error)?.stack ?? error)}\n`);
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
  return ExitStatus.surroundings;
}
