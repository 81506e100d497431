import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { temporaryFolderForAll } from './folder.js';

const HOOK = fileURLToPath(new URL('peak-memory.cjs', import.meta.url));
/** No process may take more, whatever it is given. */
const MOST_MEGABYTES = 200;

/** Whether everything is tried, as `npm run test:hostile` has it: some minutes. Otherwise a part of it. */
export const WHOLE = process.env.EVERY_CALL === '1';

export interface Tally {
  readonly add: (what: string, count?: number) => void;
  readonly of: (what: string) => number;
}

/**
 * Counts what a file of hostile tests tries and measures the memory of each Node process that it starts; says both in
 * one line at the end.
 */
export function tally(title: string): Tally {
  const counts = new Map<string, number>();
  const log = join(temporaryFolderForAll(), 'peaks');
  writeFileSync(log, '');
  // Processes of other users write there too.
  chmodSync(join(log, '..'), 0o755);
  chmodSync(log, 0o666);
  const before = process.env.NODE_OPTIONS;
  beforeAll(() => {
    process.env.NODE_OPTIONS = `${before ?? ''} --require ${HOOK}`.trim();
    process.env.PEAK_MEMORY_LOG = log;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    const peaks = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((kilobytes) => Math.ceil(Number(kilobytes) / 1024));
    const highest = peaks.reduce((most, peak) => Math.max(most, peak), 0);
    const parts = [...counts].map(([what, count]) => `${count} ${what}`);
    const memory = peaks.length === 0 ? [] : [`${peaks.length} processes, the largest of ${highest} MB`];
    process.stdout.write(`${title}: ${[...parts, ...memory].join('; ')}\n`);
    expect(highest).toBeLessThan(MOST_MEGABYTES);
  });
  return {
    add: (what, count = 1) => void counts.set(what, (counts.get(what) ?? 0) + count),
    of: (what) => counts.get(what) ?? 0,
  };
}

/** Runs pieces of work, two at a time: the machine may have no more processors. */
export async function twoAtATime<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const take = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
  };
  await Promise.all([take(), take()]);
}

/** A generator of numbers from a seed, so that a failure can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
