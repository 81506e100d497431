import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { environmentError } from '../../store/transaction/file-system.js';
import { signalStatus } from '../../util/exit-status.js';

/** How a process ended. */
export interface End {
  /** Who: `the server` or `NGINX`. */
  readonly who: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit status that stands for an end: 128 and the signal's number where it was killed, as shells have it. */
export function statusOf({ code, signal }: End): number {
  return signal === null ? (code ?? 1) : signalStatus(signal);
}

/** A child in a session of its own, so that a terminal's Ctrl-C reaches it through this program alone. */
export interface GroupLeader {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<End>;
  /** Nothing as long as it runs. */
  readonly end: () => End | undefined;
  /** Signals the process itself. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Signals it and what it has started, as a terminal and dumb-init do. */
  readonly signalAll: (signal: NodeJS.Signals) => void;
}

/**
 * Starts a process as the leader of its own group. When it ends, what is left of its group is ended too.
 *
 * @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM` where the system starts no more processes
 */
export async function startGroup(
  who: string,
  argv: readonly string[],
  options: SpawnOptions,
): Promise<GroupLeader> {
  const [program = '', ...args] = argv;
  const child = await spawnOrFail(program, args, { ...options, detached: true });
  const pid = child.pid as number;
  let end: End | undefined;
  const send = (target: number, signal: NodeJS.Signals) => {
    // A signal that cannot be delivered meant a process that has ended.
    try {
      process.kill(target, signal);
    } catch {}
  };
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => {
      end = { who, code, signal };
      send(-pid, 'SIGKILL');
      resolve(end);
    });
  });
  return {
    pid,
    child,
    ended,
    end: () => end,
    signal: (signal) => end === undefined && send(pid, signal),
    signalAll: (signal) => end === undefined && send(-pid, signal),
  };
}

/** @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM` */
async function spawnOrFail(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<ChildProcess> {
  try {
    const child = spawn(program, args, options);
    // Reported later, when the process should have started: too many processes, a program that was removed.
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    return child;
  } catch (error) {
    throw environmentError(error, `start ${program}`);
  }
}

/** Resolves when all have ended; what has not after the time limit is killed. */
export async function awaitEnds(leaders: readonly GroupLeader[], limitMs: number): Promise<void> {
  const timer = setTimeout(() => {
    for (const leader of leaders) leader.signalAll('SIGKILL');
  }, limitMs);
  await Promise.all(leaders.map(({ ended }) => ended));
  clearTimeout(timer);
}
