import { createPublicKey } from 'node:crypto';
import { GenerateCertsError } from '../../errors.js';
import { isInstance } from '../../util/options.js';
import { readName } from '../asn1/distinguished-name.js';
import { keyTypeOf, type PublicKey } from '../keys/keys.js';
import type { AddedName } from '../names/identity.js';
import type { Attributes } from '../names/parse-name.js';

/** What a certification request (RFC 2986) asks for, as far as it is granted. */
export interface ReadRequest {
  readonly publicKey: PublicKey;
  readonly subject: Attributes;
  readonly names: readonly AddedName[];
  /** What else it asks for, in words; none of it is granted. */
  readonly leftOut: readonly string[];
}

/** The largest request that is read, in bytes: with an RSA key of 16384 bits and 100 names one has 10,000. */
export const LARGEST_REQUEST = 100_000;

/**
 * Reads a certification request that someone else made, and checks that its maker has the key.
 *
 * @param text PEM, or DER
 * @throws {@link GenerateCertsError} `ERR_REQUEST_INVALID`
 */
export async function readRequest(text: string | Uint8Array): Promise<ReadRequest> {
  const der = derOf(text);
  const { x509 } = await import('./x509.js');
  const { Crypto } = await import('@peculiar/webcrypto');
  let parsed: InstanceType<typeof x509.Pkcs10CertificateRequest>;
  try {
    parsed = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
  } catch {
    throw invalid('it is not a PKCS #10 request in PEM or DER', HOW_TO_MAKE);
  }
  const publicKey = readKey(new Uint8Array(parsed.publicKey.rawData));
  const isSigned = await parsed.verify(new Crypto()).catch(() => false);
  if (!isSigned) throw invalid('its signature is not that of its key', HOW_TO_MAKE);
  try {
    return { publicKey, ...contentsOf(parsed, x509) };
  } catch {
    throw invalid('it cannot be read to its end', HOW_TO_MAKE);
  }
}

type X509 = typeof import('@peculiar/x509');

function contentsOf(
  request: InstanceType<X509['Pkcs10CertificateRequest']>,
  x509: X509,
): Omit<ReadRequest, 'publicKey'> {
  const names: AddedName[] = [];
  const leftOut: string[] = [];
  for (const extension of request.extensions) {
    if (extension.type !== SUBJECT_ALT_NAME) {
      leftOut.push(describeExtension(extension, x509));
      continue;
    }
    for (const { type, value } of new x509.SubjectAlternativeNameExtension(extension.rawData).names.items) {
      const known = TYPES[type];
      if (known === undefined) leftOut.push(`subjectAltName of type ${type}`);
      else names.push({ kind: known, value });
    }
  }
  const others = request.attributes.filter(({ type }) => type !== EXTENSION_REQUEST);
  leftOut.push(...others.map(({ type }) => `attribute ${type}`));
  const subject = readName(Buffer.from(request.subjectName.toArrayBuffer()));
  if (subject === undefined) throw new RangeError('an attribute of the subject is not known');
  return { subject, names, leftOut };
}

const SUBJECT_ALT_NAME = '2.5.29.17';
// PKCS #9 (RFC 2985 section 5.4.2).
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

const TYPES: Readonly<Record<string, AddedName['kind']>> = {
  dns: 'dns',
  ip: 'ip',
  email: 'email',
  url: 'uri',
};

const HOW_TO_MAKE =
  "make one with openssl: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout alice.key -out alice.csr -subj '/CN=alice'";

/** The request's own DER; a text holds one block. */
function derOf(text: string | Uint8Array): Buffer {
  if (typeof text !== 'string' && !isInstance(text, Uint8Array)) {
    throw invalid('it is neither text nor bytes', HOW_TO_MAKE);
  }
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
  if (bytes.length > LARGEST_REQUEST)
    throw invalid(`it has ${bytes.length} bytes`, `a request has at most ${LARGEST_REQUEST}`);
  if (bytes[0] === DER_SEQUENCE) return bytes;
  const blocks = [...bytes.toString('latin1').matchAll(BLOCK)];
  const [first, second] = blocks;
  if (second !== undefined)
    throw invalid(`it holds ${blocks.length} requests`, 'give each a file of its own');
  if (first === undefined) {
    const isCertificate = bytes.includes('-----BEGIN CERTIFICATE-----');
    throw invalid(
      isCertificate
        ? 'it is a certificate, not a request for one'
        : 'it is not a PKCS #10 request in PEM or DER',
      HOW_TO_MAKE,
    );
  }
  return Buffer.from(first[1] ?? '', 'base64');
}

const DER_SEQUENCE = 0x30;
const BLOCK =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END (?:NEW )?CERTIFICATE REQUEST-----/g;

/** The weakest RSA key that is certified, in bits: what OpenSSL's default security level takes. */
const LEAST_RSA_BITS = 2048;
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function readKey(spki: Uint8Array): PublicKey {
  let key: ReturnType<typeof createPublicKey>;
  try {
    key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
  } catch {
    throw invalid('its key cannot be read', KEYS);
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa' && modulusLength < LEAST_RSA_BITS) {
    throw invalid(`its RSA key has ${modulusLength} bits`, KEYS);
  }
  if (asymmetricKeyType === 'ec' && CURVES[namedCurve] === undefined) {
    throw invalid(`its key is on the curve ${namedCurve || 'of no name'}`, KEYS);
  }
  if (asymmetricKeyType !== 'rsa' && asymmetricKeyType !== 'ec' && asymmetricKeyType !== 'ed25519') {
    throw invalid(`its key is of type ${asymmetricKeyType ?? 'unknown'}`, KEYS);
  }
  return { publicKeyDer: Buffer.from(spki), type: keyTypeOf(key) };
}

const KEYS = 'use an RSA key of 2048 bits or more, one on P-256, P-384 or P-521, or Ed25519';

function describeExtension(
  { type, rawData }: { readonly type: string; readonly rawData: ArrayBuffer },
  x509: X509,
): string {
  const name = EXTENSIONS[type] ?? `extension ${type}`;
  if (type !== '2.5.29.19') return name;
  const isAuthority = new x509.BasicConstraintsExtension(rawData).ca;
  return isAuthority ? `${name} (to be a CA)` : name;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.37': 'extKeyUsage',
  '1.3.6.1.5.5.7.1.24': 'tlsfeature',
};

function invalid(problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_REQUEST_INVALID', `the request is refused: ${problem}`, hint);
}
