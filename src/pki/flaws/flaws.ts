import { GenerateCertsError, quote } from '../../errors.js';
import { hintForUnknown } from '../../util/suggest.js';

/**
 * How a flawed certificate departs from a valid client's. What is not named here is as it is there:
 * subject, SAN, validity, extensions, key type, issuer.
 */
export interface Departure {
  /**
   * Who signs instead of the set's CA: another CA that bears its very name, the certificate's own key,
   * a valid client (which is no CA), or a CA that the set's CA may not have below itself.
   */
  readonly signer?: 'namesake-ca' | 'self' | 'client' | 'sub-ca';
  /** Ended an hour before the set began, or begins an hour after the set has ended. */
  readonly validity?: 'ended' | 'not-begun';
  /** What the certificate is for, instead of calling. */
  readonly purpose?: 'server';
  /** One bit of the signature turned over. */
  readonly tampered?: true;
  /** A critical extension that no verifier knows. */
  readonly unknownCriticalExtension?: true;
  /** A DNS name below none of the CA's permitted subtrees, in place of the SAN. */
  readonly outsideNames?: true;
  /** The serial number that stands on every CRL of the set. */
  readonly serialNumber?: 'revoked';
  /** A key of its own, too short. */
  readonly key?: 'rsa-1024';
  /** The hash of the CA's signature. */
  readonly hash?: 'SHA-1';
}

/**
 * One entry of the catalogue of client certificates that must be refused.
 *
 * @example
 * ```ts
 * const flaws: Flaw[] = FLAWS.filter(({ severity }) => severity === 'must');
 * ```
 */
export interface Flaw {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly summary: string;
  /** `must`: every verifier that follows RFC 5280 refuses it. `policy`: it depends on the set-up. */
  readonly severity: 'must' | 'policy';
  /** Who signed it, in words, where it is not the set's CA. */
  readonly signedBy?: string;
  /** Makes sense only below a CA with name constraints. */
  readonly needsNameConstraints?: true;
  /** Clients can load it only where they lower their own TLS library's security level (FACTS, measured). */
  readonly weak?: true;
  readonly departure: Departure;
}

const CATALOGUE = [
  {
    name: 'unknown-ca',
    summary: "signed by another CA that bears the trusted CA's very name",
    severity: 'must',
    signedBy: "another CA of the CA's very name",
    departure: { signer: 'namesake-ca' },
  },
  {
    name: 'self-signed',
    summary: 'signed by itself',
    severity: 'must',
    signedBy: 'nobody but itself',
    departure: { signer: 'self' },
  },
  {
    name: 'expired',
    summary: 'ended an hour ago',
    severity: 'must',
    departure: { validity: 'ended' },
  },
  {
    name: 'not-yet-valid',
    summary: 'begins an hour after the set has ended',
    severity: 'must',
    departure: { validity: 'not-begun' },
  },
  {
    name: 'wrong-usage',
    summary: 'for serving only (extendedKeyUsage serverAuth)',
    severity: 'must',
    departure: { purpose: 'server' },
  },
  {
    name: 'tampered',
    summary: 'one bit of the signature turned over',
    severity: 'must',
    departure: { tampered: true },
  },
  {
    name: 'issued-by-client',
    summary: 'signed by a valid client, which is no CA',
    severity: 'must',
    signedBy: 'a valid client, which the CA signed',
    departure: { signer: 'client' },
  },
  {
    name: 'critical-extension',
    summary: 'has a critical extension that nobody knows',
    severity: 'must',
    departure: { unknownCriticalExtension: true },
  },
  {
    name: 'sub-ca',
    summary: "signed by an intermediate that the CA's pathlen:0 forbids",
    severity: 'policy',
    signedBy: 'an intermediate, which the CA signed',
    departure: { signer: 'sub-ca' },
  },
  {
    name: 'outside-names',
    summary: "has a DNS name that the CA's name constraints forbid",
    severity: 'policy',
    needsNameConstraints: true,
    departure: { outsideNames: true },
  },
  {
    name: 'revoked',
    summary: 'on the CRL',
    severity: 'policy',
    departure: { serialNumber: 'revoked' },
  },
  {
    name: 'weak-key',
    summary: 'RSA 1024',
    severity: 'policy',
    weak: true,
    departure: { key: 'rsa-1024' },
  },
  {
    name: 'weak-signature',
    summary: 'signed with SHA-1',
    severity: 'policy',
    weak: true,
    departure: { hash: 'SHA-1' },
  },
] as const satisfies readonly Flaw[];

/**
 * The name of a flaw of the catalogue.
 *
 * @example
 * ```ts
 * const untrusted: FlawName[] = ['expired', 'unknown-ca'];
 * const set = await createCertificateSet({ untrusted });
 * ```
 */
export type FlawName = (typeof CATALOGUE)[number]['name'];

/** A flaw of the catalogue. */
export type KnownFlaw = Flaw & { readonly name: FlawName };

/**
 * The catalogue: the one list that the command line, the library and the documentation share.
 *
 * @example
 * ```ts
 * for (const { name, summary, severity } of FLAWS) console.log(name, summary, severity);
 * ```
 */
export const FLAWS: readonly KnownFlaw[] = CATALOGUE;
/**
 * The names of the catalogue, in its order.
 *
 * @example
 * ```ts
 * console.log(FLAW_NAMES.includes('expired')); // true
 * ```
 */
export const FLAW_NAMES: readonly FlawName[] = FLAWS.map(({ name }) => name);

/** @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN` */
export function findFlaw(name: unknown): KnownFlaw {
  const flaw = FLAWS.find((candidate) => candidate.name === name);
  if (flaw !== undefined) return flaw;
  throw new GenerateCertsError(
    'ERR_FLAW_UNKNOWN',
    `${quote(name)} is not a flaw`,
    hintForUnknown(String(name), [...FLAW_NAMES, 'all', 'none']),
  );
}

/** The name of a flawed client's files, without the extension. */
export function flawFileName(flaw: FlawName): string {
  return `untrusted-${flaw}`;
}
