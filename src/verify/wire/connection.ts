import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Address, Approach } from './approach.js';
import type { Stage } from './outcome.js';
import { connectionOptions } from './tls.js';

/** Where a connection goes, and how its protocol begins TLS. */
export interface Target extends Address {
  /** Where the connection is made to instead of host and port. */
  readonly connectTo?: Address | undefined;
  readonly protocol: {
    readonly alpn: readonly string[];
    /** What is said before TLS begins, as STARTTLS is; absent where TLS comes first. */
    readonly begin?: ((socket: Socket) => Promise<void>) | undefined;
  };
}

export interface ConnectionEvents {
  /** Requests can be sent. */
  readonly onReady: (socket: Socket) => void;
  readonly onError: (error: Error) => void;
  readonly onClose: () => void;
}

/** A connection that is being opened or is open. */
export interface Opening {
  readonly destroy: () => void;
  /** How many bytes of the other side have come. */
  readonly bytesRead: () => number;
  /** How far it came. */
  readonly stage: () => Stage;
}

/**
 * Opens a connection: what the protocol says first, then TLS.
 *
 * @param context this side's TLS; plaintext when absent
 */
export function openSocket(
  target: Target,
  context: SecureContext | undefined,
  { onReady, onError, onClose }: ConnectionEvents,
  approach: Approach = {},
): Opening {
  const { protocol } = target;
  const { alpn = protocol.alpn, session, onSession, onSecure } = approach;
  const { host, port } = approach.connectTo ?? target.connectTo ?? target;
  const sockets: Socket[] = [];
  let stage: Stage = 'nothing';
  const watch = (socket: Socket, ready: 'connect' | 'secureConnect', then: (socket: Socket) => void) => {
    sockets.push(socket);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('connect', () => {
      stage = 'connection';
    });
    socket.once(ready, () => then(socket));
  };
  const secure = (secureContext: SecureContext, below?: Socket) => {
    const socket = connectTls({
      ...connectionOptions(target, secureContext, approach),
      ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
      ...(session !== undefined && { session }),
      ...(below !== undefined && { socket: below }),
    });
    if (onSession !== undefined) socket.on('session', onSession);
    watch(socket, 'secureConnect', () => {
      stage = 'handshake';
      onSecure?.(socket);
      onReady(socket);
    });
  };
  const { begin } = protocol;
  if (context === undefined) watch(connectTcp({ host, port }), 'connect', onReady);
  else if (begin === undefined) secure(context);
  else {
    watch(connectTcp({ host, port }), 'connect', (socket) => {
      begin(socket).then(() => secure(context, socket), onError);
    });
  }
  return {
    // The last has taken over those below it.
    destroy: () => void sockets.at(-1)?.destroy(),
    bytesRead: () => sockets.at(-1)?.bytesRead ?? 0,
    stage: () => stage,
  };
}

/** A ServerHello and what follows it is longer than this, an alert alone is not. */
const LONGEST_ALERT = 64;

/**
 * Whether an endpoint speaks a version of TLS: whether it answers a greeting in it with more than an alert.
 * Some end the connection where others send the alert protocol_version.
 */
export function speaks(target: Target, context: SecureContext, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (spoken: boolean) => {
      clearTimeout(timer);
      resolve(spoken);
      opening.destroy();
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    const ended = () => finish(opening.bytesRead() > LONGEST_ALERT);
    const events = { onReady: () => finish(true), onError: ended, onClose: ended };
    const opening = openSocket(target, context, events, { anyServer: true });
  });
}
