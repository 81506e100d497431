// A certificate that this program wrote is read by writing it again: what its fields give must be the very bytes.
// So nothing unusual is read here, however much of it a lenient parser would take, and 10,000 certificates take
// half a second where @peculiar/x509 takes thirty.
import { bitString, children, NULL, oid, readTime, sequence } from '../asn1/der.js';
import { type DistinguishedName, readOwnName } from '../asn1/distinguished-name.js';
import { authorityExtensions, type Extension, leafExtensions, type Purpose } from '../asn1/extensions.js';
import { readGeneralName } from '../asn1/general-names.js';
import { Certificate, encodeTbsCertificate, type Validity } from '../issue/certificate.js';
import { SIGNATURE_ALGORITHMS } from '../issue/signer.js';
import type { SubjectAltName } from '../names/identity.js';

/** Reads a certificate that is, byte for byte, as this program writes one; nothing where it is not. */
export function readOwnCertificate(der: Buffer): Certificate | undefined {
  try {
    return read(der);
  } catch {
    return undefined;
  }
}

type Element = ReturnType<typeof children>[number];

function read(der: Buffer): Certificate | undefined {
  const [tbs, algorithm, signature] = elements(only(der));
  if (tbs === undefined || algorithm === undefined || signature === undefined) return undefined;
  const [, number, , issuer, moments, name, spki, wrapped] = elements(tbs);
  if (wrapped === undefined || number === undefined || moments === undefined || name === undefined) {
    return undefined;
  }
  const known = SIGNATURE_ALGORITHMS.find((candidate) => candidate.equals(algorithm.whole));
  const signer = issuer && readIssuer(issuer.whole);
  const subjectName = readOwnName(name.whole);
  const publicKey = spki && readPublicKey(spki);
  const serialNumber = readSerialNumber(number.content);
  if (!known || !signer || !subjectName || !publicKey || !serialNumber) return undefined;
  const [begin, end] = elements(moments);
  const validity: Validity = { notBefore: readTime(begin), notAfter: readTime(end) };
  const parameters = { serialNumber, subject: subjectName, validity, publicKey: publicKey.der };
  const said = readExtensions(elements(only(wrapped.content)));
  for (const extensions of candidates(said, publicKey.isRsa)) {
    const again = encodeTbsCertificate({ ...parameters, extensions }, { name: signer, algorithm: known });
    if (!sequence(again, known, bitString(signature.content.subarray(1))).equals(der)) continue;
    return new Certificate(der, {
      serialNumber,
      subjectName,
      issuer: signer.text,
      validity,
      subjectAltNames: said.subjectAltNames.map(({ type, value }) => `${type}:${value}`),
    });
  }
  return undefined;
}

function elements({ content }: Element): Element[] {
  return children(content);
}

/** The one element that there is. */
function only(der: Uint8Array): Element {
  const [first, ...others] = children(der);
  if (first === undefined || others.length > 0) throw new RangeError('not one element');
  return first;
}

let lastIssuer: DistinguishedName | undefined;

/** One set's certificates share a few issuers. */
function readIssuer(der: Uint8Array): DistinguishedName | undefined {
  if (lastIssuer?.der.equals(der) !== true) lastIssuer = readOwnName(der);
  return lastIssuer;
}

/** Lower-case hex, of a positive number without the zero before a high first bit. */
function readSerialNumber(content: Uint8Array): string | undefined {
  const first = content[0] ?? 0x80;
  if (first >= 0x80 || content.length > LARGEST_SERIAL_NUMBER) return undefined;
  const hex = Buffer.from(content).toString('hex');
  return first === 0 && content.length > 1 ? hex.slice(2) : hex;
}

// RFC 5280 section 4.1.2.2.
const LARGEST_SERIAL_NUMBER = 20;

const RSA = sequence(oid('1.2.840.113549.1.1.1'), NULL);
const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1');
const ED25519 = sequence(oid('1.3.101.112'));
const CURVES = ['1.2.840.10045.3.1.7', '1.3.132.0.34', '1.3.132.0.35'].map((curve) =>
  sequence(EC_PUBLIC_KEY, oid(curve)),
);

/** A SubjectPublicKeyInfo written again: its algorithm one that is known, its bits as they are. */
function readPublicKey(spki: Element): { readonly der: Buffer; readonly isRsa: boolean } | undefined {
  const [algorithm, bits] = elements(spki);
  const known = [RSA, ...CURVES, ED25519].find((candidate) =>
    candidate.equals(algorithm?.whole ?? Buffer.alloc(0)),
  );
  if (known === undefined || bits === undefined) return undefined;
  return { der: sequence(known, bitString(bits.content.subarray(1))), isRsa: known === RSA };
}

/** What extensions say, as far as it differs between the certificates of a kind. */
interface Said {
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly keyIdentifier: string;
  readonly authorityKeyIdentifier: string | undefined;
  readonly pathLength: number | undefined;
}

const ID = {
  basicConstraints: oid('2.5.29.19'),
  subjectKeyIdentifier: oid('2.5.29.14'),
  authorityKeyIdentifier: oid('2.5.29.35'),
  subjectAltName: oid('2.5.29.17'),
};

function readExtensions(extensions: readonly Element[]): Said {
  const value = (id: Buffer): Element | undefined => {
    const found = extensions.find(({ content }) => id.equals(content.subarray(0, id.length)));
    const octets = found && elements(found).at(-1);
    return octets && only(octets.content);
  };
  const names = value(ID.subjectAltName);
  const constraints = value(ID.basicConstraints);
  const authority = value(ID.authorityKeyIdentifier);
  const pathLength = constraints && elements(constraints)[1]?.content[0];
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    subjectAltNames: names === undefined ? [] : elements(names).map(readGeneralName),
    keyIdentifier: hex(value(ID.subjectKeyIdentifier)?.content ?? new Uint8Array()),
    authorityKeyIdentifier: authority && hex(elements(authority)[0]?.content ?? new Uint8Array()),
    pathLength,
  };
}

const PURPOSES: readonly Purpose[] = ['client', 'server', 'peer'];

/** The extensions that this program may have written to say so. */
function* candidates(said: Said, rsa: boolean): Generator<Extension[]> {
  const { pathLength, authorityKeyIdentifier } = said;
  if (pathLength !== undefined) yield authorityExtensions({ ...said, pathLength });
  else if (authorityKeyIdentifier !== undefined) {
    for (const purpose of PURPOSES) yield leafExtensions({ ...said, authorityKeyIdentifier, purpose, rsa });
  }
}
