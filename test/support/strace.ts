// Kills the program, or fails one of its system calls, at a chosen moment: strace counts the calls.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, run, runBeside } from './program.js';

/** The calls by which the program changes a folder on this platform (x86-64 and arm64 name some differently). */
export const CHANGING_CALLS = {
  rename: ['rename', 'renameat', 'renameat2'],
  fsync: ['fsync', 'fdatasync'],
  mkdir: ['mkdir', 'mkdirat'],
  unlink: ['unlink', 'unlinkat'],
  rmdir: ['rmdir'],
  openat: ['openat'],
  write: ['write', 'pwrite64'],
} as const;
export type CallName = keyof typeof CHANGING_CALLS;

/**
 * Node itself opens and writes all the time. For these two only the files count that the program writes
 * and whose names are known beforehand, which leaves out its claim of the folder: what a kill there leaves
 * is what a kill at the mkdir before it or the openat after it leaves.
 */
const NOISY: readonly CallName[] = ['openat', 'write'];

export interface Injection {
  readonly call: CallName;
  /** What happens at the call: `signal=SIGKILL` or `error=EIO`. */
  readonly what: string;
  /** At which of these calls. */
  readonly when: number;
}

/** A run of the program into a folder. */
export interface Subject {
  /** The program's file. */
  readonly program: string;
  readonly args: readonly string[];
  /** Paths of the files that a run makes, relative to its folder. */
  readonly paths: readonly string[];
}

/** Runs the program with one thing that goes wrong. */
export function runWith(injection: Injection, subject: Subject, out: string): Promise<Outcome> {
  const calls = callsOf(injection.call);
  return runBeside(
    'strace',
    [
      ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`],
      // Quicker, but strace 6.1 forgets to count the calls for signals then.
      ...(injection.what.startsWith('error') ? ['--seccomp-bpf'] : []),
      ...pathFilter(injection.call, out, subject.paths),
      ...['-e', `inject=${calls}:${injection.what}:when=${injection.when}`],
      ...[process.execPath, subject.program, ...subject.args, '--out', out, '-q'],
    ],
    { env: ONE_THREAD },
  );
}

/** How often a run makes each of the calls, in the thread that makes the most of them; two runs find out. */
export function countCalls(
  subject: Subject,
  outs: readonly [string, string],
  scratch: string,
): Record<CallName, number> {
  const all = Object.keys(CHANGING_CALLS) as CallName[];
  const log = join(scratch, 'trace');
  const tracedAt = (noisy: boolean) => {
    const names = all.filter((name) => NOISY.includes(name) === noisy);
    const out = outs[noisy ? 0 : 1];
    const { status, stderr } = run(
      'strace',
      [
        ...['-f', '-qq', '--seccomp-bpf', '-o', log, '-e', `trace=${names.map(callsOf).join()}`],
        ...(noisy ? pathFilter('openat', out, subject.paths) : []),
        ...[process.execPath, subject.program, ...subject.args, '--out', out, '-q'],
      ],
      { env: ONE_THREAD },
    );
    if (status !== 0) throw new Error(`strace: ${stderr}`);
    const lines = readFileSync(log, 'utf8').split('\n');
    return names.map((name): [CallName, number] => [name, mostInOneThread(lines, CHANGING_CALLS[name])]);
  };
  return Object.fromEntries([...tracedAt(false), ...tracedAt(true)]) as Record<CallName, number>;
}

// strace counts for each thread by itself.
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };

/** As strace takes names that not every platform has. */
function callsOf(name: CallName): string {
  return CHANGING_CALLS[name].map((call) => `?${call}`).join(',');
}

function pathFilter(call: CallName, out: string, paths: readonly string[]): string[] {
  if (!NOISY.includes(call)) return [];
  const work = join(out, '.generate-certs');
  const folders = [out, work, join(work, 'new'), join(work, 'new', 'nginx'), join(work, 'new', 'grpc')];
  const files = [...paths, 'set.json'].map((path) => join(work, 'new', path));
  return [...folders, ...files, join(work, 'journal.draft')].flatMap((path) => ['-P', path]);
}

function mostInOneThread(lines: readonly string[], calls: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [, thread = '', call = ''] = /^(\d+) +([a-z0-9_]+)\(/.exec(line) ?? [];
    if (calls.includes(call)) counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
