// Standard output and standard error, written to directly where that is the same: Node's own streams
// take 2 ms to load, which a run with nothing to do would spend on one line.
import { fstatSync, writeSync } from 'node:fs';
import { LossyOutput } from './lossy-output.js';

/** A descriptor: standard output or standard error. */
export type Output = 1 | 2;

export const OUT: Output = 1;
export const ERR: Output = 2;

/** What becomes of output that cannot be written, other than because its reader went away. */
export type OutputFailure = (error: NodeJS.ErrnoException, output: Output) => void;

let onFailure: OutputFailure = () => undefined;

/** Says what becomes of output that cannot be written. Until then it is lost. */
export function setOutputFailure(failure: OutputFailure): void {
  onFailure = failure;
}

let errors: LossyOutput | undefined;

/** From now on standard error never holds the program up, and what cannot be written to it is lost. */
export function loseErrors(): void {
  errors ??= new LossyOutput(ERR);
}

/** Writes a text whole. A reader that goes away (`| head`) is no error. */
export function write(output: Output, text: string): void {
  if (output === ERR && errors !== undefined) {
    errors.write(text);
    return;
  }
  let rest = Buffer.from(text);
  if (!streamed.has(output) && !isDevice(output)) {
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(output, rest));
      return;
    } catch (error) {
      // A pipe that its other end made non-blocking is full: from now on the stream waits for it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        failed(error as Error, output);
        return;
      }
    }
  }
  streamOf(output).write(rest);
}

/** Waits until all that was written is out of this process, or cannot be. */
export async function flushOutput(): Promise<void> {
  for (const output of streamed) {
    const stream = streamOf(output);
    // The callback of a write comes when all before it is written, and with its failure where it is not.
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

/** Whether what is written is seen on a terminal. */
export function isTerminal(output: Output): boolean {
  return isDevice(output) && (output === OUT ? process.stdout : process.stderr).isTTY === true;
}

/** How many columns a terminal has; nothing where what is written is not seen on one. */
export function columnsOf(output: Output): number | undefined {
  return isTerminal(output) ? (output === OUT ? process.stdout : process.stderr).columns : undefined;
}

/** A terminal is one; it needs Node's stream, which knows consoles. */
function isDevice(output: Output): boolean {
  try {
    return fstatSync(output).isCharacterDevice();
  } catch {
    return false;
  }
}

const streamed = new Set<Output>();

function streamOf(output: Output): NodeJS.WriteStream {
  const stream = output === OUT ? process.stdout : process.stderr;
  if (!streamed.has(output)) {
    streamed.add(output);
    stream.on('error', (error) => failed(error, output));
  }
  return stream;
}

function failed(error: NodeJS.ErrnoException, output: Output): void {
  if (error.code !== 'EPIPE') onFailure(error, output);
}
