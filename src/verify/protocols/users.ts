import { X509Certificate } from 'node:crypto';
import { commonNameOf, parseClientIdentity } from '../../pki/names/identity.js';
import type { Call, Endpoint } from './protocol.js';

/**
 * Whom a protocol that has users calls as: the user of the URL; else the name in the certificate that is shown, as servers
 * take it from there; else that of the valid client.
 */
export function userOf({ user }: Endpoint, { certificate, client }: Call): string {
  return user ?? nameIn(certificate) ?? nameOf(client) ?? 'generate-certs';
}

function nameIn(certificate: string | undefined): string | undefined {
  if (certificate === undefined) return undefined;
  // One line for each attribute.
  return /^CN=([^\0]*)$/m.exec(new X509Certificate(certificate).subject)?.[1];
}

function nameOf(client: string | undefined): string | undefined {
  if (client === undefined) return undefined;
  try {
    return commonNameOf(parseClientIdentity(client));
  } catch {
    return client;
  }
}
