// HTTPS servers of other makers, each within its own folder. Every listener of a server has a port of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listening } from '../layouts.js';
import { freePort, type RunningProcess, start } from '../processes.js';
import { runBeside } from '../program.js';

/** PEM files of a server. */
export interface ServerFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  /** Certificate, chain and key in one. */
  readonly combined: string;
}

export interface HttpsServer {
  readonly ports: readonly number[];
  readonly process: RunningProcess;
  readonly stop: () => Promise<void>;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Starts a program on ports that were free a moment ago, and on others where one was taken meanwhile. */
async function onFreePorts(
  count: number,
  begin: (ports: readonly number[]) => RunningProcess,
): Promise<HttpsServer> {
  for (let attempt = 1; ; attempt++) {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const process = begin(ports);
    try {
      for (const port of ports) await listening(process, port);
      return { ports, process, stop: process.stop };
    } catch (error) {
      await process.stop();
      if (attempt === 3) throw error;
    }
  }
}

/** @param frontends the configuration after `defaults`, for the ports */
export function startHaproxy(
  folder: string,
  count: number,
  frontends: (ports: readonly number[]) => string,
): Promise<HttpsServer> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'haproxy.cfg');
  return onFreePorts(count, (ports) => {
    writeFileSync(
      config,
      `defaults\n  mode http\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n${frontends(ports)}\n`,
    );
    return start('haproxy', ['-db', '-f', config]);
  });
}

/** @param sites the Caddyfile after its global options, for the ports */
export function startCaddy(
  folder: string,
  count: number,
  sites: (ports: readonly number[]) => string,
): Promise<HttpsServer> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'Caddyfile');
  return onFreePorts(count, (ports) => {
    writeFileSync(config, `{\n  admin off\n  auto_https off\n}\n${sites(ports)}\n`);
    const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    return start('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], home);
  });
}

/** TLS of stunnel in front of a plaintext server. */
export function startStunnel(folder: string, files: ServerFiles, backend: number): Promise<HttpsServer> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'stunnel.conf');
  return onFreePorts(1, ([port]) => {
    const lines = [
      ...['foreground = yes', 'pid =', 'syslog = no', '[server]'],
      ...[`accept = 127.0.0.1:${port}`, `connect = 127.0.0.1:${backend}`],
      ...[`cert = ${files.certificate}`, `key = ${files.key}`, `CAfile = ${files.ca}`, 'verifyChain = yes'],
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    return start('stunnel4', [config]);
  });
}

/** The kinds that `server.go` knows, each with its port. */
export type GoKind =
  | 'required'
  | 'by-name'
  | 'by-name-and-host'
  | 'by-protocol'
  | 'grpc'
  | 'grpc-by-protocol';

export async function startGo<Kind extends GoKind>(
  folder: string,
  files: ServerFiles,
  kinds: readonly Kind[],
): Promise<HttpsServer & { readonly port: Readonly<Record<Kind, number>> }> {
  mkdirSync(folder, { recursive: true });
  // Not `go run`: it would leave its server behind when it is ended.
  const program = join(folder, 'server');
  const built = await runBeside('go', ['build', '-o', program, here('server.go')], {
    env: { GOTOOLCHAIN: 'local', GO111MODULE: 'off' },
  });
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  const process = start(program, [files.certificate, files.key, files.ca, ...kinds]);
  await process.said(/^ready$/m);
  const port = Object.fromEntries(
    [...process.output().matchAll(/^([a-z-]+) (\d+)$/gm)].map(([, kind, number]) => [kind, Number(number)]),
  ) as Record<Kind, number>;
  return { process, ports: Object.values(port), port, stop: process.stop };
}

/** The JDK's own server, with the stores of the layout `java`. */
export async function startJava(
  keystore: string,
  truststore: string,
  password: string,
): Promise<HttpsServer> {
  const process = start('java', [here('Server.java'), keystore, truststore, password]);
  const [, port] = await process.said(/^port (\d+)$/m);
  return { ports: [Number(port)], process, stop: process.stop };
}
