import { x509 } from './x509.js';

/** A distinguished name (RFC 5280 section 4.1.2.4): an issuer or a subject. */
export type DistinguishedName = x509.Name;

const ORGANIZATION = ['O', 'generate-certs'] as const;

/** A test CA's name. Eight hex digits at its end tell one set's CA from another's at a glance. */
export function authorityName(distinction: string): DistinguishedName {
  return encode([['CN', `generate-certs test CA ${distinction}`], ORGANIZATION, ['OU', 'development only']]);
}

/**
 * The subject of a leaf. It is never empty: an empty one must have a critical SAN (RFC 5280 section
 * 4.2.1.6), which Java does not parse.
 */
export function leafName(commonName: string | undefined): DistinguishedName {
  return encode([commonName === undefined ? ORGANIZATION : ['CN', commonName]]);
}

function encode(attributes: readonly (readonly [type: string, value: string])[]): x509.Name {
  // Typed values: in a plain string the library would take quotes and # for syntax.
  return new x509.Name(attributes.map(([type, value]) => ({ [type]: [{ utf8String: value }] })));
}
