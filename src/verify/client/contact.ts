/** What one connection to a server of the proof did: what crossed the wire, and nothing else. */
export interface Contact {
  /** Whether its first bytes were no TLS. */
  plaintext: boolean;
  handshake: boolean;
  tls: 'TLSv1.2' | 'TLSv1.3' | null;
  /** The protocol by ALPN; empty where none was agreed on. */
  alpn: string;
  /** Whether application bytes came: a request that was meant for this server. */
  requested: boolean;
  /** SHA-256 of the certificate that the client showed, lower-case hex; nothing where it showed none. */
  clientCertificate: string | undefined;
  /** How it ended before a request: an alert, or the connection closed. */
  by: string;
}

export function newContact(): Contact {
  return {
    plaintext: false,
    handshake: false,
    tls: null,
    alpn: '',
    requested: false,
    clientCertificate: undefined,
    by: '',
  };
}

/** What a connection did, in one line. */
export function describeContact({
  plaintext,
  handshake,
  tls,
  alpn,
  requested,
  clientCertificate,
  by,
}: Contact): string {
  const parts = [
    plaintext ? 'no TLS' : handshake ? `handshake done (${tls ?? 'an old TLS'})` : 'no handshake',
  ];
  if (alpn !== '') parts.push(`ALPN ${alpn}`);
  if (clientCertificate !== undefined) parts.push('showed a client certificate');
  parts.push(requested ? 'sent a request' : 'sent no request');
  if (by !== '') parts.push(by);
  return parts.join(', ');
}
