import type { Authority } from './authority.js';
import type { Validity } from './certificate.js';
import { ClientCredential } from './credential.js';
import type { PrivateKey } from './keys.js';
import { clientLeaf, signLeaf } from './leaf.js';
import type { ParsedClient } from './request.js';

/** Makes a client to let in. */
export function issueClient(
  { identity, fileName }: ParsedClient,
  privateKey: PrivateKey,
  authority: Authority,
  validity: Validity,
): ClientCredential {
  const leaf = clientLeaf(identity, privateKey, authority, validity);
  return new ClientCredential({
    role: 'client',
    name: identity.value,
    fileName,
    certificate: signLeaf(leaf, authority.signer),
    privateKey,
    authority: authority.certificate,
  });
}
