// A network that has nothing but loopback: the ports of a page are free there, and meet no one else's.
import { join } from 'node:path';
import { type RunningProcess, start } from '../support/processes.js';
import { type Outcome, runBeside } from '../support/program.js';

export interface Network {
  /** Starts a shell's command that goes on. */
  readonly start: (command: string, at: Place) => RunningProcess;
  /** Runs a program to its end. */
  readonly run: (program: string, args: readonly string[], at: Place) => Promise<Outcome>;
  readonly close: () => Promise<void>;
}

export interface Place {
  readonly cwd: string;
  /** Folders that come first in the path. */
  readonly path: readonly string[];
}

/** Makes a network. It takes root, and `unshare`, `nsenter` and `ip`. */
export async function makeNetwork(): Promise<Network> {
  const holder = start('unshare', ['-n', 'sh', '-c', 'ip link set lo up && echo up && exec cat']);
  await holder.said(/^up$/m);
  const inside = ['-t', String(holder.child.pid), '-n', '--'];
  const env = ({ cwd, path }: Place) => ({
    PATH: [...path, process.env.PATH].join(':'),
    HOME: cwd,
    TMPDIR: join(cwd, '..'),
  });
  return {
    start: (command, at) =>
      start('nsenter', [...inside, 'sh', '-c', `exec ${command}`], env(at), { cwd: at.cwd }),
    run: (program, args, at) =>
      runBeside('nsenter', [...inside, program, ...args], { cwd: at.cwd, env: env(at) }),
    close: () => holder.stop(),
  };
}
