import { X509Certificate } from 'node:crypto';
import { type DistinguishedName, readNameText } from '../asn1/distinguished-name.js';
import { Certificate } from '../issue/certificate.js';
import type { SubjectAltName } from '../names/identity.js';
import { readOwnCertificate } from './own-certificate.js';

/**
 * Reads the certificates of a PEM text, in its order; text around them is passed over. In the place of
 * one that cannot be read stands nothing.
 */
export async function readCertificates(pem: string): Promise<(Certificate | undefined)[]> {
  const certificates: (Certificate | undefined)[] = [];
  for (const der of certificateDers(pem)) {
    certificates.push(readOwnCertificate(der) ?? (await readForeignCertificate(der)));
  }
  return certificates;
}

/** The DER of the certificates of a PEM text, in its order. */
export function certificateDers(pem: string): Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, base64 = '']) => Buffer.from(base64, 'base64'));
}

/** Reads a certificate that anybody may have made; nothing where it cannot be read. */
export async function readForeignCertificate(der: Buffer): Promise<Certificate | undefined> {
  // The parser takes longer to load than a set takes to make: it is loaded for what this program did not write.
  const { x509, readPermittedDnsNames } = await import('./x509.js');
  try {
    // OpenSSL, behind Node's own class, is the stricter of the two.
    new X509Certificate(der);
    const parsed = new x509.X509Certificate(new Uint8Array(der));
    const names = parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
    return new Certificate(der, {
      serialNumber: parsed.serialNumber,
      subjectName: nameOf(parsed.subjectName, parsed.subject),
      issuer: nameOf(parsed.issuerName, parsed.issuer).text,
      validity: { notBefore: parsed.notBefore, notAfter: parsed.notAfter },
      subjectAltNames: names.map(({ type, value }) => `${PREFIX_OF_TYPE[type] ?? type}:${value}`),
      permittedDnsNames: readPermittedDnsNames(parsed),
    });
  } catch {
    return undefined;
  }
}

/** A name with its text as this program writes it, where it could have written it. */
function nameOf(name: { toArrayBuffer(): ArrayBuffer }, text: string): DistinguishedName {
  const der = Buffer.from(name.toArrayBuffer());
  return { der, text: readNameText(der) ?? text };
}

const PREFIX_OF_TYPE: Record<string, SubjectAltName['type']> = {
  dns: 'DNS',
  ip: 'IP',
  email: 'email',
  url: 'URI',
};
