import { oid, sequence, set, utf8String } from './der.js';

/** A distinguished name (RFC 5280 section 4.1.2.4): an issuer or a subject. */
export interface DistinguishedName {
  readonly der: Buffer;
  /** RFC 4514 escapes, but in the order of the encoding, as OpenSSL prints it. */
  readonly text: string;
}

type Attribute = readonly [type: keyof typeof ATTRIBUTE_TYPES, value: string];

/** RFC 5280 appendix A.1. */
const ATTRIBUTE_TYPES = { CN: oid('2.5.4.3'), O: oid('2.5.4.10'), OU: oid('2.5.4.11') } as const;

const ORGANIZATION: Attribute = ['O', 'generate-certs'];

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

function encode(attributes: readonly Attribute[]): DistinguishedName {
  return {
    der: sequence(
      ...attributes.map(([type, value]) => set(sequence(ATTRIBUTE_TYPES[type], utf8String(value)))),
    ),
    text: attributes.map(([type, value]) => `${type}=${escapeValue(value)}`).join(', '),
  };
}

/** RFC 4514 section 2.4. */
function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&');
}
