/** The side of a connection that has the certificate. */
export type Side = 'client' | 'server';

/**
 * How a flawed certificate departs from a valid one of its side. What is not named here is as it is there:
 * subject, SAN, validity, extensions, key type, issuer.
 */
export interface Departure {
  /**
   * Who signs instead of the set's CA: another CA that bears its very name, the certificate's own key,
   * a valid leaf of its side (which is no CA), or a CA that the set's CA may not have below itself.
   */
  readonly signer?: 'namesake-ca' | 'self' | 'leaf' | 'sub-ca';
  /** Ended an hour before the set began, or begins an hour after the set has ended. */
  readonly validity?: 'ended' | 'not-begun';
  /** What the certificate is for, instead of what its side does. */
  readonly purpose?: Side;
  /** Key usages by which no TLS handshake can be signed. */
  readonly keyUsage?: 'no-handshake';
  /** What a server's SAN holds instead of its names. */
  readonly names?: 'other' | 'none' | 'wildcard' | 'address-as-dns';
  /** The intermediates are left out of its file. */
  readonly chain?: 'without-intermediates';
  /** One bit of the signature turned over. */
  readonly tampered?: true;
  /** A critical extension that no verifier knows. */
  readonly unknownCriticalExtension?: true;
  /** A DNS name below none of the CA's permitted subtrees: a client's only one, one more of a server's. */
  readonly outsideNames?: true;
  /** The serial number that stands on every CRL of the set. */
  readonly serialNumber?: 'revoked';
  /** A key of its own, too short. */
  readonly key?: 'rsa-1024';
  /** The hash of the CA's signature. */
  readonly hash?: 'SHA-1';
}

/**
 * One entry of the catalogue of certificates that must be refused.
 *
 * @example
 * ```ts
 * const flaws: Flaw[] = FLAWS.filter(({ severity }) => severity === 'must');
 * ```
 */
export interface Flaw {
  readonly name: string;
  /** Which side's certificates may have it. */
  readonly sides: readonly Side[];
  /** The rule that it breaks. */
  readonly clause: string;
  /** What is wrong, in one line. */
  readonly summary: string;
  /** `must`: every verifier that follows RFC 5280 refuses it. `policy`: it depends on the set-up. */
  readonly severity: 'must' | 'policy';
  /** Who signed it, in words, where it is not the set's CA. */
  readonly signedBy?: string;
  /** Makes sense only below a CA with name constraints. */
  readonly needsNameConstraints?: true;
  /** Makes sense only where CAs stand between the root and the leaves. */
  readonly needsIntermediates?: true;
  /** Makes sense only below a CA whose key signs with a hash of one's choice: RSA or EC. */
  readonly needsChosenHash?: true;
  /** It can be loaded only where its holder lowers the security level of its own TLS library. */
  readonly weak?: true;
  readonly departure: Departure;
}

const BOTH = ['client', 'server'] as const;
const CLIENT = ['client'] as const;
const SERVER = ['server'] as const;

/** Every flaw of both sides; a name stands once for each side. */
export const CATALOGUE = [
  {
    name: 'unknown-ca',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (a)(1)',
    summary: "signed by another CA that bears the trusted CA's very name",
    severity: 'must',
    signedBy: "another CA of the CA's very name",
    departure: { signer: 'namesake-ca' },
  },
  {
    name: 'self-signed',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.1 (d)',
    summary: 'signed by itself',
    severity: 'must',
    signedBy: 'itself',
    departure: { signer: 'self' },
  },
  {
    name: 'expired',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (a)(2)',
    summary: 'ended an hour ago',
    severity: 'must',
    departure: { validity: 'ended' },
  },
  {
    name: 'not-yet-valid',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (a)(2)',
    summary: 'begins an hour after the set has ended',
    severity: 'must',
    departure: { validity: 'not-begun' },
  },
  {
    name: 'wrong-usage',
    sides: CLIENT,
    clause: 'RFC 5280 section 4.2.1.12',
    summary: 'for serving only (extendedKeyUsage serverAuth)',
    severity: 'must',
    departure: { purpose: 'server' },
  },
  {
    name: 'tampered',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (a)(1)',
    summary: 'one bit of the signature turned over',
    severity: 'must',
    departure: { tampered: true },
  },
  {
    name: 'issued-by-client',
    sides: CLIENT,
    clause: 'RFC 5280 section 6.1.4 (k)',
    summary: 'signed by a valid client, which is no CA',
    severity: 'must',
    signedBy: 'a valid client, which the CA signed',
    departure: { signer: 'leaf' },
  },
  {
    name: 'critical-extension',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.5 (f)',
    summary: 'has an unknown critical extension',
    severity: 'must',
    departure: { unknownCriticalExtension: true },
  },
  {
    name: 'missing-intermediate',
    sides: BOTH,
    clause: 'RFC 8446 section 4.4.2',
    summary: 'comes without the intermediate that signed it',
    severity: 'must',
    needsIntermediates: true,
    departure: { chain: 'without-intermediates' },
  },
  {
    name: 'sub-ca',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.4 (m)',
    summary: "signed by an intermediate that the CA's pathlen:0 forbids",
    severity: 'policy',
    signedBy: 'an intermediate, which the CA signed',
    departure: { signer: 'sub-ca' },
  },
  {
    name: 'outside-names',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (b)',
    summary: "has a DNS name that the CA's name constraints forbid",
    severity: 'policy',
    needsNameConstraints: true,
    departure: { outsideNames: true },
  },
  {
    name: 'revoked',
    sides: BOTH,
    clause: 'RFC 5280 section 6.1.3 (a)(3)',
    summary: 'on the CRL',
    severity: 'policy',
    departure: { serialNumber: 'revoked' },
  },
  {
    name: 'weak-key',
    sides: BOTH,
    clause: 'RFC 9325 section 4.5',
    summary: 'RSA 1024',
    severity: 'policy',
    weak: true,
    departure: { key: 'rsa-1024' },
  },
  {
    name: 'weak-signature',
    sides: BOTH,
    clause: 'RFC 8446 section 4.4.2.4',
    summary: 'signed with SHA-1',
    severity: 'policy',
    weak: true,
    needsChosenHash: true,
    departure: { hash: 'SHA-1' },
  },
  {
    name: 'wrong-usage',
    sides: SERVER,
    clause: 'RFC 5280 section 4.2.1.12',
    summary: 'for calling only (extendedKeyUsage clientAuth)',
    severity: 'must',
    departure: { purpose: 'client' },
  },
  {
    name: 'issued-by-server',
    sides: SERVER,
    clause: 'RFC 5280 section 6.1.4 (k)',
    summary: 'signed by a valid server, which is no CA',
    severity: 'must',
    signedBy: 'a valid server, which the CA signed',
    departure: { signer: 'leaf' },
  },
  {
    name: 'wrong-name',
    sides: SERVER,
    clause: 'RFC 9525 section 6.3',
    summary: 'for another name',
    severity: 'must',
    departure: { names: 'other' },
  },
  {
    name: 'cn-only',
    sides: SERVER,
    clause: 'RFC 9525 section 6.1',
    summary: 'has its name in the CN alone, and no SAN',
    severity: 'must',
    departure: { names: 'none' },
  },
  {
    name: 'wildcard-too-wide',
    sides: SERVER,
    clause: 'RFC 9525 section 6.3',
    summary: 'has a wildcard that would have to stand for more or less than one label',
    severity: 'must',
    departure: { names: 'wildcard' },
  },
  {
    name: 'address-as-dns',
    sides: SERVER,
    clause: 'RFC 9525 section 6.4',
    summary: 'has its address written as a DNS name',
    severity: 'must',
    departure: { names: 'address-as-dns' },
  },
  {
    name: 'no-server-key-usage',
    sides: SERVER,
    clause: 'RFC 5280 section 4.2.1.3',
    summary: 'has a key that may not sign a handshake (keyUsage dataEncipherment)',
    severity: 'must',
    departure: { keyUsage: 'no-handshake' },
  },
] as const satisfies readonly Flaw[];
