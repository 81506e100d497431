import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** As much as waits for a reader that is slow, in bytes. */
const MOST_WAITING = 256 * 1024;
/** How often it is tried again, in milliseconds. */
const RETRY_EVERY = 50;

/**
 * Output that never holds its program up: what cannot be written (a full disk, a reader that stalls or is gone) is
 * lost.
 */
export class LossyOutput {
  readonly #descriptor: number;
  #waiting: Buffer[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(descriptor: number) {
    this.#descriptor = withoutBlocking(descriptor);
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size + bytes.length > MOST_WAITING) return;
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    this.#flush();
  }

  #flush(): void {
    try {
      while (this.#waiting[0] !== undefined) {
        const written = writeSync(this.#descriptor, this.#waiting[0]);
        this.#size -= written;
        const rest = this.#waiting[0].subarray(written);
        if (rest.length > 0) this.#waiting[0] = rest;
        else this.#waiting.shift();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#retry();
      else this.#lose();
    }
  }

  #retry(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, RETRY_EVERY).unref();
  }

  #lose(): void {
    this.#waiting = [];
    this.#size = 0;
  }
}

/**
 * A pipe or terminal, opened once more without blocking: to change the one that is open would change it for every
 * process that shares it, such as the server. What cannot be opened (a socket, another system) is used as it is.
 */
function withoutBlocking(descriptor: number): number {
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFIFO() && !stats.isCharacterDevice()) return descriptor;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return descriptor;
  }
}
