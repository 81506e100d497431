import { leafName } from '../asn1/distinguished-name.js';
import { ClientCredential } from '../credential.js';
import type { PrivateKey } from '../keys/keys.js';
import type { ParsedClient } from '../request.js';
import type { Authority } from './authority.js';
import { Certificate, describeCertificate, type Validity } from './certificate.js';
import { clientLeaf, signLeaf } from './leaf.js';

/** Makes a client to let in. */
export function issueClient(
  client: ParsedClient,
  privateKey: PrivateKey,
  authority: Authority,
  validity: Validity,
): ClientCredential {
  const leaf = clientLeaf(client.identity, privateKey, authority, validity);
  return clientCredential(client, privateKey, authority, signLeaf(leaf, authority.signer));
}

/** As {@link issueClient}, of a certificate that was signed elsewhere. */
export function issuedClient(
  client: ParsedClient,
  privateKey: PrivateKey,
  authority: Authority,
  validity: Validity,
  signed: { readonly serialNumber: string; readonly der: Buffer },
): ClientCredential {
  const leaf = clientLeaf(client.identity, privateKey, authority, validity);
  const { serialNumber, der } = signed;
  const subject = leafName(leaf.commonName);
  const fields = describeCertificate({ ...leaf, subject, serialNumber }, authority.signer);
  return clientCredential(client, privateKey, authority, new Certificate(der, fields));
}

function clientCredential(
  { identity, fileName }: ParsedClient,
  privateKey: PrivateKey,
  authority: Authority,
  certificate: Certificate,
): ClientCredential {
  return new ClientCredential({
    role: 'client',
    name: identity.value,
    fileName,
    certificate,
    privateKey,
    authority: authority.certificate,
  });
}
