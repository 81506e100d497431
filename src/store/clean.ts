import { rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, quote } from '../errors.js';
import { readLockOptions } from '../request/lock-options.js';
import type { LockOptions } from '../request/options.js';
import { debug } from '../util/debug.js';
import { readIfRegular } from '../util/regular-file.js';
import { foldersOf } from './folders.js';
import { statInside } from './manifest/damages.js';
import { requireManifest } from './manifest/find.js';
import { isIgnoredByGit, MANIFEST_NAME } from './manifest/manifest.js';
import { readManifest } from './manifest/read.js';
import { findForeign } from './ownership/ownership.js';
import { environmentError, isFull, removeEmptyFolders } from './transaction/file-system.js';
import { type FolderLock, isClaimed } from './transaction/lock.js';
import { withLock } from './transaction/recover.js';
import { replaceFiles } from './transaction/replace.js';

/**
 * What {@link removeCertificateSet} did.
 *
 * @example
 * ```ts
 * const { removed, kept }: RemovalResult = await removeCertificateSet('certs');
 * console.log(removed.length, kept);
 * ```
 */
export interface RemovalResult {
  /** Paths, relative to the folder, of what was removed. */
  readonly removed: readonly string[];
  /** Paths of files that the manifest names but that are someone else's by now: they stay. */
  readonly kept: readonly string[];
  /** Whether the folder itself went: a run had made it, and nothing else was in it. */
  readonly folderRemoved: boolean;
}

/**
 * Removes the set in a folder: the files that its manifest names, damaged ones too, the manifest, and the
 * folders that a run made and that are empty then; and from the user's cache what {@link trustVariables} wrote for
 * it. Nothing else.
 *
 * @throws {@link GenerateCertsError} as {@link readManifest}; `ERR_INTERRUPTED`
 * @example
 * ```ts
 * const { kept } = await removeCertificateSet('certs');
 * ```
 */
export async function removeCertificateSet(
  folder: string,
  options: LockOptions = {},
): Promise<RemovalResult> {
  const lockOptions = readLockOptions(options);
  await readManifest(folder);
  try {
    const { removed, kept, ownFolder, caPem } = await removeWithRoom(folder, lockOptions);
    if (caPem !== '') {
      const { removeTrustBundles } = await import('./trust-bundle.js');
      await removeTrustBundles(caPem, process.env);
    }
    // The lock was in it until now. One that holds anything stays, as does the one this process is in.
    const folderRemoved =
      ownFolder &&
      (await rmdir(folder).then(
        () => true,
        () => false,
      ));
    return { removed, kept, folderRemoved };
  } catch (error) {
    throw environmentError(error, `remove the set from ${printable(folder)}`);
  }
}

/** What removing a set means. */
interface Removal extends Pick<RemovalResult, 'removed' | 'kept'> {
  /** Whether a run made the folder. */
  readonly ownFolder: boolean;
  readonly caPem: string;
}

/** As {@link removeLocked}. Where the disk has no room for a lock, files of the set go until there is. */
async function removeWithRoom(folder: string, options: LockOptions): Promise<Removal> {
  let whole: Removal | undefined;
  const gone: string[] = [];
  for (;;) {
    try {
      const { removed, ...result } = await removeLocked(folder, options);
      await removeEmptyFolders(foldersOf(gone).map((name) => join(folder, name)));
      return { ...result, removed: [...gone, ...removed] };
    } catch (error) {
      if (!isFull(error) || (await isClaimed(folder))) throw error;
      whole ??= await planRemoval(folder);
      const next = whole.removed[gone.length] ?? MANIFEST_NAME;
      debug('recovery', () => `there is no room in ${quote(folder)} for a lock: removing ${next}`);
      await unlink(join(folder, next));
      gone.push(next);
      if (next !== MANIFEST_NAME) continue;
      await removeEmptyFolders(foldersOf(gone).map((name) => join(folder, name)));
      return whole;
    }
  }
}

/** Removes the set as the folder's one writer. */
function removeLocked(folder: string, options: LockOptions): Promise<Removal> {
  return withLock(folder, { ...options, create: false }, async (lock) => {
    const removal = await planRemoval(folder);
    const { removed: removals } = removal;
    try {
      await replaceFiles(lock, { files: [], removals }, { signal: options.signal });
    } catch (error) {
      if (!isFull(error)) throw error;
      await removeEach(lock, removals);
    }
    return removal;
  });
}

/** What is to be removed: the set's files that are there and still its own, the manifest last. */
async function planRemoval(folder: string): Promise<Removal> {
  const manifest = requireManifest(folder);
  const ca = manifest.certificates.find(({ role }) => role === 'ca')?.files.authority?.certificate;
  const caPem = ca === undefined ? '' : readIfRegular(join(folder, ca));
  const paths = manifest.files
    .map(({ path }) => path)
    .filter((path) => statInside(folder, path) !== undefined);
  const foreign = new Set(await findForeign(folder, paths, manifest));
  const removed = [...paths.filter((path) => !foreign.has(path)), MANIFEST_NAME];
  return { removed, kept: [...foreign], ownFolder: isIgnoredByGit(manifest), caPem };
}

/**
 * Removes files one by one, the manifest last: a full disk has no room for the journal of a change. After a kill half way
 * the manifest still names what is left.
 */
async function removeEach(lock: FolderLock, paths: readonly string[]): Promise<void> {
  debug('recovery', () => `there is no room in ${quote(lock.folder)} for a journal: removing file by file`);
  await lock.assertHeld();
  for (const path of paths) await rm(join(lock.folder, path), { force: true });
  await removeEmptyFolders(foldersOf(paths).map((name) => join(lock.folder, name)));
}
