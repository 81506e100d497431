import { AsnConvert } from '@peculiar/asn1-schema';
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509';
import type { SubjectAltName } from './identity.js';
import { x509 } from './x509.js';

/** What a leaf certificate is for: to serve, or to call. */
export type Purpose = 'server' | 'client';

const KEY_PURPOSE: Record<Purpose, x509.ExtendedKeyUsage> = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
};

const GENERAL_NAME_TYPE: Record<SubjectAltName['type'], x509.GeneralNameType> = {
  DNS: 'dns',
  IP: 'ip',
  email: 'email',
  URI: 'url',
};

/** The extensions of a CA that signs leaves alone (RFC 5280 sections 4.2.1.2, 3, 9 and 10). */
export function authorityExtensions(options: {
  readonly keyIdentifier: string;
  /** Where another CA signs it. */
  readonly authorityKeyIdentifier?: string | undefined;
  /** DNS names that the CA may sign; any when absent. */
  readonly permittedDnsNames?: readonly string[] | undefined;
}): x509.Extension[] {
  const { keyIdentifier, authorityKeyIdentifier, permittedDnsNames } = options;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    new x509.SubjectKeyIdentifierExtension(keyIdentifier),
  ];
  if (authorityKeyIdentifier !== undefined) {
    extensions.push(new x509.AuthorityKeyIdentifierExtension(authorityKeyIdentifier));
  }
  if (permittedDnsNames !== undefined) extensions.push(nameConstraints(permittedDnsNames));
  return extensions;
}

/** The extensions of a server's or a client's certificate. */
export function leafExtensions(options: {
  readonly purpose: Purpose;
  /** RSA keys may also encipher keys, as TLS 1.2 with RSA key exchange does. */
  readonly rsa: boolean;
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly keyIdentifier: string;
  readonly authorityKeyIdentifier: string;
}): x509.Extension[] {
  const usage = options.rsa
    ? x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment
    : x509.KeyUsageFlags.digitalSignature;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usage, true),
    new x509.ExtendedKeyUsageExtension([KEY_PURPOSE[options.purpose]]),
    new x509.SubjectKeyIdentifierExtension(options.keyIdentifier),
    new x509.AuthorityKeyIdentifierExtension(options.authorityKeyIdentifier),
  ];
  if (options.subjectAltNames.length > 0) {
    const names = options.subjectAltNames.map(({ type, value }) => ({
      type: GENERAL_NAME_TYPE[type],
      value,
    }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  return extensions;
}

/** The DNS names that a CA's certificate permits; nothing where it has no name constraints. */
export function readPermittedDnsNames(certificate: x509.X509Certificate): string[] | undefined {
  const extension = certificate.getExtension(id_ce_nameConstraints);
  if (extension === null) return undefined;
  const { permittedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
  return [...(permittedSubtrees ?? [])].flatMap(({ base }) => base.dNSName ?? []);
}

/**
 * Name constraints of DNS subtrees alone: BoringSSL refuses a certificate with any iPAddress subtree
 * (`unsupported name constraint type`, measured with the grpcio wheel).
 */
function nameConstraints(permittedDnsNames: readonly string[]): x509.Extension {
  const subtrees = permittedDnsNames.map(
    (dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) }),
  );
  const value = new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) });
  return new x509.Extension(id_ce_nameConstraints, true, AsnConvert.serialize(value));
}
