import { type DistinguishedName, encodeName, leafName } from '../asn1/distinguished-name.js';
import { type Extension, leafExtensions, type Purpose } from '../asn1/extensions.js';
import type { PublicKey } from '../keys/keys.js';
import { commonNameOf, type Identity, plainUri, type SubjectAltName } from '../names/identity.js';
import type { Authority } from './authority.js';
import { type Certificate, randomSerialNumber, signCertificate, type Validity } from './certificate.js';
import { keyIdentifier, type Signer } from './signer.js';

/** A server's or a client's certificate, before it is signed. */
export interface Leaf {
  readonly purpose: Purpose;
  readonly subject: DistinguishedName;
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly publicKey: PublicKey;
  readonly validity: Validity;
  /** For one that is flawed on purpose. */
  readonly keyUsage?: 'no-handshake' | undefined;
  /** Random when absent. */
  readonly serialNumber?: string | undefined;
  /** Beyond those of the profile. */
  readonly extensions?: readonly Extension[] | undefined;
}

/** What a client's certificate says of its identity below a CA. */
export function clientLeaf(
  identity: Identity,
  publicKey: PublicKey,
  authority: Pick<Authority, 'permittedDnsNames'>,
  validity: Validity,
): Leaf {
  const leaf = { purpose: 'client', publicKey, validity } as const;
  const { subject, subjectAltNames } = identity;
  const isConstrained = authority.permittedDnsNames !== undefined;
  // OpenSSL holds a CN that looks like an address against the DNS subtrees (error 47).
  const commonName = isConstrained && identity.kind === 'ip' ? undefined : commonNameOf(identity);
  return {
    ...leaf,
    subject: subject === undefined ? leafName(commonName) : encodeName(subject),
    // BoringSSL refuses a leaf without a SAN below a CA with name constraints.
    subjectAltNames:
      isConstrained && subjectAltNames.length === 0 ? [plainUri(identity.value)] : subjectAltNames,
  };
}

export function signLeaf(leaf: Leaf, signer: Signer): Certificate {
  const { publicKeyDer: publicKey, type } = leaf.publicKey;
  return signCertificate(
    {
      serialNumber: leaf.serialNumber ?? randomSerialNumber(),
      subject: leaf.subject,
      subjectAltNames: leaf.subjectAltNames,
      publicKey,
      validity: leaf.validity,
      extensions: [
        ...leafExtensions({
          purpose: leaf.purpose,
          rsa: type.startsWith('rsa-'),
          keyUsage: leaf.keyUsage,
          subjectAltNames: leaf.subjectAltNames,
          keyIdentifier: keyIdentifier(publicKey),
          authorityKeyIdentifier: signer.keyIdentifier,
        }),
        ...(leaf.extensions ?? []),
      ],
    },
    signer,
  );
}
