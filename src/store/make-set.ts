import { printable } from '../errors.js';
import { createSet } from '../layouts/create.js';
import type { ClientCredential } from '../pki/credential.js';
import type { Work } from '../pki/workers/work.js';
import type { CheckedRequest } from '../request/request.js';
import type { EnsureResult, SetFound } from './ensure.js';
import { isIgnoredByGit, type Manifest } from './manifest/manifest.js';
import { GITIGNORE, manifestFile, publicFile, SetPlanner } from './manifest/plan.js';
import { formatMode, type KeyAccess } from './ownership/key-access.js';
import { refuseObstacles } from './ownership/obstacles.js';
import { surroundingsError } from './transaction/file-system.js';
import { unlessInterrupted } from './transaction/interruption.js';
import type { FolderLock } from './transaction/lock.js';
import type { LockOptions } from './transaction/lock-options.js';
import { withLock } from './transaction/recover.js';
import { replaceFiles } from './transaction/replace.js';
import { Staging } from './transaction/staging.js';
import { writeSet } from './write.js';

/** What a set is made of and where it goes, checked. */
export interface MakeSetOptions {
  readonly checked: CheckedRequest;
  readonly access: KeyAccess;
  readonly force: boolean;
  /** Looks whether there is still a set to make. */
  readonly look: () => Promise<SetFound>;
  readonly lockOptions: LockOptions;
  readonly onProgress: Work['onProgress'];
}

/** Makes a set in a folder as its one writer, unless another run has done so meanwhile. */
export async function makeSet(
  folder: string,
  { checked, access, force, look, lockOptions, onProgress }: MakeSetOptions,
): Promise<Omit<EnsureResult, 'warnings'>> {
  const { signal } = lockOptions;
  try {
    return await withLock(folder, { ...lockOptions, create: true, force }, async (lock) => {
      const { old, reason } = await look();
      if (old !== undefined && reason === undefined) {
        return { manifest: await keepFromGit(lock, old), made: false };
      }
      const manifest = await makeInto(lock, checked, { access, force, old, work: { signal, onProgress } });
      return { manifest, made: true, reason };
    });
  } catch (error) {
    throw surroundingsError(error, `write the set to ${printable(folder)}`);
  }
}

/**
 * Makes a set and writes it. Its clients' files are written while worker threads make more clients, into the
 * work folder, where nobody reads them: only with the last of them the change begins.
 */
async function makeInto(
  lock: FolderLock,
  checked: CheckedRequest,
  options: { access: KeyAccess; force: boolean; old: Manifest | undefined; work: Work },
): Promise<Manifest> {
  const planner = new SetPlanner(checked.layouts, options.access);
  const staging = new Staging(lock.folder);
  await staging.begin();
  const onClients = (clients: readonly ClientCredential[]) => {
    for (const client of clients) for (const file of planner.filesOf(client)) staging.write(file);
  };
  try {
    const work = { ...options.work, onClients };
    const set = await unlessInterrupted(createSet(checked, new Date(), work), work.signal);
    staging.beginSync(work.signal);
    return await writeSet(lock, set, { ...options, begun: { planner, staging } });
  } catch (error) {
    await staging.abandon().catch(() => undefined);
    throw error;
  }
}

/** Where this run made the folder and another one, quicker, the set in it: its keys still are not for git. */
async function keepFromGit(lock: FolderLock, manifest: Manifest): Promise<Manifest> {
  if (!lock.madeFolder || isIgnoredByGit(manifest)) return manifest;
  const ignore = publicFile('.gitignore', GITIGNORE);
  const hint = 'move it away and run again';
  await refuseObstacles(lock.folder, [ignore.path], manifest, { force: false, hint });
  const entry = { path: ignore.path, mode: formatMode(ignore.mode), sha256: ignore.sha256 };
  const changed = { ...manifest, files: [...manifest.files, entry] };
  await replaceFiles(lock, { files: [ignore, manifestFile(changed)], removals: [] });
  return changed;
}
