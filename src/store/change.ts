import { printable, type Warning } from '../errors.js';
import { layoutOf } from '../layouts/index.js';
import { mergeOptions } from '../layouts/requests.js';
import { parseClientIdentity } from '../pki/names/identity.js';
import { peersOf, serversOf } from '../pki/names/server.js';
import type { SetRequest } from '../pki/request.js';
import type { CertificateSet } from '../pki/set.js';
import { recordedKeyAccess } from '../request/key-access.js';
import type { LayoutRules } from '../request/layout-rules.js';
import { readChangeOptions, readLockOptions } from '../request/lock-options.js';
import type { ChangeOptions, LockOptions } from '../request/options.js';
import { DEFAULT_STORE_PASSWORD, type StorePassword } from '../request/password.js';
import { anotherAuthority } from './brought/read-root.js';
import { opensKeystores, otherPassword } from './keystores.js';
import { requireManifest } from './manifest/find.js';
import { loadForChange } from './manifest/load.js';
import type { Manifest, ManifestCertificate } from './manifest/manifest.js';
import { manifestState, readConsistently } from './transaction/consistent.js';
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
  /**
   * The set as it is now. A client that was there before and that the change had nothing to do with is read from its
   * files when its certificate or its key is first asked for; that throws `ERR_SET_DAMAGED` where they are not as
   * they were made.
   */
  readonly set: CertificateSet;
  readonly manifest: Manifest;
  /** False where there was nothing to do and nothing was written. */
  readonly changed: boolean;
  /** What a layout's program wants of the parties that were added, and they do not have. */
  readonly warnings: readonly Warning[];
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
  // It makes no keystore, and needs no password for those that are there.
  return changeLocked(folder, readLockOptions(options), undefined, {
    isTouched: ({ name }) => name === nameOf(identity),
    change: async (set) => {
      await set.revoke(identity);
      return set;
    },
  });
}

/** The name of the party that is meant; what is no identity is refused where it is looked for. */
function nameOf(identity: string): string {
  try {
    return parseClientIdentity(identity).value;
  } catch {
    return identity;
  }
}

/**
 * Reissues the set in a folder for another whole life: every certificate and every key is made again but
 * the CA's key and name, so that both sides of a connection may pick up the new files in either order.
 * The request, the added clients, the revocations and the permissions stay.
 *
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet}; `ERR_PASSWORD_WRONG`, `ERR_SET_LOCKED`, `ERR_INTERRUPTED` or
 * `ERR_FILE_IN_THE_WAY`. The old set is then still there
 * @example
 * ```ts
 * const { manifest } = await renewCertificateSet('certs');
 * ```
 */
export async function renewCertificateSet(
  folder: string,
  options: ChangeOptions = {},
): Promise<ChangeResult> {
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
  options: ChangeOptions,
  change: (set: CertificateSet) => Promise<CertificateSet>,
): Promise<ChangeResult> {
  const { password, ...lockOptions } = readChangeOptions(options);
  return changeLocked(folder, lockOptions, password, { isTouched: () => true, change });
}

/** As {@link changeSet}, for what only adds parties: of the clients that are there nothing is read or written. */
export async function addToSet(
  folder: string,
  options: ChangeOptions,
  add: (set: CertificateSet) => Promise<unknown>,
): Promise<ChangeResult> {
  const { password, ...lockOptions } = readChangeOptions(options);
  const change = async (set: CertificateSet) => {
    await add(set);
    return set;
  };
  return changeLocked(folder, lockOptions, password, { isTouched: () => false, change });
}

/**
 * Whether something judges the parties of a set as a whole that now has one more: reading all their identities takes
 * its time, and nothing says anything of one more client in most layouts.
 */
function isJudged({ request, servers, peers, clients }: CertificateSet, before: SetRequest): boolean {
  const nodes = serversOf(before).length + peersOf(before).length;
  if (servers.length + peers.length > nodes || clients.length > MANY_CLIENTS) return true;
  return request.layouts.map(layoutOf).some(judgesParties);
}

function judgesParties({ check, checksParties }: LayoutRules): boolean {
  return check !== undefined && checksParties !== false;
}

/** Below this no set has too many clients. */
const MANY_CLIENTS = 100_000;

interface Change {
  /** Which clients it has to do with. */
  readonly isTouched: (client: ManifestCertificate) => boolean;
  readonly change: (set: CertificateSet) => Promise<CertificateSet>;
}

/** @param password what keystores are made with; nothing for a change that makes none */
async function changeLocked(
  folder: string,
  { lockTimeout, signal }: LockOptions,
  password: StorePassword | undefined,
  { isTouched, change }: Change,
): Promise<ChangeResult> {
  // A folder without a set is told of before anything is written into it.
  const seen = await readConsistently(folder, async () => ({
    manifest: requireManifest(folder),
    state: manifestState(folder),
  }));
  try {
    return await withLock(folder, { lockTimeout, signal, create: false }, async (lock) => {
      const old = manifestState(folder) === seen.state ? seen.manifest : requireManifest(folder);
      const { set, unread } = await loadForChange(folder, old, isTouched);
      const stores = password ?? DEFAULT_STORE_PASSWORD;
      const opens = await opensKeystores(folder, old, stores.text);
      if (!opens && password !== undefined) throw otherPassword(folder);
      const number = set.revocationList.number;
      const parties = set.credentials.length;
      const clients = identitiesOf(set);
      const changed = await unlessInterrupted(change(set), signal);
      if (changed === set && set.revocationList.number === number && set.credentials.length === parties) {
        return { set, manifest: old, changed: false, warnings: [] };
      }
      const isMore = changed.credentials.length > parties && isJudged(changed, old.request);
      const warnings = isMore ? warningsOfAdded(changed, old.request, clients) : [];
      const access = recordedKeyAccess(old.request);
      const { manifest } = await writeSet(lock, changed, {
        access,
        // What is written beside keystores follows from whether they have the default password.
        password: { ...stores, isDefault: stores.isDefault && opens },
        force: false,
        hint: 'choose another folder with --out, or move the file away',
        old,
        unread,
        // Only what changes is written: permissions that someone changed stay.
        damages: new Map(),
        work: { signal },
      });
      return { set: changed, manifest, changed: true, warnings };
    });
  } catch (error) {
    throw environmentError(error, `write to ${printable(folder)}`);
  }
}

const identitiesOf = ({ clients }: CertificateSet) => clients.map(({ identity }) => identity);

/**
 * A layout may not take every party: what it refuses in a new set it refuses later too. What it has to say of those that
 * were there before was said when they were made.
 */
function warningsOfAdded(set: CertificateSet, before: SetRequest, clients: readonly string[]): Warning[] {
  const told = new Set(mergeOptions(before, { clients }).warnings.map(({ message }) => message));
  const { warnings } = mergeOptions(set.request, { clients: identitiesOf(set) });
  return warnings.filter(({ message }) => !told.has(message));
}
