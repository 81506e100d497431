import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { CertificateSet } from '../../pki/set.js';
import { type Case, casesOf } from '../endpoint/cases.js';
import type { Evidence } from '../report/finding.js';
import { CLOSED, timedOut } from '../wire/outcome.js';

/** What came of one handshake with a server of the set itself. */
export interface Handshake {
  readonly tried: Case;
  readonly letIn: boolean;
  /** Whether it depends on the server's own set-up whether it is let in. */
  readonly excused: boolean;
  readonly by: Evidence;
  readonly milliseconds: number;
}

/** The bound on one handshake over loopback, in milliseconds. */
const TIME_LIMIT = 5000;

/** What the server says after a handshake, to be told apart from a broken connection; a code of OpenSSL is the third. */
const LET_IN = '+';
const NO_CERTIFICATE = '-';

/**
 * Makes real handshakes over loopback with a server of the set: its valid clients, none, and its clients to
 * refuse. The server is Node's own tls, with the set's revocation list.
 */
export async function shakeHands(set: CertificateSet): Promise<Handshake[]> {
  const server = createServer(
    { ...set.server.tlsOptions(), rejectUnauthorized: false },
    (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      // Told apart by the server's own verdict: one that only broke the connection would not say why.
      const without = Object.keys(socket.getPeerCertificate()).length === 0;
      const reason = without ? NO_CERTIFICATE : String(socket.authorizationError);
      socket.end(socket.authorized ? LET_IN : reason);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = new Set<string | null>(set.untrustedClients.map(({ flaw }) => flaw));
  const cases = (await casesOf(set)).filter(
    ({ tried, material }) => material !== undefined && (tried.kind !== 'flaw' || own.has(tried.flaw)),
  );
  try {
    return await Promise.all(cases.map((tried) => shake(port, tried)));
  } finally {
    server.close();
  }
}

function shake(port: number, tried: Case): Promise<Handshake> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const finish = (by: Evidence) => {
      clearTimeout(timer);
      resolve({
        tried,
        letIn: by.kind === 'handshake',
        // This server reads the revocation list: a revoked client it must refuse.
        excused: tried.severity === 'policy' && tried.revoked !== true,
        by,
        milliseconds: Math.round(performance.now() - begun),
      });
    };
    const timer = setTimeout(() => finish(timedOut(TIME_LIMIT).cause), TIME_LIMIT);
    const failed = ({ code, message }: NodeJS.ErrnoException) =>
      finish({ kind: 'code', code: code ?? message });
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
      socket.on('end', () => finish(verdictOf(said)));
      socket.on('error', failed);
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  });
}

/** What the server said, or that it said nothing. */
function verdictOf(said: string): Evidence {
  if (said === '') return CLOSED.cause;
  if (said === LET_IN) return { kind: 'handshake' };
  return said === NO_CERTIFICATE ? { kind: 'no-certificate-sent' } : { kind: 'code', code: said };
}
