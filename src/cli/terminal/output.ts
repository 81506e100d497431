// Standard output and standard error.
import { LossyOutput } from './lossy-output.js';

/** A descriptor: standard output or standard error. */
export type Output = 1 | 2;

export const OUT: Output = 1;
export const ERR: Output = 2;

/** What becomes of output that cannot be written, other than because its reader went away. */
export type OutputFailure = (error: NodeJS.ErrnoException, output: Output) => void;

/** Says what becomes of output that cannot be written. A reader that goes away (`| head`) is no error. */
export function setOutputFailure(failure: OutputFailure): void {
  const watched = onFailure !== undefined;
  onFailure = failure;
  if (watched) return;
  for (const output of [OUT, ERR]) {
    streamOf(output).on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') onFailure?.(error, output);
    });
  }
}

let onFailure: OutputFailure | undefined;

let errors: LossyOutput | undefined;

/** From now on standard error never holds the program up, and what cannot be written to it is lost. */
export function loseErrors(): void {
  errors ??= new LossyOutput(ERR);
}

/** Writes a text for people, in ASCII where the locale has no more. */
export function write(output: Output, text: string): void {
  writeData(output, harmless(isUtf8() ? text : toAscii(text), process.env.GITHUB_ACTIONS === 'true'));
}

/** Writes a text for programs, as it is. */
export function writeData(output: Output, text: string): void {
  if (output === ERR && errors !== undefined) errors.write(text);
  else streamOf(output).write(text);
}

/**
 * The last guard, behind those that show foreign text as such: no control character but those of colours, and in
 * GitHub Actions no line that its runner would take for a command (`::error::`).
 */
export function harmless(text: string, inActions: boolean): string {
  const plain = text.replace(/\p{Cc}(?:\[[\d;]*m)?/gu, (found) => {
    const isColour = found.length > 1 && found.startsWith(ESCAPE);
    return isColour || found === '\n' || found === '\t' ? found : found.slice(1);
  });
  return inActions ? plain.replace(/^([ \t]*)(?=::|##\[)/gm, '$1- ') : plain;
}

const ESCAPE = String.fromCharCode(0x1b);

/** Waits until all that was written is out of this process, or cannot be. */
export async function flushOutput(): Promise<void> {
  for (const output of errors === undefined ? [OUT, ERR] : [OUT]) {
    // The callback of a write comes when all before it is written, and with its failure where it is not.
    await new Promise<void>((resolve) => streamOf(output).write('', () => resolve()));
  }
}

/** Whether what is written is seen on a terminal. */
export function isTerminal(output: Output): boolean {
  return streamOf(output).isTTY === true;
}

/** How many columns a terminal has; nothing where what is written is not seen on one. */
export function columnsOf(output: Output): number | undefined {
  return isTerminal(output) ? streamOf(output).columns : undefined;
}

function streamOf(output: Output): NodeJS.WriteStream {
  return output === OUT ? process.stdout : process.stderr;
}

/** Whether the locale's characters are those of Unicode. */
export function isUtf8(env: NodeJS.ProcessEnv = process.env): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  // Their terminals have it whatever the environment says.
  if (locale === '') return process.platform === 'win32' || process.platform === 'darwin';
  return /utf-?8/i.test(locale);
}

const ASCII: Readonly<Record<string, string>> = {
  '│': '|',
  '├': '|',
  '└': '`',
  '─': '-',
  '█': '#',
  '░': '.',
  '…': '...',
  '·': '*',
};

/** This program's own signs, as ASCII has them. What others wrote stays as it is. */
function toAscii(text: string): string {
  return text.replace(/[│├└─█░…·]/g, (sign) => ASCII[sign] ?? sign);
}
