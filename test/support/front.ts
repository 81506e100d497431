import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MODEL_SERVER } from './model-server.js';
import { freePort, type RunningProcess, start } from './processes.js';
import { EXECUTABLE } from './program.js';

/** A running `generate-certs serve`, with a temporary folder of its own. */
export interface RunningFront {
  readonly grpc: number;
  readonly rest: number;
  readonly process: RunningProcess;
  readonly pid: number;
  readonly folder: string;
  readonly backend: { readonly pid: number; readonly grpc: number; readonly rest: number };
  readonly exit: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
}

export interface FrontStart {
  /** For the front's own temporary folder. */
  readonly folder: string;
  readonly out: string;
  readonly options?: readonly string[];
  /** More arguments for the tests' model server. */
  readonly server?: readonly string[];
  readonly env?: Record<string, string>;
  /** Words before the whole command. */
  readonly prefix?: readonly string[];
}

/** Starts serve with the tests' model server on two loopback ports, and waits until it is ready. */
export async function startFront(given: FrontStart): Promise<RunningFront> {
  for (let attempt = 1; ; attempt++) {
    const [grpc, rest] = await Promise.all([freePort(), freePort()]);
    const command = [process.execPath, MODEL_SERVER, ...serverFlags(grpc, rest), ...(given.server ?? [])];
    const serve = startServe(given, [...(given.options ?? []), '--', ...command]);
    try {
      await serve.said(/^ready: /m);
      const [, pid] = await serve.said(/^pid (\d+)$/m);
      const [, backendGrpc] = await serve.said(/^grpc (\d+)$/m);
      const [, backendRest] = await serve.said(/^rest (\d+)$/m);
      return {
        grpc,
        rest,
        process: serve,
        pid: serve.child.pid as number,
        folder: given.folder,
        backend: { pid: Number(pid), grpc: Number(backendGrpc), rest: Number(backendRest) },
        exit: exitOf(serve),
      };
    } catch (error) {
      await serve.stop();
      if (!/is taken/.test(serve.output()) || attempt === 5) throw error;
    }
  }
}

export function serverFlags(grpc: number, rest: number): string[] {
  const bind = ['--grpc_bind_address', '127.0.0.1', '--rest_bind_address', '127.0.0.1'];
  return ['--port', String(grpc), '--rest_port', String(rest), ...bind];
}

/** Starts serve with any arguments. */
export function startServe(
  { folder, out, env = {}, prefix = [] }: FrontStart,
  args: readonly string[],
): RunningProcess {
  mkdirSync(temporary(folder), { recursive: true });
  const words = [...prefix, process.execPath, EXECUTABLE, 'serve', '--out', out, ...args];
  const [program = '', ...rest] = words;
  return start(program, rest, { ...env, TMPDIR: temporary(folder) });
}

export function exitOf({ child }: RunningProcess): RunningFront['exit'] {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ status: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve) => child.once('exit', (status, signal) => resolve({ status, signal })));
}

const temporary = (folder: string) => join(folder, 'tmp');

/** What there still is of a front: its processes, its private folders, and the ports that answer. */
export async function remainsOf(front: Pick<RunningFront, 'folder' | 'grpc' | 'rest' | 'backend'>) {
  const ports = [front.grpc, front.rest, front.backend.grpc, front.backend.rest];
  const open = await Promise.all(ports.map(async (port) => ((await answers(port)) ? [port] : [])));
  return {
    processes: processesOf(front.folder),
    folders: readdirSync(temporary(front.folder)),
    ports: open.flat(),
  };
}

export const NOTHING = { processes: [], folders: [], ports: [] };

/** The living processes that work in a folder or have it in their environment. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
        if (readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) return true;
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${temporary(folder)}`);
      } catch {
        return false;
      }
    });
}

/** The NGINX master of a front. */
export function nginxMaster(folder: string): number {
  const [name = ''] = readdirSync(temporary(folder)).filter((entry) =>
    entry.startsWith('generate-certs-serve-'),
  );
  return Number(readFileSync(join(temporary(folder), name, 'nginx.pid'), 'utf8'));
}

export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Resolves when something holds; the test's own time limit bounds it. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** The addresses on which processes listen, as their own network shows them. */
export function listenersOf(pids: readonly number[]): string[] {
  const found = new Set<string>();
  for (const pid of pids) {
    const inodes = new Set(socketsOf(pid));
    for (const table of ['tcp', 'tcp6']) {
      for (const line of readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        if (fields[3] === '0A' && inodes.has(fields[9] ?? '')) found.add(readAddress(fields[1] ?? ''));
      }
    }
  }
  return [...found];
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** proc_net(5): the bytes of an IPv4 address in the machine's order, in hexadecimal. */
function readAddress(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const shown =
    address.length === 8
      ? [...Buffer.from(address, 'hex')].reverse().join('.')
      : /^0+$/.test(address)
        ? '[::]'
        : `[${address}]`;
  return `${shown}:${Number.parseInt(port, 16)}`;
}
