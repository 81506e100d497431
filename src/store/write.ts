import { GenerateCertsError, printable, quote } from '../errors.js';
import type { CertificateSet } from '../pki/set.js';
import type { Work } from '../pki/workers/work.js';
import { checkFlag, checkOptionNames } from '../util/options.js';
import { statInside } from './manifest/freshness.js';
import { isIgnoredByGit, type Manifest } from './manifest/manifest.js';
import { manifestFile, SetPlanner } from './manifest/plan.js';
import { findReplaceable } from './manifest/read.js';
import { statFolder } from './out-folder.js';
import { type KeyAccess, parseKeyAccess } from './ownership/key-access.js';
import { refuseObstacles } from './ownership/obstacles.js';
import { findForeign } from './ownership/ownership.js';
import { surroundingsError } from './transaction/file-system.js';
import type { FolderLock } from './transaction/lock.js';
import { withLock } from './transaction/recover.js';
import { replaceFiles } from './transaction/replace.js';
import type { Staging } from './transaction/staging.js';
import { WRITE_OPTION_NAMES, type WriteOptions } from './write-options.js';

/**
 * Writes a set into a folder, in all its layouts, whole or not at all.
 *
 * @param folder made where it is missing
 * @returns the manifest, as `set.json` holds it
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY`, `ERR_OUT_INVALID`, `ERR_KEY_MODE_INVALID`,
 * `ERR_OWNER_INVALID`, `ERR_SET_LOCKED`, `ERR_INTERRUPTED` or `ERR_FILE_SYSTEM`; what was in the folder before
 * is then still there
 * @example
 * ```ts
 * const set = await createCertificateSet({ names: ['api.test'] });
 * await writeCertificateSet(set, 'certs');
 * ```
 */
export async function writeCertificateSet(
  set: CertificateSet,
  folder: string,
  options: WriteOptions = {},
): Promise<Manifest> {
  checkSet(set);
  checkOptionNames(options, WRITE_OPTION_NAMES, '{ force: true }');
  const access = parseKeyAccess(options);
  const force = checkFlag('force', options.force ?? false);
  const { signal } = options;
  statFolder(folder);
  try {
    return await withLock(folder, { ...options, create: true }, async (lock) => {
      const old = findReplaceable(folder, { force });
      return writeSet(lock, set, { access, force, old, work: { signal } });
    });
  } catch (error) {
    throw surroundingsError(error, `write the set to ${printable(folder)}`);
  }
}

function isPromise(value: unknown): boolean {
  return value !== null && typeof value === 'object' && 'then' in value;
}

/** From JavaScript anything may come, and most often a promise that was not waited for. */
function checkSet(set: unknown): void {
  if (set !== null && typeof set === 'object' && 'credentials' in set) return;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the set is ${isPromise(set) ? 'a promise' : quote(set)}`,
    'give what createCertificateSet resolves to: await it first',
  );
}

/** As {@link writeCertificateSet}, by the folder's one writer, who knows the manifest that is there. */
export async function writeSet(
  lock: FolderLock,
  set: CertificateSet,
  options: {
    readonly access: KeyAccess;
    readonly force: boolean;
    readonly old: Manifest | undefined;
    readonly work?: Work;
    /** Where the set's files were planned and staged while it was made. */
    readonly begun?: { readonly planner: SetPlanner; readonly staging: Staging };
  },
): Promise<Manifest> {
  const { access, force, old, work, begun } = options;
  const { folder } = lock;
  const ignoredByGit = lock.madeFolder || isIgnoredByGit(old);
  const planner = begun?.planner ?? new SetPlanner(set.request.layouts, access);
  const { files, manifest } = planner.plan(set, ignoredByGit);
  const paths = files.map(({ path }) => path);
  const hint = 'choose another folder with --out, or replace with --force';
  await refuseObstacles(folder, paths, old, { force, hint });
  const removals = await leftOver(folder, old, new Set(paths));
  await replaceFiles(lock, { files: [...files, manifestFile(manifest)], removals }, work, begun?.staging);
  return manifest;
}

/** The old set's files that the new one does not have; one that is somebody else's by now stays. */
async function leftOver(
  folder: string,
  old: Manifest | undefined,
  kept: ReadonlySet<string>,
): Promise<string[]> {
  const paths = (old?.files ?? []).map(({ path }) => path).filter((path) => !kept.has(path));
  const foreign = new Set(await findForeign(folder, paths, old));
  return paths.filter((path) => !foreign.has(path) && statInside(folder, path) !== undefined);
}
