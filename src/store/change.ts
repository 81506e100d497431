import { printable } from '../errors.js';
import { mergeOptions } from '../layouts/requests.js';
import type { CertificateSet } from '../pki/set.js';
import { recordedKeyAccess } from '../request/key-access.js';
import { readLockOptions } from '../request/lock-options.js';
import type { LockOptions } from '../request/options.js';
import { anotherAuthority } from './brought/read-root.js';
import { loadSet } from './manifest/load.js';
import type { Manifest } from './manifest/manifest.js';
import { readManifest } from './manifest/read.js';
import { environmentError } from './transaction/file-system.js';
import { unlessInterrupted } from './transaction/interruption.js';
import { withLock } from './transaction/recover.js';
import { writeSet } from './write.js';

/**
 * What became of a set in its folder.
 *
 * @example
 * ```ts
 * const { changed, manifest }: ChangeResult = await revokeClient('certs', 'alice');
 * console.log(changed, manifest.revocationList.number);
 * ```
 */
export interface ChangeResult {
  readonly set: CertificateSet;
  readonly manifest: Manifest;
  /** False where there was nothing to do and nothing was written. */
  readonly changed: boolean;
}

/**
 * Puts a client of the set in a folder on its revocation list, in all layouts that have one.
 *
 * @returns unchanged where the client was revoked already
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.revoke`
 * @example
 * ```ts
 * await revokeClient('certs', 'alice');
 * ```
 */
export async function revokeClient(
  folder: string,
  identity: string,
  options: LockOptions = {},
): Promise<ChangeResult> {
  return changeSet(folder, options, async (set) => {
    await set.revoke(identity);
    return set;
  });
}

/**
 * Reissues the set in a folder for another whole life: every certificate and every key is made again but
 * the CA's key and name, so that both sides of a connection may pick up the new files in either order.
 * The request, the added clients, the revocations and the permissions stay.
 *
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet}; `ERR_SET_LOCKED`, `ERR_INTERRUPTED` or
 * `ERR_FILE_IN_THE_WAY`. The old set is then still there
 * @example
 * ```ts
 * const { manifest } = await renewCertificateSet('certs');
 * ```
 */
export async function renewCertificateSet(folder: string, options: LockOptions = {}): Promise<ChangeResult> {
  return changeSet(folder, options, async (set) => {
    const { renewSet } = await import('../pki/issue/renew.js');
    const now = new Date();
    const { ca } = set.request;
    if (ca === null) return renewSet(set, now);
    const { readBroughtAuthority } = await import('./brought/read-folder.js');
    const { authority } = await readBroughtAuthority(ca, now);
    if (!set.authority.certificate.isOf(authority.privateKey)) throw anotherAuthority(ca);
    return renewSet(set, now, authority);
  });
}

/** Loads a set, has it changed, and writes what became different, as the folder's one writer. */
export async function changeSet(
  folder: string,
  options: LockOptions,
  change: (set: CertificateSet) => Promise<CertificateSet>,
): Promise<ChangeResult> {
  const { lockTimeout, signal } = readLockOptions(options);
  // A folder without a set is told of before anything is written into it.
  await readManifest(folder);
  try {
    return await withLock(folder, { lockTimeout, signal, create: false }, async (lock) => {
      const { set, manifest: old } = await loadSet(folder);
      const number = set.revocationList.number;
      const parties = set.credentials.length;
      const changed = await unlessInterrupted(change(set), signal);
      if (changed === set && set.revocationList.number === number && set.credentials.length === parties) {
        return { set, manifest: old, changed: false };
      }
      // A layout may not take every party: what it refuses in a new set it refuses later too.
      if (changed.credentials.length > parties) {
        mergeOptions(changed.request, { clients: changed.clients.map(({ identity }) => identity) });
      }
      const access = recordedKeyAccess(old.request);
      const { manifest } = await writeSet(lock, changed, {
        access,
        force: false,
        hint: 'choose another folder with --out, or move the file away',
        old,
        // Only what changes is written: permissions that someone changed stay.
        damages: new Map(),
        work: { signal },
      });
      return { set: changed, manifest, changed: true };
    });
  } catch (error) {
    throw environmentError(error, `write to ${printable(folder)}`);
  }
}
