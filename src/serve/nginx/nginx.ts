import { execFile, type StdioOptions } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { GenerateCertsError } from '../../errors.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { portTaken } from '../ports.js';
import { type GroupLeader, startGroup } from '../processes/processes.js';
import type { NginxProgram } from '../processes/programs.js';
import { LOG_NAME } from './nginx-config.js';

const run = promisify(execFile);

/** NGINX as it runs. */
export interface Nginx extends GroupLeader {
  /**
   * Resolves when it listens, and fails where it cannot.
   *
   * @throws {@link GenerateCertsError} `ERR_NGINX_FAILED` or `ERR_PORT_TAKEN`
   */
  readonly listening: Promise<void>;
  /** Reads its configuration and certificates again; requests that are under way are not touched. */
  readonly reload: () => void;
}

/** What is needed to start NGINX. */
export interface NginxStart {
  readonly program: NginxProgram;
  /** Words that go before the command. */
  readonly prefix: readonly string[];
  /** Its private folder; the configuration and the access log stand in it. */
  readonly folder: string;
  /** Takes what NGINX has to say, line by line. */
  readonly say: (line: string) => void;
}

const CONFIG = 'nginx.conf';

export async function writeConfig(folder: string, text: string): Promise<void> {
  await writeFile(join(folder, CONFIG), text, { mode: 0o600 });
}

/**
 * Has NGINX read its configuration and the certificates without starting.
 *
 * @throws {@link GenerateCertsError} `ERR_NGINX_FAILED`
 */
export async function testConfig({ program, folder }: NginxStart): Promise<void> {
  await run(program.path, ['-t', ...argumentsFor(folder)], { cwd: folder }).catch((error) => {
    throw nginxFailed(String(error.stderr ?? error.message));
  });
}

/** NGINX has no directive for the size of this table, and works with the one that it makes. */
const HARMLESS = /could not build optimal grpc_headers_hash/;

/** Starts NGINX in the foreground, as the leader of its workers. */
export async function startNginx(start: NginxStart): Promise<Nginx> {
  const { program, prefix, folder, say } = start;
  const argv = [...prefix, program.path, ...argumentsFor(folder)];
  // In this variable NGINX would look for sockets that a former NGINX has left to it.
  const { NGINX: _sockets, ...env } = process.env;
  const stdio = ['ignore', 'ignore', 'pipe'] satisfies StdioOptions;
  const leader = await startGroup('NGINX', argv, { cwd: folder, env, stdio });
  let complaints = '';
  const listening = new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: leader.child.stderr as Readable });
    lines.on('line', (line) => {
      if (/\[notice\].* start worker processes/.test(line)) resolve();
      else if (/\[emerg\]/.test(line)) complaints += `${line}\n`;
      if (!/\[(notice|info|debug)\]/.test(line) && !HARMLESS.test(line)) say(line);
    });
    lines.on('close', () => leader.ended.then(() => reject(nginxFailed(complaints))));
  });
  // A caller that does not wait for it sees the end itself.
  listening.catch(() => undefined);
  // Before it listens the signal would end it.
  const reload = () => {
    listening.then(
      () => leader.signal('SIGHUP'),
      () => undefined,
    );
  };
  return { ...leader, listening, reload };
}

function argumentsFor(folder: string): string[] {
  // What goes wrong before the configuration is read would go to the distribution's log otherwise.
  return ['-e', 'stderr', '-p', folder, '-c', join(folder, CONFIG)];
}

function nginxFailed(output: string): GenerateCertsError {
  const taken = /bind\(\) to \S*:(\d+) failed \(\d+: Address already in use\)/.exec(output)?.[1];
  if (taken !== undefined) return portTaken(Number(taken));
  const reason = /\[emerg\] (?:\d+#\d+: )?(.*)/.exec(output)?.[1] ?? 'it gave no reason';
  return new GenerateCertsError(
    'ERR_NGINX_FAILED',
    `nginx does not start: ${reason}`,
    'see what serve gives it with --print-config',
  );
}

/**
 * Opens the access log: a pipe, so that nothing grows on the disk. Its lines come one by one.
 *
 * @returns what closes it
 */
export async function openLog(folder: string, say: (line: string) => void): Promise<() => void> {
  const path = join(folder, LOG_NAME);
  try {
    await run('mkfifo', ['-m', '600', path]);
    // Open for writing too: it does not end when NGINX reloads and no other process has it open.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    createInterface({ input: socket }).on('line', say);
    return () => {
      socket.destroy();
    };
  } catch (error) {
    throw environmentError(error, `make the pipe ${path}`);
  }
}
