import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import fs from 'fs-extra';
import { ifThere } from './file-system.js';
import type { PlannedFile } from './plan.js';

/** What a set's folder is to become: these files there, those gone. */
export interface Replacement {
  readonly files: readonly PlannedFile[];
  /** Paths, relative to the folder, of files that are to go. */
  readonly removals: readonly string[];
}

const FOLDER_MODE = 0o755;

/**
 * Replaces the files of a folder all together or not at all.
 *
 * Everything is written into a staging folder beside its place first. Then each old file is moved
 * aside and each new one in; if any step fails, every step is taken back and the folder is as it was.
 */
export async function replaceFiles(folder: string, replacement: Replacement): Promise<void> {
  const undo = new UndoLog();
  const staging = join(folder, `.generate-certs-${randomBytes(6).toString('hex')}`);
  try {
    await makeFolder(folder, undo);
    undo.push(() => fs.remove(staging));
    await fs.mkdir(staging, { mode: 0o700 });
    const [incoming, outgoing] = [join(staging, 'new'), join(staging, 'old')];
    await stage(incoming, replacement.files);
    await commit({ folder, incoming, outgoing, replacement, undo });
  } catch (error) {
    await undo.run();
    throw error;
  }
  await fs.remove(staging);
  await removeEmptyFolders(folder, replacement.removals);
}

/** What takes back the steps done so far, the last first. */
class UndoLog {
  readonly #steps: (() => Promise<unknown>)[] = [];

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      // A step that cannot be taken back must not keep the others from it.
      await step().catch(() => undefined);
    }
  }
}

async function stage(incoming: string, files: readonly PlannedFile[]): Promise<void> {
  for (const parent of new Set(files.map(({ path }) => dirname(join(incoming, path))))) {
    await fs.mkdir(parent, { recursive: true, mode: 0o700 });
  }
  for (const file of files) await writeStaged(join(incoming, file.path), file);
}

/** Keys are created with their final permissions: at no moment are they open to more than at the end. */
async function writeStaged(path: string, { content, mode, owner }: PlannedFile): Promise<void> {
  const handle = await fs.promises.open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid ?? (await handle.stat()).gid);
    // The umask may have taken rights away that the file is to have.
    if (((await handle.stat()).mode & 0o777) !== mode) await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

async function commit(step: {
  folder: string;
  incoming: string;
  outgoing: string;
  replacement: Replacement;
  undo: UndoLog;
}): Promise<void> {
  const { folder, incoming, outgoing, replacement, undo } = step;
  const paths = replacement.files.map(({ path }) => path);
  for (const path of [...replacement.removals, ...paths]) {
    const [place, aside] = [join(folder, path), join(outgoing, path)];
    await fs.mkdir(dirname(aside), { recursive: true, mode: 0o700 });
    if ((await ifThere(fs.rename(place, aside).then(() => true))) === undefined) continue;
    undo.push(() => fs.rename(aside, place));
  }
  for (const path of paths) {
    const place = join(folder, path);
    await makeFolder(dirname(place), undo);
    await fs.rename(join(incoming, path), place);
    undo.push(() => fs.rm(place));
  }
}

/** Makes a folder and what is missing above it, 0755 under any umask. */
async function makeFolder(folder: string, undo: UndoLog): Promise<void> {
  const first = await fs.promises.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  const made: string[] = [];
  for (let path = resolve(folder); path.length >= resolve(first).length; path = dirname(path))
    made.push(path);
  for (const path of made.reverse()) {
    undo.push(() => fs.rmdir(path));
    await fs.chmod(path, FOLDER_MODE);
  }
}

async function removeEmptyFolders(folder: string, removals: readonly string[]): Promise<void> {
  const parents = new Set(removals.filter((path) => path.includes('/')).map((path) => dirname(path)));
  // Whatever else is in there keeps its folder.
  for (const parent of parents) await fs.rmdir(join(folder, parent)).catch(() => undefined);
}
