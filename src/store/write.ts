import { printable } from '../errors.js';
import { layoutOf } from '../layouts/index.js';
import { requireSet } from '../pki/given-set.js';
import type { CertificateSet } from '../pki/set.js';
import type { Work } from '../pki/workers/work.js';
import { ACCESS_FIELDS, PASSWORD_FIELDS, WRITE_FIELDS } from '../request/fields.js';
import { checkAccess } from '../request/fit-access.js';
import {
  accessFor,
  formatMode,
  type KeyAccess,
  parseKeyAccess,
  recordedKeyAccess,
} from '../request/key-access.js';
import type { WriteOptions } from '../request/options.js';
import { parsePassword, type StorePassword } from '../request/password.js';
import { readOptions } from '../util/options.js';
import { opensKeystores } from './keystores.js';
import { type Damage, findDamages, statInside } from './manifest/damages.js';
import { findReplaceable } from './manifest/find.js';
import { KeptParties } from './manifest/kept-parties.js';
import {
  GITIGNORE_NAME,
  isIgnoredByGit,
  type Manifest,
  type ManifestCertificate,
} from './manifest/manifest.js';
import { manifestFile, type PlannedFile, type SetPlan, SetPlanner } from './manifest/plan.js';
import { statFolder } from './out-folder.js';
import { refuseObstacles } from './ownership/obstacles.js';
import { findForeign } from './ownership/ownership.js';
import { environmentError } from './transaction/file-system.js';
import type { FolderLock } from './transaction/lock.js';
import { withLock } from './transaction/recover.js';
import { replaceFiles } from './transaction/replace.js';
import type { Staging } from './transaction/staging.js';

/**
 * Writes a set into a folder, in all its layouts, whole or not at all.
 *
 * @param folder made where it is missing
 * @returns the manifest, as `set.json` holds it
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY`, `ERR_OUT_INVALID`, `ERR_KEY_MODE_INVALID`,
 * `ERR_OWNER_INVALID`, `ERR_PASSWORD_INVALID`, `ERR_SET_LOCKED`, `ERR_INTERRUPTED` or `ERR_FILE_SYSTEM`; what was in the folder before
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
  requireSet(set);
  const known = Object.keys({ ...ACCESS_FIELDS, ...PASSWORD_FIELDS, ...WRITE_FIELDS });
  const given = readOptions(options, known, '{ force: true }');
  const access = parseKeyAccess(given);
  const password = parsePassword(given.password);
  const force = WRITE_FIELDS.force.parse(given.force);
  const signal = WRITE_FIELDS.signal.parse(given.signal);
  checkAccess(access, set.credentials, set.request.layouts.map(layoutOf));
  statFolder(folder);
  try {
    return await withLock(folder, { lockTimeout: given.lockTimeout, signal, create: true }, async (lock) => {
      const old = findReplaceable(folder, { force });
      const rewriteStores = old !== undefined && !(await opensKeystores(folder, old, password.text));
      const { manifest } = await writeSet(lock, set, {
        access,
        password,
        rewriteStores,
        force,
        old,
        work: { signal },
      });
      return manifest;
    });
  } catch (error) {
    throw environmentError(error, `write the set to ${printable(folder)}`);
  }
}

/** Which files of a set's folder a change touches. */
export interface SetChanges {
  readonly made: readonly string[];
  readonly kept: readonly string[];
  readonly removed: readonly string[];
}

/** What a set is written over. */
export interface WriteContext {
  readonly access: KeyAccess;
  readonly password: StorePassword;
  /** Whether keystores of parties that did not change are made again too: for another password. */
  readonly rewriteStores?: boolean;
  readonly force: boolean;
  /** The manifest of the set that is there. */
  readonly old: Manifest | undefined;
  /** What it says of clients that did not change and were not read: what is there of them stays. */
  readonly unread?: readonly ManifestCertificate[];
  /** What to do about files in the way. */
  readonly hint?: string;
  /** What happened to its files; all are looked at where this is not known. */
  readonly damages?: ReadonlyMap<string, Damage>;
}

/** As {@link writeCertificateSet}, by the folder's one writer, who knows the manifest that is there. */
export async function writeSet(
  lock: FolderLock,
  set: CertificateSet,
  options: WriteContext & {
    readonly work?: Work;
    /** Where the set's files were planned and staged while it was made. */
    readonly begun?: { readonly planner: SetPlanner; readonly staging: Staging };
  },
): Promise<{ manifest: Manifest; changes: SetChanges }> {
  const { old, unread = [], access, password, work, begun } = options;
  const ignoredByGit = lock.madeFolder || isIgnoredByGit(old);
  const planner = begun?.planner ?? new SetPlanner(set.request.layouts, access, password);
  const planned = planner.plan(set, ignoredByGit, old && new KeptParties(set, unread, old.files));
  const { manifest, changes, files } = await planWrite(lock.folder, planned, { ...options, isNew: false });
  const replacement = { files: [...files, manifestFile(manifest)], removals: changes.removed };
  await replaceFiles(lock, replacement, work, begun?.staging);
  return { manifest, changes };
}

/**
 * What writing a set would touch.
 *
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY`
 */
export async function planWrite(
  folder: string,
  planned: SetPlan,
  {
    old,
    force,
    damages,
    isNew,
    rewriteStores = false,
    hint = REPLACE_HINT,
  }: WriteContext & { readonly isNew: boolean },
): Promise<{ manifest: Manifest; changes: SetChanges; files: PlannedFile[] }> {
  const lost = damages ?? (old === undefined ? new Map() : await findDamages(folder, old.files));
  const { files, manifest } =
    old === undefined || rewriteStores ? planned : withOldStores(planned, old, lost);
  const made = new Map(old?.files.map((file) => [file.path, file]));
  const before = old && recordedKeyAccess(old.request);
  const ownerChanged = ({ keyOf, owner }: PlannedFile) =>
    keyOf !== undefined && before !== undefined && accessFor(before, keyOf).owner?.text !== owner?.text;
  const isKept = (file: PlannedFile) => {
    const there = made.get(file.path);
    if (there === undefined || lost.has(file.path)) return false;
    // What its owner made of it stays.
    if (file.path === GITIGNORE_NAME) return true;
    const sameFile = there.sha256 === file.sha256 && there.mode === formatMode(file.mode);
    return sameFile && !ownerChanged(file);
  };
  const touched = files.filter((file): file is PlannedFile => 'content' in file && !isKept(file));
  const paths = new Set(files.map(({ path }) => path));
  if (!isNew)
    await refuseObstacles(
      folder,
      touched.map(({ path }) => path),
      old,
      { force, hint },
    );
  const removed = isNew ? [] : await leftOver(folder, old, paths);
  const written = new Set(touched.map(({ path }) => path));
  const changes = {
    made: [...written].sort(),
    kept: [...paths].filter((path) => !written.has(path)).sort(),
    removed: removed.sort(),
  };
  return { manifest, changes, files: touched };
}

/**
 * A keystore is encrypted with new random values each time: one of a party that did not change is kept, whatever it
 * would be if it were made again.
 */
function withOldStores(
  { files, manifest }: SetPlan,
  old: Manifest,
  lost: ReadonlyMap<string, Damage>,
): SetPlan {
  const now = storesOf(manifest);
  if (now.size === 0) return { files, manifest };
  const before = storesOf(old);
  const made = new Map(old.files.map(({ path, sha256 }) => [path, sha256]));
  const kept = (path: string) => {
    const same = before.get(path) !== undefined && before.get(path) === now.get(path);
    return same && !lost.has(path) ? made.get(path) : undefined;
  };
  const withOld = <T extends { readonly path: string; readonly sha256: string }>(file: T): T => {
    const sha256 = kept(file.path);
    return sha256 === undefined ? file : { ...file, sha256 };
  };
  return { files: files.map(withOld), manifest: { ...manifest, files: manifest.files.map(withOld) } };
}

/** What each keystore and truststore holds: the CAs and, by its fingerprint, the party. */
function storesOf({ certificates }: Manifest): Map<string, string> {
  const authorities = certificates.flatMap(({ role, sha256 }) => (role === 'ca' ? sha256 : [])).join();
  return new Map(
    certificates.flatMap(({ sha256, files }) =>
      Object.values(files).flatMap(({ keystore, truststore }) =>
        [keystore, truststore].flatMap((path) =>
          path === undefined ? [] : [[path, `${authorities} ${sha256}`] as const],
        ),
      ),
    ),
  );
}

export const REPLACE_HINT = 'choose another folder with --out, or replace with --force';

/** The old set's files that the new one does not have; one that is someone else's by now stays. */
async function leftOver(
  folder: string,
  old: Manifest | undefined,
  kept: ReadonlySet<string>,
): Promise<string[]> {
  const paths = (old?.files ?? []).map(({ path }) => path).filter((path) => !kept.has(path));
  const foreign = new Set(await findForeign(folder, paths, old));
  return paths.filter((path) => !foreign.has(path) && statInside(folder, path) !== undefined);
}
