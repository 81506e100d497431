import type { TLSSocket } from 'node:tls';

/** Where a connection is made to. */
export interface Address {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/**
 * In what one attempt at an endpoint differs from the usual one. The name that the server's certificate is checked for
 * stays the endpoint's.
 */
export interface Approach {
  /** The name in the ClientHello (RFC 6066 section 3), `null` for none; the endpoint's, where it is a name, when absent. */
  readonly serverName?: string | null;
  /** What is offered in TLS (RFC 7301) instead of what the protocol offers; empty for nothing. */
  readonly alpn?: readonly string[];
  /** A TLS session to resume, as {@link Approach.onSession} gave it. */
  readonly session?: Buffer;
  /** Called with each session that the server offers to resume: with TLS 1.3 after the first answer. */
  readonly onSession?: (session: Buffer) => void;
  /** Headers of an HTTP request, by their names in lower case; `host` is `:authority` in HTTP/2. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the connection is made to; the endpoint's place when absent. */
  readonly connectTo?: Address;
  /** Whether the server's certificate is not checked. */
  readonly anyServer?: boolean;
  /** Called when TLS is established, before anything is sent. */
  readonly onSecure?: (socket: TLSSocket) => void;
}
