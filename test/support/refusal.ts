import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';

/** A client's files, as text, and what it says before TLS begins. */
export interface Caller {
  readonly port: number;
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** For protocols that begin without TLS: resolves when TLS may begin. */
  readonly begin?: (plain: Socket) => Promise<void>;
}

/** How long a server may take to refuse. One that let the client in says nothing, and is no refusal. */
const PATIENCE = 30_000;

/**
 * The TLS alert by which a server refuses a client, such as `alert unknown ca`. The client says nothing after the
 * handshake: what it wrote could meet a closed connection, and the alert would be lost.
 */
export async function refusalOf({ port, begin, ...files }: Caller): Promise<string> {
  const plain = connectTcp(port, '127.0.0.1');
  try {
    await new Promise<void>((resolve, reject) => plain.once('error', reject).once('connect', resolve));
    await begin?.(plain);
    return await new Promise((resolve, reject) => {
      const socket = connect({ socket: plain, servername: 'localhost', ...files });
      plain.setTimeout(PATIENCE, () => reject(new Error('the server said nothing: the client was let in')));
      socket
        .on('error', (error: NodeJS.ErrnoException) => {
          const [, alert] = /ALERT_(.+)$/.exec(error.code ?? '') ?? [];
          if (alert === undefined) reject(error);
          else resolve(`alert ${alert.toLowerCase().replaceAll('_', ' ')}`);
        })
        .on('data', (data: Buffer) => reject(new Error(`the client was let in: ${data.toString('latin1')}`)))
        .on('close', () => resolve('closed without an alert'));
    });
  } finally {
    plain.destroy();
  }
}
