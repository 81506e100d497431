import { promises as fs } from 'node:fs';
import { join, relative } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import type { LockOptions } from '../../request/options.js';
import { debug } from '../../util/debug.js';
import { readRegularFile } from '../../util/regular-file.js';
import { folderMode, foldersOf } from '../folders.js';
import { statInside } from '../manifest/damages.js';
import { findManifest } from '../manifest/find.js';
import { LARGEST_MANIFEST, MANIFEST_NAME, type Manifest } from '../manifest/manifest.js';
import { sha256 } from '../manifest/sha256.js';
import { ownPathsOf } from '../ownership/own-names.js';
import { findForeign } from '../ownership/ownership.js';
import {
  forEachSideBySide,
  ifThere,
  isForbidden,
  isFull,
  makeFolder,
  removeEmptyFolders,
  syncFolder,
} from './file-system.js';
import { type Journal, type JournalFile, journalInvalid, readJournal } from './journal.js';
import { type FolderLock, isClaimed, lockFolder } from './lock.js';
import { controllerOf, isRoot, requireSafeFolder } from './safe-folder.js';
import { clearWorkFolder, isMarked, listWorkFolder, WORK_FOLDER, workPaths } from './work-folder.js';

/** Does some work as the one writer of a folder, after what a killed run left there was seen to. */
export async function withLock<T>(
  folder: string,
  options: LockOptions & { readonly create: boolean; readonly force?: boolean | undefined },
  work: (lock: FolderLock) => Promise<T>,
): Promise<T> {
  requireSafeFolder(folder);
  const lock = await lockFolder(folder, options);
  try {
    await recover(lock, { force: options.force ?? false });
    const result = await work(lock);
    await lock.release('done');
    return result;
  } catch (error) {
    await lock.release('failed');
    throw error;
  }
}

/**
 * Before a folder is read: finishes what a killed run marked, removes what one did not mark, and leaves
 * alone what one that runs is at.
 *
 * @returns false while another run moves files in this moment: look again
 */
export async function settle(folder: string, options: LockOptions): Promise<boolean> {
  if (listWorkFolder(folder) === undefined) return true;
  // First the claims, then the mark: a run that claims in between has not marked anything yet.
  const claimed = await isClaimed(folder);
  const marked = isMarked(folder);
  debug(
    'recovery',
    () =>
      `${quote(folder)} has a work folder: ${marked ? 'a marked change' : 'no marked change'}, ${claimed ? 'of a run that goes on' : 'of no run that goes on'}`,
  );
  if (claimed && !marked) return true;
  // Root repairs nothing where another user could exchange what it works on.
  if (!marked && isRoot() && controllerOf(folder) !== undefined) return true;
  if (marked) requireSafeFolder(folder);
  try {
    const lock = await lockFolder(folder, { ...options, create: false });
    try {
      await recover(lock, { force: false });
    } finally {
      // A folder that a killed run made, and in which there is nothing now, goes with what else it left.
      await lock.release('failed');
    }
    return true;
  } catch (error) {
    if (!isForbidden(error) && !isFull(error)) throw error;
    // Another user's set, or a read-only or full disk: readable all the same, unless a change is half done.
    if (!marked) return true;
    if (isFull(error)) throw error;
    if (claimed) return false;
    throw new GenerateCertsError(
      'ERR_FILE_SYSTEM',
      'a killed run left a half-done change, and this user may not finish it',
      "run 'generate-certs show' as the user who made the set",
      { cause: error },
    );
  }
}

/** @throws {@link GenerateCertsError} `ERR_JOURNAL_INVALID`, with `force` never */
async function recover({ folder }: FolderLock, { force }: { readonly force: boolean }): Promise<void> {
  const { journal: mark } = workPaths(folder);
  try {
    const journal = await readJournal(folder);
    debug('recovery', () =>
      journal === undefined
        ? `${quote(folder)} has no change to finish`
        : `finishing a change to ${quote(folder)}: ${journal.files.length} files to write, ${journal.removals.length} to remove`,
    );
    if (journal !== undefined) await finish(folder, journal);
    else await removeEmptied(folder);
  } catch (error) {
    const invalid = error instanceof GenerateCertsError && error.code === 'ERR_JOURNAL_INVALID';
    if (!invalid || !force) throw error;
    debug('recovery', () => `throwing the change to ${quote(folder)} away: ${error.message}`);
  }
  await fs.rm(mark, { recursive: true, force: true });
  await clearWorkFolder(folder);
}

/** Removes what a change that was done emptied, where it was killed before: the folders that it moved files out of. */
async function removeEmptied(folder: string): Promise<void> {
  const { outgoing } = workPaths(folder);
  const entries = (await ifThere(fs.readdir(outgoing, { recursive: true, withFileTypes: true }))) ?? [];
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(outgoing, join(entry.parentPath, entry.name)))
    // Through a link lies what is not this set's.
    .filter((name) => statInside(folder, name)?.isDirectory() === true);
  await removeEmptyFolders(names.map((name) => join(folder, name)));
}

/** Moves what has not been moved yet. Can be done again, should it be killed too. */
async function finish(folder: string, journal: Journal): Promise<void> {
  const { incoming } = workPaths(folder);
  const paths = journal.files.map(({ path }) => path);
  const parents = foldersOf([...paths, ...journal.removals]);
  for (const path of [incoming, ...parents.flatMap((name) => [join(incoming, name), join(folder, name)])]) {
    const stats = await ifThere(fs.lstat(path));
    // What a link leads to is not this set's.
    if (stats !== undefined && !stats.isDirectory()) throw journalInvalid('a folder is not a folder');
  }
  // All of it is looked at before any of it is moved.
  const waiting = new Set<string>();
  await forEachSideBySide(journal.files, async (file) => {
    if (await holds(join(incoming, file.path), file)) waiting.add(file.path);
    else if (!(await holds(join(folder, file.path), file))) {
      throw journalInvalid(`${file.path} is neither in its place nor in ${WORK_FOLDER}/new`);
    }
  });
  await refuseForgedChange(folder, journal, waiting);
  for (const name of foldersOf(paths)) await makeFolder(join(folder, name), folderMode(name));
  await forEachSideBySide(journal.removals, (path) => fs.rm(join(folder, path), { force: true }));
  await forEachSideBySide([...waiting], (path) => fs.rename(join(incoming, path), join(folder, path)));
  for (const name of ['', ...foldersOf(paths)]) await syncFolder(join(folder, name));
  await removeEmptyFolders(foldersOf(journal.removals).map((name) => join(folder, name)));
}

/**
 * A journal may have come from someone else, in an unpacked archive. What it puts into its place is what the new
 * manifest names, by names that this program gives; what it replaces or removes is the old set's own, judged by what
 * it holds.
 */
async function refuseForgedChange(
  folder: string,
  { files, removals }: Journal,
  waiting: ReadonlySet<string>,
): Promise<void> {
  const { incoming, outgoing } = workPaths(folder);
  const manifestComes = files.some(({ path }) => path === MANIFEST_NAME);
  const manifestWaits = waiting.has(MANIFEST_NAME);
  const next = manifestComes ? findManifest(manifestWaits ? incoming : folder) : undefined;
  // Moved aside already, or still in its place.
  const old =
    findManifestOrNothing(outgoing) ??
    (manifestComes && !manifestWaits ? undefined : findManifestOrNothing(folder));
  const own =
    next &&
    ownPathsOf(
      next,
      files.map(({ path }) => path).filter((path) => path !== MANIFEST_NAME),
    );
  const named = new Map(next?.files.map(({ path, sha256: hash }) => [path, hash]));
  const unnamed = files.find(
    ({ path, sha256: hash }) => path !== MANIFEST_NAME && !(own?.has(path) && named.get(path) === hash),
  );
  if (unnamed !== undefined) throw journalInvalid(`${unnamed.path} is not a file of the set`);
  const touched = [...removals, ...waiting].filter((path) => path !== MANIFEST_NAME);
  const [foreign] = await findForeign(folder, touched, old);
  if (foreign !== undefined) throw journalInvalid(`this program did not write ${foreign}`);
}

function findManifestOrNothing(folder: string): Manifest | undefined {
  try {
    return findManifest(folder);
  } catch (error) {
    if (error instanceof GenerateCertsError && error.code === 'ERR_MANIFEST_INVALID') return undefined;
    throw error;
  }
}

async function holds(path: string, file: JournalFile): Promise<boolean> {
  const stats = await ifThere(fs.lstat(path));
  return (
    stats?.isFile() === true && sha256(readRegularFile(path, { most: LARGEST_MANIFEST })) === file.sha256
  );
}
