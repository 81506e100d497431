import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** A running process with what it has said so far. */
export interface RunningProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the output holds the pattern; fails when the process ends first. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Ends it and waits for its end. */
  readonly stop: () => Promise<void>;
}

/** Starts a process that goes on. */
export function start(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
): RunningProcess {
  const child = spawn(program, args, {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      changed();
    });
  }
  const end = new Promise<void>((resolve) => {
    child.on('close', () => {
      ended = true;
      changed();
      resolve();
    });
  });
  return {
    child,
    output: () => output,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match === null && !ended) return;
          listeners.delete(look);
          if (match !== null) resolve(match);
          else reject(new Error(`${program} ended without ${pattern}:\n${output}`));
        };
        listeners.add(look);
        look();
      }),
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await end;
      clearTimeout(timer);
    },
  };
}

/** A port that was free a moment ago. Whoever uses it must be ready to find it taken. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
