import { promises as fs, lstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Work } from '../../pki/workers/work.js';
import { forEachInTurns } from '../../util/turns.js';
import { folderMode, foldersOf } from '../folders.js';
import { MANIFEST_NAME } from '../manifest/manifest.js';
import { type PlannedFile, publicFile } from '../manifest/plan.js';
import { errnoOf, makeFolder, removeEmptyFolders, syncFiles, syncFolder } from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import type { Journal } from './journal.js';
import type { FolderLock } from './lock.js';
import { Staging, writeNew } from './staging.js';
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
 * 1. The new files are written into `new/` in the work folder, and synced to the disk (staging.ts).
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
  work: Work = {},
  begun?: Staging,
): Promise<void> {
  const { folder } = lock;
  const { signal } = work;
  const { journal } = workPaths(folder);
  const moves = new Moves(folder);
  try {
    const staging = begun ?? (await beginStaging(folder));
    await staging.complete(replacement.files, signal);
    await lock.assertHeld();
    throwIfInterrupted(signal);
    await writeMark(folder, replacement);
    await move(moves, replacement, work);
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
  // The work folder goes last: by it the next command knows which folders were emptied.
  await removeEmptyFolders(foldersOf(replacement.removals).map((name) => join(folder, name)));
  await clearWorkFolder(folder).catch(() => undefined);
}

async function beginStaging(folder: string): Promise<Staging> {
  const staging = new Staging(folder);
  await staging.begin();
  return staging;
}

async function writeMark(folder: string, { files, removals }: Replacement): Promise<void> {
  const { work, draft, journal } = workPaths(folder);
  const content: Journal = {
    version: 1,
    files: files.map(({ path, sha256 }) => ({ path, sha256 })),
    removals,
  };
  writeNew(draft, publicFile(draft, JSON.stringify(content)));
  await syncFiles(work, [draft]);
  await fs.rename(draft, journal);
  await syncFolder(work);
}

async function move(moves: Moves, replacement: Replacement, { signal, onProgress }: Work): Promise<void> {
  const paths = replacement.files.map(({ path }) => path).filter((path) => path !== MANIFEST_NAME);
  const removals = replacement.removals.filter((path) => path !== MANIFEST_NAME);
  await moves.prepareFolders(foldersOf([...paths, ...removals]), foldersOf(paths));
  const goOn = () => throwIfInterrupted(signal);
  goOn();
  await forEachInTurns(removals, (path) => moves.out(path), goOn);
  await forEachInTurns(
    paths,
    (path) => {
      moves.out(path);
      moves.in(path);
    },
    (done) => {
      goOn();
      onProgress?.({ of: 'files', done, total: paths.length });
    },
  );
  // The manifest last: a program that reads the files itself finds the old one until then.
  moves.out(MANIFEST_NAME);
  if (replacement.files.some(({ path }) => path === MANIFEST_NAME)) moves.in(MANIFEST_NAME);
  await moves.sync();
}

/** The moves of a change that were done so far, so that they can be taken back. */
class Moves {
  readonly #folder: string;
  readonly #incoming: string;
  readonly #outgoing: string;
  readonly #present = new Map<string, ReadonlySet<string>>();
  readonly #out = new Set<string>();
  readonly #in = new Set<string>();
  readonly #made: string[] = [];
  #folders: readonly string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    ({ incoming: this.#incoming, outgoing: this.#outgoing } = workPaths(folder));
  }

  async prepareFolders(all: readonly string[], needed: readonly string[]): Promise<void> {
    this.#folders = needed;
    for (const name of all) await fs.mkdir(join(workPaths(this.#folder).outgoing, name), { mode: 0o700 });
    for (const name of needed) {
      this.#made.push(...(await makeFolder(join(this.#folder, name), folderMode(name))));
    }
  }

  /** Moves a file that is to be replaced or removed aside, if it is there. */
  out(path: string): void {
    if (!this.#isThere(path)) return;
    const place = `${this.#folder}/${path}`;
    if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return;
    renameSync(place, `${this.#outgoing}/${path}`);
    this.#out.add(path);
  }

  /** By one look into each folder, and without regard to letter case: the file system may have none. */
  #isThere(path: string): boolean {
    const parent = dirname(path);
    const known = this.#present.get(parent);
    const present =
      known ?? new Set(readdirSync(join(this.#folder, parent)).map((name) => name.toLowerCase()));
    this.#present.set(parent, present);
    return present.has(basename(path).toLowerCase());
  }

  in(path: string): void {
    renameSync(`${this.#incoming}/${path}`, `${this.#folder}/${path}`);
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
    const moveBack = (from: string, to: string) => {
      try {
        renameSync(from, to);
      } catch (error) {
        // A folder that was removed meanwhile has nothing to go back to.
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    };
    try {
      for (const path of this.#in) moveBack(join(this.#folder, path), join(incoming, path));
      for (const path of this.#out) moveBack(join(outgoing, path), join(this.#folder, path));
    } catch {
      return false;
    }
    await removeEmptyFolders(this.#made);
    return true;
  }
}
