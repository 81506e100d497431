import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachInTurns } from '../../util/turns.js';
import { foldersOf } from '../folders.js';
import type { PlannedFile } from '../manifest/plan.js';
import { syncFiles, syncFolder } from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import { clearWorkFolder, workPaths } from './work-folder.js';

/** New files, written into the work folder while the old ones stand: some as they are made, the rest at the end. */
export class Staging {
  readonly #folder: string;
  readonly #incoming: string;
  readonly #folders = new Set<string>();
  readonly #written = new Set<PlannedFile>();
  #abandoned = false;
  #syncing: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#incoming = workPaths(folder).incoming;
  }

  /** Makes room. Nothing is left of a change that was begun before. */
  async begin(): Promise<void> {
    const { incoming, outgoing } = workPaths(this.#folder);
    await clearWorkFolder(this.#folder);
    for (const path of [incoming, outgoing]) makePrivateFolder(path);
    this.#folders.add(incoming);
  }

  /** Removes what was written. A writer that goes on because it does not know of a failure elsewhere is stopped. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await clearWorkFolder(this.#folder);
  }

  write(file: PlannedFile): void {
    if (this.#abandoned) throw new Error('these files are not wanted any more');
    for (const folder of foldersOf([file.path]).map((name) => join(this.#incoming, name))) {
      if (!this.#folders.has(folder)) makePrivateFolder(folder);
      this.#folders.add(folder);
    }
    writeNew(this.#place(file), file);
    this.#written.add(file);
  }

  /** Begins to sync what has been written so far: the disk need not wait for the rest. */
  beginSync(signal: AbortSignal | undefined): void {
    this.#syncing = this.#sync([...this.#written], signal);
    // A failure is told where the work is completed.
    this.#syncing.catch(() => undefined);
  }

  /** Writes what has not been written, and syncs all of it to the disk. */
  async complete(files: readonly PlannedFile[], signal?: AbortSignal): Promise<void> {
    const rest = files.filter((file) => !this.#written.has(file));
    await forEachInTurns(
      rest,
      (file) => this.write(file),
      () => throwIfInterrupted(signal),
    );
    await Promise.all([this.#syncing, this.#sync(rest, signal)]);
    throwIfInterrupted(signal);
    for (const folder of [...this.#folders].reverse()) await syncFolder(folder);
  }

  #sync(files: readonly PlannedFile[], signal: AbortSignal | undefined): Promise<void> {
    const paths = files.map((file) => this.#place(file));
    return syncFiles(this.#incoming, paths, signal);
  }

  #place({ path }: PlannedFile): string {
    return `${this.#incoming}/${path}`;
  }
}

function makePrivateFolder(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  chmodSync(path, 0o700);
}

/**
 * Keys are created with their final permissions: at no moment are they open to more than at the end.
 *
 * Written at once, in the one call that Node has for it: 35 µs a file, of which its thread pool makes 150.
 */
export function writeNew(path: string, { content, mode, owner }: PlannedFile): void {
  writeFileSync(path, content, { flag: 'wx', mode });
  const stats = lstatSync(path);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid ?? stats.gid);
  // The umask may have taken rights away that the file is to have, and a new owner takes some too.
  if (owner !== undefined || (stats.mode & 0o777) !== mode) chmodSync(path, mode);
}
