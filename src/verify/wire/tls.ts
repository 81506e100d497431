import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureVersion,
} from 'node:tls';
import type { Address, Approach } from './approach.js';
import type { Outcome } from './outcome.js';

/** The versions of TLS that an endpoint is tried with, the newest first. */
export const TLS_VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const satisfies readonly SecureVersion[];
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** What a case comes with: a certificate and its key, or none; everything in PEM. */
export interface ClientMaterial {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ciphers?: string;
}

/** This side's TLS for a case, or the outcome where its own library will not load the certificate. */
export function loadClient(
  material: ClientMaterial,
  version: TlsVersion,
): { context: SecureContext } | { outcome: Outcome } {
  try {
    return { context: createSecureContext({ ...material, minVersion: version, maxVersion: version }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { outcome: { kind: 'not-loaded', cause: { kind: 'own-tls', code: code ?? message } } };
  }
}

/** How a connection to an endpoint is opened; the server's certificate is checked for the name called. */
export function connectionOptions(
  target: Address & { readonly connectTo?: Address | undefined },
  context: SecureContext,
  { connectTo = target.connectTo ?? target, serverName = nameOf(target.host), anyServer }: Approach = {},
): ConnectionOptions & { host: string; port: number } {
  return {
    host: connectTo.host,
    port: connectTo.port,
    secureContext: context,
    servername: serverName ?? '',
    rejectUnauthorized: anyServer !== true,
    checkServerIdentity: (_name, certificate) => checkIdentity(target.host, certificate),
  };
}

/** RFC 6066 section 3: an address is no server name. */
function nameOf(host: string): string | null {
  return isIP(host) === 0 ? host : null;
}

/**
 * Checks a server's certificate for the host that was called, by its SAN alone. Node still takes a name
 * from the CN where there is no SAN (as curl and Python do): that would prove nothing (RFC 9525 section 2).
 */
export function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) {
    return Object.assign(new Error('the certificate has no SAN'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  }
  return checkServerIdentity(host, certificate);
}
