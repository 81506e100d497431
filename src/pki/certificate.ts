import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { DistinguishedName } from './distinguished-name.js';
import type { SubjectAltName } from './identity.js';
import type { PrivateKey } from './keys.js';
import { readPermittedDnsNames } from './profiles.js';
import type { Signer } from './signer.js';
import { provider, x509 } from './x509.js';

/** The moments between which a certificate is valid, both included (RFC 5280 section 4.1.2.5). */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** From five minutes before a moment, for clocks that differ, to an end. */
export function validityFrom(begin: Date, notAfter: Date): Validity {
  return { notBefore: new Date(begin.getTime() - 5 * 60 * 1000), notAfter };
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
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
  readonly validity: Validity;
  readonly extensions: readonly x509.Extension[];
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
  #parsed: x509.X509Certificate | undefined;

  constructor(der: Uint8Array) {
    this.der = Buffer.from(der);
  }

  /** PEM with a final line break (RFC 7468 section 5). */
  get pem(): string {
    return encodePem('CERTIFICATE', this.der);
  }

  /** The fingerprint: SHA-256 over the DER, lower-case hex. */
  get sha256(): string {
    return createHash('sha256').update(this.der).digest('hex');
  }

  /** Lower-case hex, as many digits as the number's bytes need. */
  get serialNumber(): string {
    return this.#fields.serialNumber;
  }

  /** RFC 4514 escapes, but in the order of the encoding, as OpenSSL prints it. */
  get subject(): string {
    return this.#fields.subject;
  }

  /** As {@link Certificate.subject}. */
  get issuer(): string {
    return this.#fields.issuer;
  }

  get notBefore(): Date {
    return this.#fields.notBefore;
  }

  get notAfter(): Date {
    return this.#fields.notAfter;
  }

  /** The SAN as `DNS:localhost`, `IP:127.0.0.1`, `email:…`, `URI:…`, in the order of the encoding. */
  get subjectAltNames(): string[] {
    const extension = this.#fields.getExtension(x509.SubjectAlternativeNameExtension);
    return (extension?.names.items ?? []).map(
      ({ type, value }) => `${PREFIX_OF_TYPE[type] ?? type}:${value}`,
    );
  }

  /**
   * The subject as it is encoded: the issuer of what its holder signs.
   *
   * @internal
   */
  get subjectName(): DistinguishedName {
    return this.#fields.subjectName;
  }

  /**
   * The issuer as it is encoded.
   *
   * @internal
   */
  get issuerName(): DistinguishedName {
    return this.#fields.issuerName;
  }

  /** The DNS names that a CA may sign, by its name constraints; nothing where it has none. */
  get permittedDnsNames(): string[] | undefined {
    return readPermittedDnsNames(this.#fields);
  }

  /** Whether a private key is the one whose public half this certificate holds. */
  isOf({ publicKeyDer }: PrivateKey): boolean {
    return publicKeyDer.equals(this.x509Certificate.publicKey.export({ type: 'spki', format: 'der' }));
  }

  /** Node's own form, for `node:crypto`. */
  get x509Certificate(): X509Certificate {
    return new X509Certificate(this.der);
  }

  get #fields(): x509.X509Certificate {
    this.#parsed ??= new x509.X509Certificate(this.der);
    return this.#parsed;
  }
}

const PREFIX_OF_TYPE: Partial<Record<x509.GeneralNameType, SubjectAltName['type']>> = {
  dns: 'DNS',
  ip: 'IP',
  email: 'email',
  url: 'URI',
};

/**
 * Signs a certificate. Reads no clock and makes no key: the same parameters give the same TBSCertificate.
 *
 * @internal
 */
export async function signCertificate(
  parameters: CertificateParameters,
  signer: Signer,
): Promise<Certificate> {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: parameters.serialNumber,
      subject: parameters.subject,
      issuer: signer.name,
      ...parameters.validity,
      publicKey: parameters.publicKey,
      extensions: [...parameters.extensions],
      signingKey: signer.key,
      signingAlgorithm: signer.algorithm,
    },
    provider,
  );
  return new Certificate(new Uint8Array(certificate.rawData));
}

/** The certificates of a PEM file, in its order; text around them is passed over. */
export function readCertificates(pem: string): Certificate[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, base64 = '']) => new Certificate(Buffer.from(base64, 'base64')));
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

/** PEM in lines of 64 characters, with a final line break (RFC 7468). */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
