import type { TLSSocket } from 'node:tls';

/** As Node describes the keys of a handshake: `TLSGroup` since Node 24, where OpenSSL has no other word. */
interface KeyInfo {
  readonly type?: string;
  readonly name?: string;
  readonly size?: number;
}

/**
 * By which group the two sides agreed on their keys, as OpenSSL calls it: `X25519`, `X25519MLKEM768`, `ffdhe3072`.
 *
 * @returns nothing where there was no such agreement: RSA key exchange in TLS 1.2, a resumed session
 */
export function keyExchangeOf(socket: TLSSocket): string | undefined {
  const { type, name, size } = (socket.getEphemeralKeyInfo() ?? {}) as KeyInfo;
  if (name !== undefined) return name;
  const isNewest = socket.getProtocol() === 'TLSv1.3';
  // TLS 1.3 has one group of each size (RFC 7919); before it, every server has its own.
  if (type === 'DH') return isNewest ? `ffdhe${size}` : `DH of ${size} bits`;
  // Measured with Node 22.23 and OpenSSL 3.5: every group has a name there but those with ML-KEM.
  return isNewest && !socket.isSessionReused()
    ? `a group with ML-KEM that Node ${process.versions.node} does not name`
    : undefined;
}
