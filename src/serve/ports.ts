import { connect, createServer, type Server } from 'node:net';
import { GenerateCertsError } from '../errors.js';
import { bracket } from './listen.js';
import { listenerOn } from './processes/marks.js';

const LOOPBACK = '127.0.0.1';

/** Free loopback ports, as the system gives them; all are held until all are known, so that none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => hold(LOOPBACK, 0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(release));
  return ports;
}

/**
 * Makes sure that a port can be listened on.
 *
 * @throws {@link GenerateCertsError} `ERR_PORT_TAKEN` or `ERR_PORT_DENIED`
 */
export async function checkListen(addresses: readonly string[], port: number): Promise<void> {
  for (const address of addresses) {
    try {
      await release(await hold(address, port));
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException, address, port);
    }
  }
}

function listenError(
  { code = '' }: NodeJS.ErrnoException,
  address: string,
  port: number,
): GenerateCertsError {
  const where = `${bracket(address)}:${port}`;
  if (code === 'EADDRINUSE') return portTaken(port);
  if (code === 'EACCES') {
    return new GenerateCertsError(
      'ERR_PORT_DENIED',
      `this user may not listen on ${where}`,
      'choose a port from 1024 up',
    );
  }
  const problem = code === 'EADDRNOTAVAIL' ? 'this host has no such address' : code;
  return new GenerateCertsError(
    'ERR_PORT_DENIED',
    `cannot listen on ${where}: ${problem}`,
    'choose the address of an interface of this host',
  );
}

export function portTaken(port: number): GenerateCertsError {
  const holder = listenerOn(port);
  return new GenerateCertsError(
    'ERR_PORT_TAKEN',
    `port ${port} is taken${holder === undefined ? '' : ` by ${holder}`}`,
    'stop what listens there, or choose another port',
  );
}

/** Whether something else has taken a loopback port meanwhile. */
export async function isTaken(port: number): Promise<boolean> {
  return !(await canHold(LOOPBACK, port));
}

/** Whether a port of an address, by default any, can be listened on. */
export function canHold(address: string, port = 0): Promise<boolean> {
  return hold(address, port).then(
    (server) => release(server).then(() => true),
    () => false,
  );
}

function hold(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => resolve(server));
  });
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** How long a try waits, and how long until the next, in milliseconds. */
const TRY_LIMIT = 2000;
const PAUSE = 25;

/** Waits until a port answers. A model may take minutes to load: only the signal ends the waiting. */
export async function portAnswers(host: string, port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await answers(host, port)) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TRY_LIMIT });
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
    socket.on('timeout', () => finish(false));
  });
}
