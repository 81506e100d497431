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
import { outcomeOfError } from '../wire/outcome.js';
import { answerHttp1, answerHttp2 } from './answers.js';
import { type Contact, newContact } from './contact.js';

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
 * Starts a server on a loopback port, IPv6 as well where this machine has it: HTTPS in both versions and
 * gRPC by ALPN, and plaintext for a client that falls back to it.
 *
 * @param tls nothing for a server that speaks no TLS
 * @throws {@link GenerateCertsError} `ERR_PORT_TAKEN` or `ERR_PORT_DENIED` where the port cannot be listened on
 */
export async function startWitness(
  tls: TlsOptions | undefined,
  { port: wanted = 0, ocspResponse, onContact }: WitnessOptions = {},
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
      if (first[0] !== HANDSHAKE) {
        contact.plaintext = true;
        answerHttp1(socket, contact, first);
      } else if (tls === undefined) {
        socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      } else {
        socket.pause();
        socket.unshift(first);
        tlsServerFor(tls, contact, ocspResponse).emit('connection', socket);
      }
    });
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

/** A server of TLS for one connection, which it is handed: what it says is of no other. */
function tlsServerFor(options: TlsOptions, contact: Contact, ocspResponse: Buffer | undefined) {
  const server = createTlsServer({
    ...options,
    // Whom to let in is not the question: what the client shows is written down.
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
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
    if (contact.alpn === 'h2') answerHttp2(socket, contact);
    else answerHttp1(socket, contact);
  });
  return server;
}
