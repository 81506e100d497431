import { ClientCredential, type CredentialMaterial, ServerCredential } from '../../pki/credential.js';
import { findFlaw, findServerFlaw } from '../../pki/flaws/flaws.js';
import type { HierarchyTrust } from '../../pki/issue/hierarchy.js';
import { type PartyCredential, partyCredential } from '../../pki/issue/party.js';
import type { ManifestCertificate, ManifestRequest } from './manifest.js';
import type { ReadCredential } from './read-parts.js';

/** A client to refuse of a manifest, with what was read from its files. */
export function untrustedClientOf(
  { name, flaw }: ManifestCertificate,
  read: ReadCredential,
  { authority, trusted }: HierarchyTrust,
): ClientCredential {
  const { fileName, chain } = read;
  return new ClientCredential({
    fileName,
    chain,
    material: read,
    role: 'untrusted',
    name,
    flaw: findFlaw(flaw).name,
    authority,
    trusted,
  });
}

/** A party of a manifest that is to be trusted, with what was read from its files; nothing for one to refuse. */
export function partyOf(
  { role, name, identity = name }: ManifestCertificate,
  read: CredentialMaterial & { readonly fileName: string },
  trust: HierarchyTrust,
  { servers, peers }: ManifestRequest,
): PartyCredential | undefined {
  if (role !== 'server' && role !== 'peer' && role !== 'client') return undefined;
  const recorded = role === 'client' ? [] : role === 'peer' ? peers : servers;
  const layouts = recorded.find(({ id }) => id === name)?.layouts ?? null;
  return partyCredential({ role, name, fileName: read.fileName, layouts, identity }, read, trust);
}

/** A server to refuse of a manifest, with what was read from its files. */
export function untrustedServerOf(
  { name, flaw }: ManifestCertificate,
  read: ReadCredential,
  { authority, trusted }: HierarchyTrust,
): ServerCredential {
  const { fileName, chain } = read;
  return new ServerCredential({
    fileName,
    chain,
    material: read,
    role: 'untrusted-server',
    name,
    flaw: findServerFlaw(flaw).name,
    authority,
    trusted,
  });
}
