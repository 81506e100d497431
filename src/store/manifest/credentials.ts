import { ClientCredential, ServerCredential } from '../../pki/credential.js';
import { findFlaw, findServerFlaw } from '../../pki/flaws/flaws.js';
import type { HierarchyTrust } from '../../pki/issue/hierarchy.js';
import type { ManifestCertificate } from './manifest.js';
import type { ReadCredential } from './read-parts.js';

/** A client of a manifest, to let in or to refuse, with what was read from its files. */
export function clientOf(
  { role, name, flaw }: ManifestCertificate,
  read: ReadCredential,
  { authority, trusted }: HierarchyTrust,
): ClientCredential {
  return new ClientCredential({
    ...read,
    role: role === 'untrusted' ? 'untrusted' : 'client',
    name,
    ...(flaw !== null && { flaw: findFlaw(flaw).name }),
    authority,
    trusted,
  });
}

/** A server to refuse of a manifest, with what was read from its files. */
export function untrustedServerOf(
  { name, flaw }: ManifestCertificate,
  read: ReadCredential,
  { authority, trusted }: HierarchyTrust,
): ServerCredential {
  return new ServerCredential({
    ...read,
    role: 'untrusted-server',
    name,
    flaw: findServerFlaw(flaw).name,
    authority,
    trusted,
  });
}
