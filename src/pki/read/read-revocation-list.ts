import { type KeyObject, verify } from 'node:crypto';
import { children, oid, readHeader, readTime } from '../asn1/der.js';

/** A revocation list that anybody may have made (RFC 5280 section 5), as far as it is looked at. */
export interface ReadRevocationList {
  /** In DER. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** In lower-case hex, as a certificate's. */
  readonly serialNumbers: ReadonlySet<string>;
  /** Whether it was signed with this key; false for a signature of an algorithm that is not known. */
  isSignedBy(publicKey: KeyObject): boolean;
}

/**
 * Reads a revocation list of any length: 100,000 entries take a tenth of a second.
 *
 * @returns nothing where it is none in DER
 */
export function readRevocationList(der: Buffer): ReadRevocationList | undefined {
  try {
    return read(der);
  } catch {
    return undefined;
  }
}

type Element = ReturnType<typeof children>[number];

const TAG = { integer: 0x02, bitString: 0x03, sequence: 0x30, extensions: 0xa0 } as const;
const TIME_TAGS = [0x17, 0x18];

function read(der: Buffer): ReadRevocationList {
  const [whole, ...behind] = children(der);
  const [tbs, algorithm, signature, ...more] = elementsOf(whole);
  if (tbs === undefined || algorithm === undefined || behind.length + more.length > 0) throw notAList();
  // A signature of whole octets.
  if (signature?.tag !== TAG.bitString || signature.content[0] !== 0) throw notAList();
  const fields = elementsOf(tbs);
  // Version 2 is 1; version 1 has no number.
  if (fields[0]?.tag === TAG.integer && fields.shift()?.content.join() !== '1') throw notAList();
  const [inner, issuer, begin, ...rest] = fields;
  if (inner === undefined || !Buffer.from(inner.whole).equals(algorithm.whole)) throw notAList();
  if (issuer?.tag !== TAG.sequence) throw notAList();
  const end = TIME_TAGS.includes(rest[0]?.tag ?? 0) ? rest.shift() : undefined;
  const entries = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined;
  if (rest[0]?.tag === TAG.extensions) rest.shift();
  if (rest.length > 0) throw notAList();
  return {
    issuer: Buffer.from(issuer.whole),
    thisUpdate: readTime(begin),
    nextUpdate: end && readTime(end),
    serialNumbers: readEntries(Buffer.from(entries?.content ?? [])),
    isSignedBy: (publicKey) =>
      isSignature({ algorithm, content: tbs.whole, signature: signature.content.subarray(1) }, publicKey),
  };
}

function elementsOf(element: Element | undefined): Element[] {
  if (element?.tag !== TAG.sequence) throw notAList();
  return children(element.content);
}

/** The serial numbers of the entries: each a number, a moment and, perhaps, extensions. */
function readEntries(der: Buffer): Set<string> {
  const serialNumbers = new Set<string>();
  let lastTime: Buffer = Buffer.alloc(0);
  for (let offset = 0; offset < der.length; ) {
    const entry = readHeader(der, offset);
    const serial = readHeader(der, entry.contentStart);
    const moment = readHeader(der, serial.end);
    if (entry.tag !== TAG.sequence || serial.tag !== TAG.integer || moment.end > entry.end) throw notAList();
    // Many are revoked at one moment.
    const time = der.subarray(serial.end, moment.end);
    if (!time.equals(lastTime)) readTime(children(time)[0]);
    lastTime = time;
    if (moment.end < entry.end) {
      const extensions = readHeader(der, moment.end);
      if (extensions.tag !== TAG.sequence || extensions.end !== entry.end) throw notAList();
    }
    serialNumbers.add(der.toString('hex', startOf(der, serial), serial.end));
    offset = entry.end;
  }
  return serialNumbers;
}

/** Where a positive number begins, behind the zero before a high first bit. */
function startOf(der: Buffer, { contentStart, end }: { contentStart: number; end: number }): number {
  if (contentStart === end) throw notAList();
  return der[contentStart] === 0 && end - contentStart > 1 ? contentStart + 1 : contentStart;
}

/** Signature algorithms, by their object identifiers (RFC 4055, RFC 5758, RFC 8410). */
const ALGORITHMS: readonly { readonly id: Buffer; readonly key: string; readonly hash: string | null }[] = [
  { id: oid('1.2.840.113549.1.1.5'), key: 'rsa', hash: 'SHA-1' },
  { id: oid('1.2.840.113549.1.1.11'), key: 'rsa', hash: 'SHA-256' },
  { id: oid('1.2.840.113549.1.1.12'), key: 'rsa', hash: 'SHA-384' },
  { id: oid('1.2.840.113549.1.1.13'), key: 'rsa', hash: 'SHA-512' },
  { id: oid('1.2.840.10045.4.1'), key: 'ec', hash: 'SHA-1' },
  { id: oid('1.2.840.10045.4.3.2'), key: 'ec', hash: 'SHA-256' },
  { id: oid('1.2.840.10045.4.3.3'), key: 'ec', hash: 'SHA-384' },
  { id: oid('1.2.840.10045.4.3.4'), key: 'ec', hash: 'SHA-512' },
  { id: oid('1.3.101.112'), key: 'ed25519', hash: null },
];

function isSignature(
  signed: { readonly algorithm: Element; readonly content: Uint8Array; readonly signature: Uint8Array },
  publicKey: KeyObject,
): boolean {
  const [id] = elementsOf(signed.algorithm);
  const known = ALGORITHMS.find((candidate) => candidate.id.equals(id?.whole ?? Buffer.alloc(0)));
  if (known === undefined || known.key !== publicKey.asymmetricKeyType) return false;
  try {
    return verify(known.hash, signed.content, publicKey, signed.signature);
  } catch {
    return false;
  }
}

function notAList(): RangeError {
  return new RangeError('not a revocation list');
}
