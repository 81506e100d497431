import { userInfo } from 'node:os';
import { type ResolvedAddresses, resolveAddresses } from './addresses.js';
import type { BackendCredentials } from './backend-tls.js';
import type { NginxConfig, ServerTls } from './nginx/nginx-config.js';
import type { FrontPlan, Side } from './plan.js';
import { freePorts, isTaken } from './ports.js';
import type { NginxProgram } from './processes/programs.js';

/** Where clients call. */
export interface Endpoints {
  /** `host:port`. */
  readonly grpc?: string;
  /** A URL. */
  readonly rest?: string;
}

/** A side with the addresses that it listens on here. */
export interface ResolvedSide extends ResolvedAddresses {
  readonly side: Side;
}

/** Where a server is, behind NGINX. */
export interface Backend {
  readonly host: string;
  readonly port: number;
}

/** Finds out what each side listens on, in the order of the plan. */
export async function resolveSides({ sides }: FrontPlan): Promise<ResolvedSide[]> {
  return Promise.all(sides.map(async (side) => ({ side, ...(await resolveAddresses(side.listen)) })));
}

/** Where the server of each side is: where it runs already, or on a free loopback port. */
export async function placeBackends(sides: readonly ResolvedSide[]): Promise<Backend[]> {
  const free = await freePorts(sides.length);
  return sides.map(({ side }, index) => side.running ?? { host: '127.0.0.1', port: free[index] ?? 0 });
}

/** The ports of the backends by protocol. */
export function portsOf(sides: readonly ResolvedSide[], backends: readonly Backend[]) {
  return Object.fromEntries(sides.map(({ side }, index) => [side.protocol, backends[index]?.port]));
}

/** Whether another program has taken a port that the server was to listen on. */
export async function anyTaken(
  sides: readonly ResolvedSide[],
  backends: readonly Backend[],
): Promise<boolean> {
  const own = backends.filter((_backend, index) => sides[index]?.side.running === undefined);
  return (await Promise.all(own.map(({ port }) => isTaken(port)))).includes(true);
}

/** What NGINX is to be configured with. */
export function configOf(parts: {
  readonly run: { readonly log: 'refused' | 'all' };
  readonly start: { readonly program: Pick<NginxProgram, 'http2Directive'> };
  readonly sides: readonly ResolvedSide[];
  readonly backends: readonly Backend[];
  readonly tls: ServerTls;
  readonly credentials: Pick<BackendCredentials, 'nginx'> | undefined;
  readonly path: string;
}): NginxConfig {
  const { run, start, sides, backends, tls, credentials, path } = parts;
  return {
    folder: path,
    // A master of root's would have its workers drop to a user who may not enter the private folder.
    user: process.getuid?.() === 0 ? userInfo().username : undefined,
    http2Directive: start.program.http2Directive,
    tls,
    log: run.log,
    listeners: sides.map(({ side: { protocol, listen, encrypted }, addresses }, index) => ({
      protocol,
      addresses,
      port: listen.port,
      backend: {
        ...(backends[index] as Backend),
        tls: encrypted ? credentials?.nginx : undefined,
      },
    })),
  };
}

/** The addresses to give to clients: by `localhost` where the set has it. */
export function endpointsOf(sides: readonly Side[], names: readonly string[]): Endpoints {
  const known = names.filter((name) => !name.startsWith('*.'));
  const name = known.includes('localhost') ? 'localhost' : (known[0] ?? names[0] ?? 'localhost');
  const host = name.includes(':') ? `[${name}]` : name;
  const port = (protocol: Side['protocol']) => sides.find((side) => side.protocol === protocol)?.listen.port;
  const [grpc, rest] = [port('grpc'), port('rest')];
  return {
    ...(grpc !== undefined && { grpc: `${host}:${grpc}` }),
    ...(rest !== undefined && { rest: `https://${host}:${rest}` }),
  };
}
