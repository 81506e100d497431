import type { Seen } from '../report/finding.js';
import type { Cause } from '../wire/outcome.js';

/** What one connection to a server of the proof did: what crossed the wire, and nothing else. */
export interface Contact extends Seen {
  /** The port that the client called from: it tells clients apart. */
  readonly callerPort: number;
  /** Whether any bytes came: browsers open connections that they never use. */
  began: boolean;
  /** Whether its first bytes were no TLS. */
  plaintext: boolean;
  handshake: boolean;
  tls: 'TLSv1.2' | 'TLSv1.3' | null;
  /** The name that the client asked for in TLS (RFC 6066 section 3); nothing where it named none. */
  serverName: string | undefined;
  /** The protocol by ALPN; empty where none was agreed on. */
  alpn: string;
  /** Whether application bytes came: a request that was meant for this server. */
  requested: boolean;
  readonly onRequest: (contact: Contact) => void;
  /** SHA-256 of the certificate that the client showed, lower-case hex; nothing where it showed none. */
  clientCertificate: string | undefined;
  /** How it ended before a request: an alert, or the connection closed. */
  cause: Cause | undefined;
}

/** @param onRequest called once, when its first request comes */
export function newContact(callerPort: number, onRequest: (contact: Contact) => void): Contact {
  return {
    callerPort,
    began: false,
    onRequest,
    plaintext: false,
    handshake: false,
    tls: null,
    serverName: undefined,
    alpn: '',
    requested: false,
    clientCertificate: undefined,
    cause: undefined,
  };
}

/** Writes down that a request came. */
export function took(contact: Contact): void {
  if (contact.requested) return;
  contact.requested = true;
  contact.onRequest(contact);
}

/** The same text for connections that did the same, whichever certificate they showed. */
export function sameness(contact: Contact): string {
  const { plaintext, handshake, tls, alpn, requested, clientCertificate, cause, serverName } = contact;
  const shown = clientCertificate !== undefined;
  return JSON.stringify([plaintext, handshake, tls, alpn, requested, shown, cause, serverName]);
}
