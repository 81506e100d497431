import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { CertificateSet } from '../../pki/set.js';
import { type Case, casesOf } from '../endpoint/cases.js';

/** What came of one handshake with a server of the set itself. */
export interface Handshake {
  readonly name: string;
  /** Whether it is to be let in. */
  readonly expected: boolean;
  readonly letIn: boolean;
  readonly severity: Case['severity'];
  /** Whether it depends on the server's own set-up whether it is let in. */
  readonly excused: boolean;
  readonly by: string;
  readonly milliseconds: number;
}

/** The bound on one handshake over loopback, in milliseconds. */
const TIME_LIMIT = 5000;

/**
 * Makes real handshakes over loopback with a server of the set: its valid clients, none, and its clients to
 * refuse. The server is Node's own tls, with the set's revocation list.
 */
export async function shakeHands(set: CertificateSet): Promise<Handshake[]> {
  const greeting = 'let in';
  const server = createServer(
    { ...set.server.tlsOptions(), rejectUnauthorized: false },
    (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      // Told apart by the server's own verdict: one that only broke the connection would not say why.
      const without = Object.keys(socket.getPeerCertificate()).length === 0;
      const reason = without ? 'no certificate was sent' : String(socket.authorizationError);
      socket.end(socket.authorized ? greeting : reason);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = new Set(set.untrustedClients.map(({ flaw }) => `untrusted ${flaw}`));
  const cases = (await casesOf(set)).filter(
    ({ name, material }) => material !== undefined && (!name.startsWith('untrusted ') || own.has(name)),
  );
  try {
    return await Promise.all(cases.map((tried) => shake(port, tried, greeting)));
  } finally {
    server.close();
  }
}

function shake(port: number, tried: Case, greeting: string): Promise<Handshake> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const finish = (said: string) => {
      clearTimeout(timer);
      resolve({
        name: tried.name,
        expected: tried.expected === 'let-in',
        letIn: said === greeting,
        severity: tried.severity,
        // This server reads the revocation list: a revoked client it must refuse.
        excused: tried.severity === 'policy' && tried.revoked !== true,
        by: said === greeting ? 'TLS handshake' : said,
        milliseconds: Math.round(performance.now() - begun),
      });
    };
    const timer = setTimeout(() => finish('no answer'), TIME_LIMIT);
    try {
      // The address called is seldom among the set's names: they have a check of their own.
      const checkServerIdentity = () => undefined;
      const socket = connect({
        host: '127.0.0.1',
        port,
        ...tried.material,
        checkServerIdentity,
      });
      let said = '';
      socket.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
      socket.on('end', () => finish(said === '' ? 'connection closed' : said));
      socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    } catch (error) {
      finish((error as NodeJS.ErrnoException).code ?? String(error));
    }
  });
}
