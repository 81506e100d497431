import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  errnoOf,
  forEachSideBySide,
  ifThere,
  makeFolder,
  removeEmptyFolders,
  syncFolder,
} from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import type { Journal } from './journal.js';
import type { FolderLock } from './lock.js';
import { MANIFEST_NAME } from './manifest.js';
import type { PlannedFile } from './plan.js';
import { sha256 } from './sha256.js';
import { clearWorkFolder, workPaths } from './work-folder.js';

/** What a set's folder is to become: these files there, those gone. */
export interface Replacement {
  readonly files: readonly PlannedFile[];
  /** Paths, relative to the folder, of files that are to go. */
  readonly removals: readonly string[];
}

/**
 * Replaces the files of a folder all together or not at all, whatever happens in between.
 *
 * 1. The new files are written into `new/` in the work folder, and synced to the disk.
 * 2. The journal is renamed into its place: the mark. Until then nothing that was there has changed, and
 *    a kill leaves only a work folder that the next command removes. From then on a kill leaves a change
 *    that the next command finishes (recover.ts), before it looks at anything else.
 * 3. Each old file is moved to `old/` and each new one into its place, by renames alone. A failure or an
 *    interruption moves all of them back; where that fails too, the journal stays, for the next command.
 * 4. The journal is removed: done.
 */
export async function replaceFiles(
  lock: FolderLock,
  replacement: Replacement,
  signal?: AbortSignal,
): Promise<void> {
  const { folder } = lock;
  const { journal } = workPaths(folder);
  const moves = new Moves(folder);
  try {
    await stage(folder, replacement.files);
    await lock.assertHeld();
    throwIfInterrupted(signal);
    await writeMark(folder, replacement);
    await move(moves, replacement, signal);
    await fs.unlink(journal);
  } catch (error) {
    if (await moves.takeBack()) {
      const unmark = () => fs.rm(journal, { force: true });
      await unmark()
        .catch(unmark)
        .then(() => clearWorkFolder(folder))
        // What cannot be removed now is for the next command.
        .catch(() => undefined);
    }
    throw error;
  }
  // The new files are whole: what is left of the old ones is no reason to fail, the next command removes it.
  await clearWorkFolder(folder).catch(() => undefined);
  await removeEmptyFolders(foldersOf(replacement.removals).map((name) => join(folder, name)));
}

async function stage(folder: string, files: readonly PlannedFile[]): Promise<void> {
  await clearWorkFolder(folder);
  const { incoming, outgoing } = workPaths(folder);
  const parents = foldersOf(files.map(({ path }) => path)).map((name) => join(incoming, name));
  for (const path of [incoming, outgoing, ...parents]) {
    await fs.mkdir(path, { mode: 0o700 });
    await fs.chmod(path, 0o700);
  }
  await forEachSideBySide(files, (file) => writeStaged(join(incoming, file.path), file));
  for (const path of [...parents, incoming]) await syncFolder(path);
}

/** Keys are created with their final permissions: at no moment are they open to more than at the end. */
async function writeStaged(path: string, { content, mode, owner }: PlannedFile): Promise<void> {
  const handle = await fs.open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid ?? (await handle.stat()).gid);
    // The umask may have taken rights away that the file is to have.
    if (((await handle.stat()).mode & 0o777) !== mode) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeMark(folder: string, { files, removals }: Replacement): Promise<void> {
  const { work, draft, journal } = workPaths(folder);
  const content: Journal = {
    version: 1,
    files: files.map((file) => ({ path: file.path, sha256: sha256(file.content) })),
    removals,
  };
  await writeStaged(draft, { path: draft, content: JSON.stringify(content), mode: 0o644 });
  await fs.rename(draft, journal);
  await syncFolder(work);
}

async function move(moves: Moves, replacement: Replacement, signal: AbortSignal | undefined): Promise<void> {
  const paths = replacement.files.map(({ path }) => path).filter((path) => path !== MANIFEST_NAME);
  const removals = replacement.removals.filter((path) => path !== MANIFEST_NAME);
  await moves.prepareFolders(foldersOf([...paths, ...removals]), foldersOf(paths));
  await forEachSideBySide(removals, (path) => moves.out(path));
  await forEachSideBySide(paths, async (path) => {
    throwIfInterrupted(signal);
    await moves.out(path);
    await moves.in(path);
  });
  // The manifest last: whoever reads the files without this program finds the old one until then.
  await moves.out(MANIFEST_NAME);
  if (replacement.files.some(({ path }) => path === MANIFEST_NAME)) await moves.in(MANIFEST_NAME);
  await moves.sync();
}

/** The moves of a change that were done so far, so that they can be taken back. */
class Moves {
  readonly #folder: string;
  readonly #out = new Set<string>();
  readonly #in = new Set<string>();
  readonly #made: string[] = [];
  #folders: readonly string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepareFolders(all: readonly string[], needed: readonly string[]): Promise<void> {
    this.#folders = needed;
    for (const name of all) await fs.mkdir(join(workPaths(this.#folder).outgoing, name), { mode: 0o700 });
    for (const name of needed) this.#made.push(...(await makeFolder(join(this.#folder, name))));
  }

  /** Moves a file that is to be replaced or removed aside, if it is there. */
  async out(path: string): Promise<void> {
    const aside = join(workPaths(this.#folder).outgoing, path);
    const moved = await ifThere(fs.rename(join(this.#folder, path), aside).then(() => true));
    if (moved) this.#out.add(path);
  }

  async in(path: string): Promise<void> {
    await fs.rename(join(workPaths(this.#folder).incoming, path), join(this.#folder, path));
    this.#in.add(path);
  }

  async sync(): Promise<void> {
    for (const name of ['', ...this.#folders]) await syncFolder(join(this.#folder, name));
  }

  /**
   * Moves everything back to where it was. A new file goes back to where it came from: should this fail
   * half way, nothing is lost, and the next command can still finish the change.
   *
   * @returns whether all of it is back
   */
  async takeBack(): Promise<boolean> {
    const { incoming, outgoing } = workPaths(this.#folder);
    const failed = (error: unknown) => {
      // A folder that was removed meanwhile has nothing to go back to.
      if (errnoOf(error) !== 'ENOENT') throw error;
    };
    try {
      for (const path of this.#in) {
        await fs.rename(join(this.#folder, path), join(incoming, path)).catch(failed);
      }
      for (const path of this.#out) {
        await fs.rename(join(outgoing, path), join(this.#folder, path)).catch(failed);
      }
    } catch {
      return false;
    }
    await removeEmptyFolders(this.#made);
    return true;
  }
}

/** The layouts' folders that paths of a set are in. */
export function foldersOf(paths: readonly string[]): string[] {
  return [...new Set(paths.filter((path) => path.includes('/')).map((path) => dirname(path)))];
}
