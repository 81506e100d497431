import { hash, randomBytes, X509Certificate } from 'node:crypto';
import {
  bitString,
  children,
  explicit,
  integer,
  rememberLast,
  sequence,
  smallInteger,
  time,
} from '../asn1/der.js';
import type { DistinguishedName } from '../asn1/distinguished-name.js';
import type { Extension } from '../asn1/extensions.js';
import { encodePem } from '../asn1/pem.js';
import { keyTypeOf, type PrivateKey, type PublicKey } from '../keys/keys.js';
import type { SubjectAltName } from '../names/identity.js';
import type { Signer } from './signer.js';

/** The moments between which a certificate is valid, both included (RFC 5280 section 4.1.2.5). */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * From some time before a moment, for clocks that differ, to an end.
 *
 * @param backdate in seconds
 */
export function validityFrom(begin: Date, notAfter: Date, backdate: number): Validity {
  return { notBefore: new Date(begin.getTime() - backdate * 1000), notAfter };
}

/**
 * Everything in a certificate but its issuer and its signature, as one plain value.
 *
 * @internal
 */
export interface CertificateParameters {
  /** Hex, see {@link randomSerialNumber}. */
  readonly serialNumber: string;
  readonly subject: DistinguishedName;
  /** What the extensions say of names, for those who ask the certificate later. */
  readonly subjectAltNames?: readonly SubjectAltName[];
  readonly permittedDnsNames?: readonly string[] | undefined;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly validity: Validity;
  readonly extensions: readonly Extension[];
}

/** What a certificate says, in words. */
export interface CertificateFields {
  readonly serialNumber: string;
  readonly subjectName: DistinguishedName;
  readonly issuer: string;
  readonly validity: Validity;
  readonly subjectAltNames: readonly string[];
  readonly permittedDnsNames?: readonly string[] | undefined;
}

/**
 * An X.509 certificate. Holds no private key and is safe to print.
 *
 * @example
 * ```ts
 * const { certificate } = set.client('alice');
 * console.log(certificate.subject, certificate.notAfter, certificate.sha256);
 * console.log(certificate.x509Certificate.checkIssued(set.authority.certificate.x509Certificate)); // true
 * ```
 */
export class Certificate {
  /** The certificate in DER. */
  readonly der: Buffer;
  readonly #fields: CertificateFields;

  constructor(der: Buffer, fields: CertificateFields) {
    this.der = der;
    this.#fields = fields;
  }

  /** The same certificate with other bytes, for one that is spoiled on purpose. */
  withDer(der: Buffer): Certificate {
    return new Certificate(der, this.#fields);
  }

  /** PEM with a final line break (RFC 7468 section 5). */
  get pem(): string {
    return encodePem('CERTIFICATE', this.der);
  }

  /** The fingerprint: SHA-256 over the DER, lower-case hex. */
  get sha256(): string {
    return hash('sha256', this.der, 'hex');
  }

  /** Lower-case hex, as many digits as the number's bytes need. */
  get serialNumber(): string {
    return this.#fields.serialNumber;
  }

  /** RFC 4514 escapes, but in the order of the encoding, as OpenSSL prints it. */
  get subject(): string {
    return this.#fields.subjectName.text;
  }

  /** As {@link Certificate.subject}. */
  get issuer(): string {
    return this.#fields.issuer;
  }

  /** When it begins to be valid. */
  get notBefore(): Date {
    return this.#fields.validity.notBefore;
  }

  /** When it ends. */
  get notAfter(): Date {
    return this.#fields.validity.notAfter;
  }

  /** The SAN as `DNS:localhost`, `IP:127.0.0.1`, `email:…`, `URI:…`, in the order of the encoding. */
  get subjectAltNames(): readonly string[] {
    return this.#fields.subjectAltNames;
  }

  /**
   * The subject as it is encoded: the issuer of what its holder signs.
   *
   * @internal
   */
  get subjectName(): DistinguishedName {
    return this.#fields.subjectName;
  }

  /** The DNS names that a CA may sign, by its name constraints; nothing where it has none. */
  get permittedDnsNames(): readonly string[] | undefined {
    return this.#fields.permittedDnsNames;
  }

  /** Whether a private key is the one whose public half this certificate holds. */
  isOf({ publicKeyDer }: PrivateKey): boolean {
    // Where the very bytes are in it there is nothing to ask OpenSSL, which takes 300 µs.
    if (publicKeyDer.equals(this.#publicKeyDer ?? Buffer.alloc(0))) return true;
    return publicKeyDer.equals(this.x509Certificate.publicKey.export({ type: 'spki', format: 'der' }));
  }

  /** The SubjectPublicKeyInfo as it is encoded; nothing in what is no certificate of version 3. */
  get #publicKeyDer(): Uint8Array | undefined {
    try {
      const [certificate] = children(this.der);
      const [tbs] = children(certificate?.content ?? new Uint8Array());
      return children(tbs?.content ?? new Uint8Array())[6]?.whole;
    } catch {
      return undefined;
    }
  }

  /** The key that it certifies. */
  get publicKey(): PublicKey {
    const { publicKey } = this.x509Certificate;
    return {
      publicKeyDer: publicKey.export({ type: 'spki', format: 'der' }),
      type: keyTypeOf(publicKey),
    };
  }

  /** Node's own form, for `node:crypto`. */
  get x509Certificate(): X509Certificate {
    return new X509Certificate(this.der);
  }
}

/**
 * Signs a certificate. Reads no clock and makes no key: the same parameters give the same TBSCertificate.
 *
 * @internal
 */
export function signCertificate(parameters: CertificateParameters, signer: Signer): Certificate {
  const tbs = encodeTbsCertificate(parameters, signer);
  const der = sequence(tbs, signer.algorithm, bitString(signer.sign(tbs)));
  return new Certificate(der, describeCertificate(parameters, signer));
}

/**
 * What a certificate says, in words, from what it is made of.
 *
 * @internal
 */
export function describeCertificate(
  parameters: Omit<CertificateParameters, 'publicKey' | 'extensions'>,
  signer: Signer,
): CertificateFields {
  const { serialNumber, subject, validity, subjectAltNames = [], permittedDnsNames } = parameters;
  return {
    serialNumber,
    subjectName: subject,
    issuer: signer.name.text,
    validity,
    subjectAltNames: subjectAltNames.map(({ type, value }) => `${type}:${value}`),
    permittedDnsNames,
  };
}

// One set's certificates share one validity.
const encodeValidity = rememberLast(({ notBefore, notAfter }: Validity) =>
  sequence(time(notBefore), time(notAfter)),
);

// RFC 5280 section 4.1.2.1: version 3 is 2.
const VERSION_3 = explicit(0, smallInteger(2));

/**
 * What is signed (RFC 5280 section 4.1.2).
 *
 * @internal
 */
export function encodeTbsCertificate(
  parameters: CertificateParameters,
  signer: Pick<Signer, 'name' | 'algorithm'>,
): Buffer {
  const { serialNumber, subject, validity, publicKey, extensions } = parameters;
  return sequence(
    VERSION_3,
    integer(Buffer.from(serialNumber, 'hex')),
    signer.algorithm,
    signer.name.der,
    encodeValidity(validity),
    subject.der,
    publicKey,
    explicit(3, sequence(...extensions)),
  );
}

/**
 * A serial number of 128 random bits in lower-case hex. RFC 5280 section 4.1.2.2 wants it positive
 * and of 20 octets at most. The first byte is never zero, so that all have the same length.
 */
export function randomSerialNumber(): string {
  for (;;) {
    const bytes = randomBytes(16);
    if (bytes[0] !== 0) return bytes.toString('hex');
  }
}
