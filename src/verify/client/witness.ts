import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { GenerateCertsError } from '../../errors.js';
import { Conversation } from '../protocols/calls/conversation.js';
import { outcomeOfError } from '../wire/outcome.js';
import { type Contact, newContact } from './contact.js';
import { servedProtocol } from './protocols/index.js';
import type { ServedProtocol } from './protocols/protocol.js';

/** A loopback server that writes down what each connection to it does. */
export interface Witness {
  readonly port: number;
  readonly contacts: readonly Contact[];
  /** Waits until every connection that has begun is written down to its end, within a bound. */
  readonly settle: () => Promise<void>;
  readonly close: () => void;
}

export interface WitnessOptions {
  /** The port to listen on; a free one when absent. */
  readonly port?: number | undefined;
  /** What it speaks; HTTPS when absent. */
  readonly protocol?: ServedProtocol | undefined;
  /** Stapled for a client that asks for it (RFC 6066 section 8). */
  readonly ocspResponse?: Buffer | undefined;
  /**
   * Told of each connection once: when its request comes, or when it ends without one. A connection that has ended is
   * not kept then.
   */
  readonly onContact?: ((contact: Contact) => void) | undefined;
}

/** The first byte of a TLS record that begins a handshake (RFC 8446 section 5.1). */
const HANDSHAKE = 22;
/** How long a connection that its client keeps open is waited for, in milliseconds. */
const LONGEST_SETTLING = 500;

/**
 * Starts a server on a loopback port, IPv6 as well where this machine has it: it speaks a protocol, HTTPS in both
 * versions and gRPC by ALPN when none is given, and that in plaintext for a client that falls back to it.
 *
 * @param tls nothing for a server that speaks no TLS
 * @throws {@link GenerateCertsError} `ERR_PORT_TAKEN` or `ERR_PORT_DENIED` where the port cannot be listened on
 */
export async function startWitness(
  tls: TlsOptions | undefined,
  { port: wanted = 0, protocol = servedProtocol(), ocspResponse, onContact }: WitnessOptions = {},
): Promise<Witness> {
  const contacts: Contact[] = [];
  const sockets = new Set<Socket>();
  const passing = new Map<string, () => void>();
  const onConnection = (socket: Socket) => {
    const contact = newContact(socket.remotePort ?? 0, (requested) => onContact?.(requested));
    contacts.push(contact);
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      if (onContact === undefined) return;
      // What TLS has to say of the end comes in the same turn.
      setImmediate(() => {
        const index = contacts.indexOf(contact);
        if (index === -1) return;
        contacts.splice(index, 1);
        if (contact.began && !contact.requested) onContact(contact);
      });
    });
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      const passed = passing.get(first.toString('hex'));
      if (passed !== undefined) {
        contacts.splice(contacts.indexOf(contact), 1);
        socket.destroy();
        passed();
        return;
      }
      contact.began = true;
      unread(socket, first);
      void begin(socket, contact);
    });
    const greeting = protocol.greeting?.(tls !== undefined);
    if (greeting !== undefined) socket.write(greeting);
  };
  const begin = async (socket: Socket, contact: Contact) => {
    const isSecure = await beginsTls(socket, protocol, tls !== undefined);
    if (isSecure === undefined) socket.destroy();
    else if (!isSecure) {
      contact.plaintext = true;
      protocol.serve(socket, contact);
      socket.resume();
    } else if (tls === undefined) socket.end(NO_TLS);
    else tlsServerFor(tls, { contact, protocol, ocspResponse }).emit('connection', socket);
  };
  const [first, ...others] = await listen(onConnection, wanted);
  const servers = [first, ...others];
  const { port } = first.address() as AddressInfo;
  return {
    port,
    contacts,
    settle: async () => {
      for (const server of servers) await pass(server, passing);
      const deadline = Date.now() + LONGEST_SETTLING;
      while (sockets.size > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

/** What is no TLS, and tells a client of HTTP why. */
const NO_TLS = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n';

/** Puts back what was read, for another to read it. */
function unread(socket: Socket, bytes: Buffer): void {
  socket.pause();
  if (bytes.length > 0) socket.unshift(bytes);
}

/** Whether a client takes up TLS, by what the protocol has it say before; undefined where it says nothing that makes sense. */
async function beginsTls(
  socket: Socket,
  { name, begin }: ServedProtocol,
  offersTls: boolean,
): Promise<boolean | undefined> {
  const talk = new Conversation(socket, name);
  try {
    const isSecure =
      begin === undefined ? (await talk.peek(1))[0] === HANDSHAKE : await begin(talk, offersTls);
    unread(socket, talk.rest());
    return isSecure;
  } catch {
    return undefined;
  }
}

/** A connection of this side's own: what was in the queue before it has been taken in when it arrives. */
async function pass(server: Server, passing: Map<string, () => void>): Promise<void> {
  const { address, port } = server.address() as AddressInfo;
  const token = Buffer.concat([Buffer.of(0), randomBytes(16)]);
  const socket = connect({ host: address, port });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    passing.set(token.toString('hex'), resolve);
    socket.once('close', () => resolve());
    socket.write(token);
  });
  socket.destroy();
}

async function listen(
  onConnection: (socket: Socket) => void,
  wanted: number,
): Promise<[Server, ...Server[]]> {
  const begun: Server[] = [];
  const begin = async (host: string, port: number) => {
    const server = createTcpServer(onConnection);
    server.listen({ host, port, ipv6Only: host === '::1' });
    await once(server, 'listening');
    begun.push(server);
    return server;
  };
  try {
    const first = await begin('127.0.0.1', wanted);
    // `localhost` may be either address, and not every machine has this one.
    const second = await begin('::1', (first.address() as AddressInfo).port).catch((error) => {
      // A caller that tries this address first would get to another program.
      if (wanted !== 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw error;
      return undefined;
    });
    return second === undefined ? [first] : [first, second];
  } catch (error) {
    for (const server of begun) server.close();
    if (wanted !== 0) throw portError(wanted, error as NodeJS.ErrnoException);
    throw new GenerateCertsError(
      'ERR_PORT_TAKEN',
      `cannot listen on 127.0.0.1: ${(error as NodeJS.ErrnoException).code}`,
      'see whether this machine has a free port on its loopback address',
      { cause: error },
    );
  }
}

function portError(port: number, error: NodeJS.ErrnoException): GenerateCertsError {
  return error.code === 'EACCES'
    ? new GenerateCertsError('ERR_PORT_DENIED', `port ${port} is not allowed`, 'give a port from 1024 on', {
        cause: error,
      })
    : new GenerateCertsError('ERR_PORT_TAKEN', `port ${port} is taken (${error.code})`, 'give another port', {
        cause: error,
      });
}

/** What a connection is served with. */
interface Served extends Pick<WitnessOptions, 'ocspResponse'> {
  readonly contact: Contact;
  readonly protocol: ServedProtocol;
}

/** A server of TLS for one connection, which it is handed: what it says is of no other. */
function tlsServerFor(options: TlsOptions, { contact, protocol, ocspResponse }: Served) {
  const server = createTlsServer({
    ...options,
    // Whom to let in is not the question: what the client shows is written down.
    requestCert: true,
    rejectUnauthorized: false,
    ...(protocol.alpn !== undefined && { ALPNProtocols: [...protocol.alpn] }),
    SNICallback: (name, useDefault) => {
      contact.serverName = name;
      useDefault(null);
    },
  });
  const failed = (error: Error) => {
    if (!contact.requested) contact.cause ??= outcomeOfError(error).cause;
  };
  server.on('tlsClientError', failed);
  server.on('OCSPRequest', (_certificate, _issuer, staple) => staple(null, ocspResponse ?? null));
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', failed);
    contact.handshake = true;
    const version = socket.getProtocol();
    contact.tls = version === 'TLSv1.2' || version === 'TLSv1.3' ? version : null;
    contact.alpn = socket.alpnProtocol || '';
    const shown = socket.getPeerX509Certificate();
    contact.clientCertificate = shown?.fingerprint256.replaceAll(':', '').toLowerCase();
    protocol.serve(socket, contact);
  });
  return server;
}
