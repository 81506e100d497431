// How things are timed: whole processes, in turns, so that a machine that slows down slows all of them down.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = fileURLToPath(new URL('usage.cjs', import.meta.url));

/** Runs a command to its end: the milliseconds it took, and for a program of Node what else it took. */
export function time([command, ...args], { scratch, status = 0, usage = false, settled = false } = {}) {
  // What others have written and the disk has not is theirs to wait for.
  if (settled) spawnSync('sync');
  const file = join(scratch, 'usage.json');
  const env = usage ? { ...process.env, NODE_OPTIONS: `--require ${USAGE}`, BENCH_USAGE: file } : process.env;
  const begin = process.hrtime.bigint();
  const done = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 2 ** 30 });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (done.error !== undefined || done.status !== status) {
    throw new Error(`${command} ${args.join(' ')}: ${done.error ?? done.stderr}`);
  }
  if (!usage || !existsSync(file)) return { ms };
  const taken = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return { ms, ...taken };
}

/**
 * Times works in turns.
 *
 * @param works by name: a command, or what gives one for a run's number
 * @param options.warmUp a first round that is not counted
 * @returns by name, what each run took
 */
export function timeInTurns(works, runs, { warmUp = true, ...options }) {
  const taken = new Map(Object.keys(works).map((name) => [name, []]));
  for (let run = warmUp ? -1 : 0; run < runs; run++) {
    for (const [name, work] of Object.entries(works)) {
      const result = time(typeof work.command === 'function' ? work.command(run) : work.command, {
        ...options,
        ...work,
      });
      if (run >= 0) taken.get(name).push(result);
    }
  }
  return taken;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
