import type { Warning } from '../errors.js';
import { createSet } from '../layouts/create.js';
import { type CertificateSetOptions, checkRequest, OPTION_NAMES } from '../layouts/request.js';
import { checkFlag, checkOptionNames } from '../options.js';
import { readConsistently } from './consistent.js';
import { surroundingsError } from './file-system.js';
import { reasonToRemake } from './freshness.js';
import { formatMode, keyAccessWarnings, parseKeyAccess } from './key-access.js';
import { type FolderLock, unlessInterrupted } from './lock.js';
import { MANIFEST_NAME, type Manifest, type ManifestRequest, serializeManifest } from './manifest.js';
import { refuseObstacles } from './obstacles.js';
import { GITIGNORE, sha256 } from './plan.js';
import { withLock } from './recover.js';
import { replaceFiles } from './replace.js';
import { findReplaceable, isIgnoredByGit, WRITE_OPTION_NAMES, type WriteOptions, writeSet } from './write.js';

/**
 * What {@link ensureCertificateSet} did.
 *
 * @example
 * ```ts
 * const { made, reason }: EnsureResult = await ensureCertificateSet('certs', { clients: ['bob'] });
 * console.log(made, reason);
 * ```
 */
export interface EnsureResult {
  readonly manifest: Manifest;
  /** Whether a set was made; false where the one in the folder serves the request. */
  readonly made: boolean;
  /** Why the set that was there did not serve; nothing where there was none. */
  readonly reason?: string | undefined;
  readonly warnings: readonly Warning[];
}

/**
 * Makes sure that a folder holds a set for this request: the one that is there, while it has a quarter
 * of its life left and every file is as it was made, or a new one with a new CA.
 *
 * Of several that ask at the same time one makes the set, and the others wait and use it.
 *
 * @throws {@link GenerateCertsError} as {@link createCertificateSet} and {@link writeCertificateSet}
 * @example
 * ```ts
 * const { manifest } = await ensureCertificateSet('certs', { names: ['api.test'] });
 * ```
 */
export async function ensureCertificateSet(
  folder: string,
  options: CertificateSetOptions & WriteOptions = {},
): Promise<EnsureResult> {
  checkOptionNames(options, [...OPTION_NAMES, ...WRITE_OPTION_NAMES], "{ names: ['localhost'] }");
  const { keyMode, owner, force: forced, lockTimeout, signal, ...setOptions } = options;
  const force = checkFlag('force', forced ?? false);
  const checked = checkRequest(setOptions);
  const access = parseKeyAccess({ keyMode, owner });
  const warnings = [...checked.warnings, ...keyAccessWarnings(access)];
  const request: ManifestRequest = {
    ...checked.request,
    keyMode: formatMode(access.mode),
    owner: access.owner?.text ?? null,
  };
  const look = async () => {
    const old = await findReplaceable(folder, { force });
    const reason = old && (await reasonToRemake(folder, old, request, new Date()));
    return { old, reason };
  };

  const lockOptions = { lockTimeout, signal };
  const found = await readConsistently(folder, look, lockOptions).catch((error) => {
    // A journal that was tampered with is thrown away under the lock.
    if (force && error?.code === 'ERR_JOURNAL_INVALID') return { old: undefined, reason: undefined };
    throw error;
  });
  if (found.old !== undefined && found.reason === undefined) {
    return { manifest: found.old, made: false, warnings };
  }
  try {
    return await withLock(folder, { ...lockOptions, create: true, force }, async (lock) => {
      // Another run may have made the set while this one waited.
      const { old, reason } = await look();
      if (old !== undefined && reason === undefined) {
        return { manifest: await keepFromGit(lock, old), made: false, warnings };
      }
      const set = await unlessInterrupted(createSet(checked, new Date()), signal);
      const manifest = await writeSet(lock, set, { access, force, old, signal });
      return { manifest, made: true, reason, warnings };
    });
  } catch (error) {
    throw surroundingsError(error, `write the set to ${folder}`);
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
