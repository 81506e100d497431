import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../errors.js';
import type { LockOptions } from '../request/options.js';
import { readIfRegular } from '../util/regular-file.js';
import { statInside } from './manifest/damages.js';
import { requireManifest } from './manifest/find.js';
import { isIgnoredByGit, MANIFEST_NAME } from './manifest/manifest.js';
import { readManifest } from './manifest/read.js';
import { findForeign } from './ownership/ownership.js';
import { environmentError } from './transaction/file-system.js';
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
  /** Paths of files that the manifest names but that are somebody else's by now: they stay. */
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
  const { removeTrustBundles } = await import('./trust-bundle.js');
  await readManifest(folder);
  try {
    const { removed, kept, ownFolder } = await withLock(
      folder,
      { ...options, create: false },
      async (lock) => {
        const manifest = requireManifest(folder);
        const ca = manifest.certificates.find(({ role }) => role === 'ca')?.files.authority?.certificate;
        const caPem = ca === undefined ? '' : readIfRegular(join(folder, ca));
        const paths = manifest.files
          .map(({ path }) => path)
          .filter((path) => statInside(folder, path) !== undefined);
        const foreign = new Set(await findForeign(folder, paths, manifest));
        const removals = [...paths.filter((path) => !foreign.has(path)), MANIFEST_NAME];
        await replaceFiles(lock, { files: [], removals }, { signal: options.signal });
        if (caPem !== '') await removeTrustBundles(caPem, process.env);
        return { removed: removals, kept: [...foreign], ownFolder: isIgnoredByGit(manifest) };
      },
    );
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
