import { x509 } from './x509.js';

/** A distinguished name: its attributes in the order in which they are encoded, one to an RDN. */
export type DistinguishedName = readonly (readonly [type: 'CN' | 'O' | 'OU', value: string])[];

const ORGANIZATION: DistinguishedName[number] = ['O', 'generate-certs'];

/** The test CA's name. The eight hex digits tell one set's CA from another's at a glance. */
export function authorityName(hexDigits: string): DistinguishedName {
  return [['CN', `generate-certs test CA ${hexDigits}`], ORGANIZATION, ['OU', 'development only']];
}

/**
 * The subject of a leaf. It is never empty: an empty one must have a critical SAN (RFC 5280 section
 * 4.2.1.6), which Java does not parse.
 */
export function leafName(commonName: string | undefined): DistinguishedName {
  return [commonName === undefined ? ORGANIZATION : ['CN', commonName]];
}

export function encodeName(name: DistinguishedName): x509.Name {
  // Typed values: as a plain string the library would take quotes and # in it for syntax.
  return new x509.Name(name.map(([type, value]) => ({ [type]: [{ utf8String: value }] })));
}
