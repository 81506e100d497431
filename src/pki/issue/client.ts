import { leafName } from '../asn1/distinguished-name.js';
import { ClientCredential } from '../credential.js';
import type { PrivateKey } from '../keys/keys.js';
import type { ParsedClient } from '../request.js';
import { Certificate, describeCertificate, type Validity } from './certificate.js';
import { type Hierarchy, issuerOf, trustOf } from './hierarchy.js';
import { clientLeaf, signLeaf } from './leaf.js';

/** Makes a client to let in. */
export function issueClient(
  client: ParsedClient,
  privateKey: PrivateKey,
  hierarchy: Hierarchy,
  validity: Validity,
): ClientCredential {
  const issuer = issuerOf(hierarchy);
  const leaf = clientLeaf(client.identity, privateKey, issuer, validity);
  return clientCredential(client, privateKey, hierarchy, signLeaf(leaf, issuer.signer));
}

/** As {@link issueClient}, of a certificate that was signed elsewhere. */
export function issuedClient(
  client: ParsedClient,
  privateKey: PrivateKey,
  hierarchy: Hierarchy,
  validity: Validity,
  signed: { readonly serialNumber: string; readonly der: Buffer },
): ClientCredential {
  const issuer = issuerOf(hierarchy);
  const leaf = clientLeaf(client.identity, privateKey, issuer, validity);
  const { serialNumber, der } = signed;
  const subject = leafName(leaf.commonName);
  const fields = describeCertificate({ ...leaf, subject, serialNumber }, issuer.signer);
  return clientCredential(client, privateKey, hierarchy, new Certificate(der, fields));
}

function clientCredential(
  { identity, fileName }: ParsedClient,
  privateKey: PrivateKey,
  hierarchy: Hierarchy,
  certificate: Certificate,
): ClientCredential {
  return new ClientCredential({
    role: 'client',
    name: identity.value,
    fileName,
    certificate,
    privateKey,
    ...trustOf(hierarchy),
  });
}
