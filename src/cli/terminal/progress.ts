import { clearLine, cursorTo } from 'node:readline';
import type { Progress } from '../../pki/workers/work.js';
import { columnsOf, ERR, isTerminal, write } from './output.js';
import { PROGRAM } from './terminal.js';

/** Work that is done sooner shows nothing. */
const PATIENCE_MS = 500;
/** How often the bar is drawn again. */
const FRAME_MS = 100;
/** How often a log gets a line after the first. */
const LINE_MS = 5000;
/** Fewer clients than this are long work only where they take long. */
const MANY = 100;
const PATIENCE_WITH_FEW_MS = 10_000;
const BAR_WIDTH = 24;

/** Shows how far some work is while it lasts; `shown` false where it is not to be seen. */
export async function showingProgress<T>(
  shown: boolean,
  work: (onProgress: ((progress: Progress) => void) | undefined) => Promise<T>,
): Promise<T> {
  if (!shown) return work(undefined);
  let display: ProgressDisplay | undefined;
  try {
    return await work((progress) => {
      display ??= new ProgressDisplay();
      display.update(progress);
    });
  } finally {
    display?.end();
  }
}

/**
 * Shows how far long work is, on standard error: a bar on a terminal, gone at the end, and a line now and
 * then in a log.
 */
class ProgressDisplay {
  readonly #onTerminal = isTerminal(ERR);
  readonly #begin = performance.now();
  readonly #timer: NodeJS.Timeout;
  #now: Progress | undefined;
  #drawn = false;
  #nextLine: number | undefined;

  constructor() {
    this.#timer = setInterval(() => this.#show(), FRAME_MS);
    this.#timer.unref();
  }

  update(progress: Progress): void {
    this.#now = progress;
  }

  end(): void {
    clearInterval(this.#timer);
    if (!this.#drawn) return;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 1);
  }

  #show(): void {
    const elapsed = performance.now() - this.#begin;
    if (this.#now === undefined || elapsed < PATIENCE_MS) return;
    if (this.#onTerminal) this.#draw(this.#now);
    else this.#log(this.#now, elapsed);
  }

  #draw(progress: Progress): void {
    this.#drawn = true;
    cursorTo(process.stderr, 0);
    // A line that the terminal breaks cannot be taken back.
    write(ERR, formatBar(progress).slice(0, (columnsOf(ERR) || 80) - 1));
    clearLine(process.stderr, 1);
  }

  #log(progress: Progress, elapsed: number): void {
    this.#nextLine ??= progress.total < MANY ? PATIENCE_WITH_FEW_MS : PATIENCE_MS;
    if (elapsed < this.#nextLine) return;
    this.#nextLine = elapsed + LINE_MS;
    write(ERR, `${PROGRAM}: ${formatCount(progress)}\n`);
  }
}

function formatBar(progress: Progress): string {
  const { done, total } = progress;
  const share = total === 0 ? 1 : done / total;
  const full = Math.floor(share * BAR_WIDTH);
  const bar = '#'.repeat(full).padEnd(BAR_WIDTH, '.');
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${formatCount(progress)}`;
}

function formatCount({ of, done, total }: Progress): string {
  switch (of) {
    case 'certificates':
      return `made ${done} of ${total} certificates`;
    case 'files':
      return `put ${done} of ${total} files in place`;
    case 'cases':
      return `tried ${done} of ${total} cases`;
  }
}
