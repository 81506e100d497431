import { hash } from 'node:crypto';
import { GenerateCertsError, quote } from '../../errors.js';
import { checkFlag, readOptions } from '../../util/options.js';
import { element, explicit, implicit, octetString, oid, sequence, set, smallInteger } from '../asn1/der.js';
import type { Certificate } from '../issue/certificate.js';
import type { PrivateKey } from '../keys/keys.js';
import { DEFAULT_PASSWORD } from './default-password.js';
import { legacyProtection, modernProtection, type Protection } from './pkcs12-password.js';

/**
 * How a PKCS #12 file is made.
 *
 * @example
 * ```ts
 * const options: Pkcs12Options = { password: 'changeit', friendlyName: 'alice' };
 * tls.createSecureContext({ pfx: set.server.pkcs12(options), passphrase: 'changeit' });
 * ```
 */
export interface Pkcs12Options {
  /**
   * Not empty: Java reads no file without one. Java's own tools want six characters at least.
   * @default 'changeit'
   */
  readonly password?: string | undefined;
  /**
   * The name of the entry: what Java calls its alias.
   * @default the credential's name; `ca` for a truststore
   */
  readonly friendlyName?: string | undefined;
  /**
   * Triple DES and SHA-1, for readers that know nothing else: Java 8 before update 301, macOS. Without it
   * AES-256 and SHA-256.
   * @default false
   */
  readonly legacy?: boolean | undefined;
}

/** A key with its certificate and the certificates above it (RFC 7292), as a server or a client loads it. */
export function encodeKeystore(
  entry: {
    readonly name: string;
    readonly privateKey: PrivateKey;
    /** The key's own certificate first. */
    readonly certificates: readonly Certificate[];
  },
  options: Pkcs12Options = {},
): Buffer {
  const { protection, friendlyName = entry.name } = checkOptions(options);
  const [leaf, ...others] = entry.certificates;
  // What ties a key to its certificate: any bytes, and the fingerprint is what OpenSSL takes.
  const keyId = attribute(LOCAL_KEY_ID, octetString(hash('sha1', leaf?.der ?? '', 'buffer')));
  const attributes = [friendlyNameOf(friendlyName), keyId];
  const { algorithm, encrypted } = protection.encrypt(entry.privateKey.der);
  const key = safeBag(SHROUDED_KEY, sequence(algorithm, octetString(encrypted)), attributes);
  const certificates = [
    ...(leaf === undefined ? [] : [certificateBag(leaf, attributes)]),
    ...others.map((certificate) => certificateBag(certificate, [])),
  ];
  return encodePfx([encryptedData(sequence(...certificates), protection), data(sequence(key))], protection);
}

/**
 * Certificates to trust, as Java reads them: without the attribute that marks a trusted entry, Java finds none
 * (measured with a file of `openssl pkcs12 -nokeys`).
 */
export function encodeTruststore(
  certificates: readonly Pick<Certificate, 'der'>[],
  options: Pkcs12Options = {},
): Buffer {
  const { protection, friendlyName = 'ca' } = checkOptions(options);
  const bags = certificates.map((certificate, index) =>
    certificateBag(certificate, [
      friendlyNameOf(index === 0 ? friendlyName : `${friendlyName}-${index + 1}`),
      attribute(TRUSTED_KEY_USAGE, ANY_EXTENDED_KEY_USAGE),
    ]),
  );
  return encodePfx([encryptedData(sequence(...bags), protection)], protection);
}

function checkOptions(options: Pkcs12Options) {
  const known = ['password', 'friendlyName', 'legacy'];
  const given = readOptions(options, known, "{ password: 'changeit' }");
  const { password = DEFAULT_PASSWORD, friendlyName } = given;
  // A password is never part of a message.
  if (typeof password !== 'string' || password === '') {
    const problem = password === '' ? 'is empty' : 'is no text';
    throw invalid(`the option 'password' ${problem}`, `give a password such as '${DEFAULT_PASSWORD}'`);
  }
  if (friendlyName !== undefined && (typeof friendlyName !== 'string' || friendlyName === '')) {
    throw invalid(`the option 'friendlyName' is ${quote(friendlyName)}`, "give a name such as 'server'");
  }
  const legacy = checkFlag('legacy', given.legacy ?? false);
  return { protection: legacy ? legacyProtection(password) : modernProtection(password), friendlyName };
}

function invalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}

// RFC 7292 appendix D, RFC 2985 section 5.5, RFC 5652 sections 4 and 8.
const DATA = oid('1.2.840.113549.1.7.1');
const ENCRYPTED_DATA = oid('1.2.840.113549.1.7.6');
const SHROUDED_KEY = oid('1.2.840.113549.1.12.10.1.2');
const CERTIFICATE = oid('1.2.840.113549.1.12.10.1.3');
const X509_CERTIFICATE = oid('1.2.840.113549.1.9.22.1');
const FRIENDLY_NAME = oid('1.2.840.113549.1.9.20');
const LOCAL_KEY_ID = oid('1.2.840.113549.1.9.21');
/** Oracle's own, in every truststore that keytool writes. */
const TRUSTED_KEY_USAGE = oid('2.16.840.1.113894.746875.1.1');
const ANY_EXTENDED_KEY_USAGE = oid('2.5.29.37.0');

function encodePfx(contents: readonly Buffer[], protection: Protection): Buffer {
  const safe = sequence(...contents);
  return sequence(smallInteger(3), data(safe), protection.authenticate(safe));
}

const data = (content: Uint8Array) => sequence(DATA, explicit(0, octetString(content)));

function encryptedData(content: Uint8Array, protection: Protection): Buffer {
  const { algorithm, encrypted } = protection.encrypt(content);
  const info = sequence(DATA, algorithm, implicit(0, encrypted));
  return sequence(ENCRYPTED_DATA, explicit(0, sequence(smallInteger(0), info)));
}

function certificateBag({ der }: Pick<Certificate, 'der'>, attributes: readonly Buffer[]): Buffer {
  return safeBag(CERTIFICATE, sequence(X509_CERTIFICATE, explicit(0, octetString(der))), attributes);
}

function safeBag(type: Buffer, value: Buffer, attributes: readonly Buffer[]): Buffer {
  // The elements of a set stand in the order of their encodings (X.690 section 11.6).
  const sorted = [...attributes].sort(Buffer.compare);
  return sequence(type, explicit(0, value), ...(sorted.length === 0 ? [] : [set(...sorted)]));
}

const attribute = (type: Buffer, value: Buffer) => sequence(type, set(value));

const BMP_STRING = 0x1e;
const friendlyNameOf = (name: string) =>
  attribute(FRIENDLY_NAME, element(BMP_STRING, Buffer.from(name, 'utf16le').swap16()));
