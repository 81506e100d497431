import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Work } from '../pki/work.js';
import { forEachInTurns } from '../turns.js';
import { syncFiles, syncFolder } from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import type { PlannedFile } from './plan.js';
import { clearWorkFolder, workPaths } from './work-folder.js';

/** New files, written into the work folder while the old ones stand: some as they are made, the rest at the end. */
export class Staging {
  readonly #folder: string;
  readonly #folders = new Set<string>();
  readonly #written = new Set<PlannedFile>();
  #abandoned = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes room. Nothing is left of a change that was begun before. */
  async begin(): Promise<void> {
    const { incoming, outgoing } = workPaths(this.#folder);
    await clearWorkFolder(this.#folder);
    for (const path of [incoming, outgoing]) makePrivateFolder(path);
    this.#folders.add(incoming);
  }

  /** Removes what was written. Whoever goes on writing, not knowing of a failure elsewhere, is stopped. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await clearWorkFolder(this.#folder);
  }

  write(file: PlannedFile): void {
    if (this.#abandoned) throw new Error('these files are not wanted any more');
    const path = this.#place(file);
    const folder = dirname(path);
    if (!this.#folders.has(folder)) makePrivateFolder(folder);
    this.#folders.add(folder);
    writeNew(path, file);
    this.#written.add(file);
  }

  /** Writes what has not been written, and syncs all of it to the disk. */
  async complete(files: readonly PlannedFile[], { signal, onProgress }: Work = {}): Promise<void> {
    const rest = files.filter((file) => !this.#written.has(file));
    const before = files.length - rest.length;
    await forEachInTurns(
      rest,
      (file) => this.write(file),
      (done) => {
        throwIfInterrupted(signal);
        onProgress?.({ of: 'files', done: before + done, total: files.length });
      },
    );
    const { incoming } = workPaths(this.#folder);
    await syncFiles(
      incoming,
      files.map((file) => this.#place(file)),
      signal,
    );
    for (const folder of [...this.#folders].reverse()) await syncFolder(folder);
  }

  #place({ path }: PlannedFile): string {
    return join(workPaths(this.#folder).incoming, path);
  }
}

function makePrivateFolder(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  chmodSync(path, 0o700);
}

/**
 * Keys are created with their final permissions: at no moment are they open to more than at the end.
 *
 * Written at once: 35 µs a file, of which Node's thread pool makes 150.
 */
export function writeNew(path: string, { content, mode, owner }: PlannedFile): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    const stats = fstatSync(file);
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid ?? stats.gid);
    // The umask may have taken rights away that the file is to have, and a new owner takes some too.
    if (owner !== undefined || (stats.mode & 0o777) !== mode) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}
