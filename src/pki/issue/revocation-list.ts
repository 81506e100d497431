import {
  bitString,
  children,
  explicit,
  integer,
  oid,
  rememberLast,
  sequence,
  smallInteger,
  time,
} from '../asn1/der.js';
import { readNameText } from '../asn1/distinguished-name.js';
import { authorityKey, extension } from '../asn1/extensions.js';
import { encodePem } from '../asn1/pem.js';
import { readRevocationList } from '../read/read-revocation-list.js';
import type { Certificate } from './certificate.js';
import type { Signer } from './signer.js';

/**
 * One line of a revocation list.
 *
 * @example
 * ```ts
 * for (const { serialNumber, revokedAt } of set.revocationList.revocations) console.log(serialNumber, revokedAt);
 * ```
 */
export interface Revocation {
  /** Hex, as in the certificate. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
}

/**
 * A certificate revocation list with what is on it (RFC 5280 section 5).
 *
 * @example
 * ```ts
 * const { number, pem } = await set.revoke('alice');
 * console.log(number, pem.startsWith('-----BEGIN X509 CRL-----'));
 * ```
 */
export class RevocationList {
  /**
   * The list in DER. Empty where the set was loaded from a folder that has neither the list in a file nor the CA's
   * key: see {@link RevocationList.isSigned}.
   */
  readonly der: Buffer;
  /** The CRL number: a later list of the same CA has a higher one (RFC 5280 section 5.2.3). */
  readonly number: number;
  readonly revocations: readonly Revocation[];
  #moments: ReadonlyMap<string, Date> | undefined;

  constructor(der: Uint8Array, number: number, revocations: readonly Revocation[]) {
    this.der = Buffer.from(der);
    this.number = number;
    this.revocations = revocations;
  }

  /** Whether there is a signed list, and not only what is on it. */
  get isSigned(): boolean {
    return this.der.length > 0;
  }

  /** When a serial number was put on the list; nothing where it is not on it. */
  revokedAt(serialNumber: string): Date | undefined {
    this.#moments ??= new Map(this.revocations.map((line) => [line.serialNumber, line.revokedAt]));
    return this.#moments.get(serialNumber);
  }

  /**
   * PEM with the label `X509 CRL` (RFC 7468 section 6). NGINX and OpenSSL read no other; the
   * label `CRL` of some libraries is not known to them (measured).
   */
  get pem(): string {
    return encodePem('X509 CRL', this.der);
  }
}

/** The DER of a revocation list in PEM; nothing where there is none. */
export function readRevocationListDer(pem: string): Buffer | undefined {
  const block = /-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/.exec(pem);
  return block === null ? undefined : Buffer.from(block[1] ?? '', 'base64');
}

/** The DER of every revocation list in a PEM text, in its order. */
export function readRevocationListDers(pem: string): Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/g);
  return Array.from(blocks, ([, base64 = '']) => Buffer.from(base64, 'base64'));
}

const CRL_NUMBER = oid('2.5.29.20');

/** The CRL number of a list that this program signed; 0 where there is none. */
export function readRevocationListNumber(der: Uint8Array): number {
  try {
    const [list] = children(der);
    const [tbs] = children(list?.content ?? new Uint8Array());
    const extensions = children(
      children(children(tbs?.content ?? new Uint8Array()).at(-1)?.content ?? der)[0]?.content ?? der,
    );
    for (const { content } of extensions) {
      const [id, value] = children(content);
      if (id === undefined || value === undefined || !CRL_NUMBER.equals(id.whole)) continue;
      const digits = Buffer.from(children(value.content)[0]?.content ?? []).toString('hex');
      return Number.parseInt(digits, 16);
    }
  } catch {
    // Its signature is checked elsewhere.
  }
  return 0;
}

/** Who issued a revocation list in PEM; nothing where there is none that can be read. */
export async function readRevocationListIssuer(pem: string): Promise<string | undefined> {
  const der = readRevocationListDer(pem);
  const list = der && readRevocationList(der);
  if (list === undefined) return undefined;
  const own = readNameText(list.issuer);
  if (own !== undefined) return own;
  const { x509 } = await import('../read/x509.js');
  return new x509.Name(new Uint8Array(list.issuer).buffer).toString();
}

/**
 * Signs a version 2 revocation list.
 *
 * @internal
 */
export function signRevocationList(
  list: {
    readonly number: number;
    readonly revocations: readonly Revocation[];
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
  },
  signer: Signer,
): RevocationList {
  const tbs = encodeTbsCertList(list, signer);
  const der = sequence(tbs, signer.algorithm, bitString(signer.sign(tbs)));
  return new RevocationList(der, list.number, list.revocations);
}

// RFC 5280 section 5.1.2.1: version 2 is 1.
const VERSION_2 = smallInteger(1);

/**
 * What is signed (RFC 5280 section 5.1.2).
 *
 * @internal
 */
export function encodeTbsCertList(
  { number, revocations, thisUpdate, nextUpdate }: Parameters<typeof signRevocationList>[0],
  signer: Signer,
): Buffer {
  const entries = encodeEntries(revocations);
  return sequence(
    VERSION_2,
    signer.algorithm,
    signer.name.der,
    time(thisUpdate),
    time(nextUpdate),
    // An empty list must be absent (RFC 5280 section 5.1.2.6).
    ...(entries.length === 0 ? [] : [sequence(entries)]),
    explicit(0, sequence(authorityKey(signer.keyIdentifier), extension('2.5.29.20', smallInteger(number)))),
  );
}

/** In one buffer: a list may have more entries than a call may have arguments. */
function encodeEntries(revocations: readonly Revocation[]): Buffer {
  const encodeTime = rememberLast((milliseconds: number) => time(new Date(milliseconds)));
  const entries = revocations.map(({ serialNumber, revokedAt }) => {
    return sequence(integer(Buffer.from(serialNumber, 'hex')), encodeTime(revokedAt.getTime()));
  });
  return Buffer.concat(entries);
}

/**
 * What is wrong with a revocation list of a CA, in words; nothing where it is right.
 *
 * @param expected the serial numbers that must be on it, in hex
 */
export function verifyRevocationList(
  der: Buffer,
  authority: Certificate,
  expected: readonly string[],
  now: Date,
): string[] {
  const list = readRevocationList(der);
  if (list === undefined) return ['it cannot be read'];
  const problems: string[] = [];
  if (!list.isSignedBy(authority.x509Certificate.publicKey)) problems.push('the CA did not sign it');
  if (list.nextUpdate === undefined || now >= list.nextUpdate) problems.push('it has ended');
  const missing = expected.filter((serialNumber) => !list.serialNumbers.has(serialNumber));
  if (missing.length > 0) problems.push(`it does not list ${missing.join(', ')}`);
  if (now < list.thisUpdate) problems.push('it has not begun');
  return problems;
}
