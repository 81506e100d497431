import { printable } from '../errors.js';
import { createSet } from '../layouts/create.js';
import type { CheckedRequest } from '../layouts/request.js';
import type { EnsureResult, SetFound } from './ensure.js';
import { surroundingsError } from './file-system.js';
import { unlessInterrupted } from './interruption.js';
import { formatMode, type KeyAccess } from './key-access.js';
import type { FolderLock } from './lock.js';
import type { LockOptions } from './lock-options.js';
import { isIgnoredByGit, MANIFEST_NAME, type Manifest, serializeManifest } from './manifest.js';
import { refuseObstacles } from './obstacles.js';
import { GITIGNORE } from './plan.js';
import { withLock } from './recover.js';
import { replaceFiles } from './replace.js';
import { sha256 } from './sha256.js';
import { writeSet } from './write.js';

/** What a set is made of and where it goes, checked. */
export interface MakeSetOptions {
  readonly checked: CheckedRequest;
  readonly access: KeyAccess;
  readonly force: boolean;
  /** Looks whether there is still a set to make. */
  readonly look: () => Promise<SetFound>;
  readonly lockOptions: LockOptions;
}

/** Makes a set in a folder as its one writer, unless another run has done so meanwhile. */
export async function makeSet(
  folder: string,
  { checked, access, force, look, lockOptions }: MakeSetOptions,
): Promise<Omit<EnsureResult, 'warnings'>> {
  const { signal } = lockOptions;
  try {
    return await withLock(folder, { ...lockOptions, create: true, force }, async (lock) => {
      const { old, reason } = await look();
      if (old !== undefined && reason === undefined) {
        return { manifest: await keepFromGit(lock, old), made: false };
      }
      const set = await unlessInterrupted(createSet(checked, new Date()), signal);
      const manifest = await writeSet(lock, set, { access, force, old, signal });
      return { manifest, made: true, reason };
    });
  } catch (error) {
    throw surroundingsError(error, `write the set to ${printable(folder)}`);
  }
}

/** Where this run made the folder and another one, quicker, the set in it: its keys still are not for git. */
async function keepFromGit(lock: FolderLock, manifest: Manifest): Promise<Manifest> {
  if (!lock.madeFolder || isIgnoredByGit(manifest)) return manifest;
  const ignore = { path: '.gitignore', content: GITIGNORE, mode: 0o644 };
  const hint = 'move it away and run again';
  await refuseObstacles(lock.folder, [ignore.path], manifest, { force: false, hint });
  const entry = { path: ignore.path, mode: formatMode(ignore.mode), sha256: sha256(ignore.content) };
  const changed = { ...manifest, files: [...manifest.files, entry] };
  const manifestFile = { path: MANIFEST_NAME, content: serializeManifest(changed), mode: 0o644 };
  await replaceFiles(lock, { files: [ignore, manifestFile], removals: [] });
  return changed;
}
