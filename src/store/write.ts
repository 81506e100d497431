import { join } from 'node:path';
import fs from 'fs-extra';
import { GenerateCertsError, quote } from '../errors.js';
import { checkFlag, checkOptionNames } from '../options.js';
import type { CertificateSet } from '../pki/set.js';
import { surroundingsError } from './file-system.js';
import { type KeyAccess, type KeyAccessOptions, parseKeyAccess } from './key-access.js';
import { MANIFEST_NAME, type Manifest, serializeManifest } from './manifest.js';
import { refuseObstacles } from './obstacles.js';
import { planSet, sha256 } from './plan.js';
import { findManifest, statFolder } from './read.js';
import { replaceFiles } from './replace.js';

/**
 * How a set is written.
 *
 * @example
 * ```ts
 * const options: WriteOptions = { force: true };
 * await writeCertificateSet(set, 'certs', options);
 * ```
 */
export interface WriteOptions extends KeyAccessOptions {
  /**
   * Replace files that this program did not write.
   * @default false
   */
  readonly force?: boolean | undefined;
}

/**
 * Writes a set into a folder, in all its layouts, whole or not at all.
 *
 * @param folder made where it is missing
 * @returns the manifest, as `set.json` holds it
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY`, `ERR_OUT_INVALID`, `ERR_KEY_MODE_INVALID`,
 * `ERR_OWNER_INVALID` or `ERR_FILE_SYSTEM`; what was in the folder before is then still there
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
  return writeSet(set, folder, { access, force: checkFlag('force', options.force ?? false) });
}

/** The options that say how a set is written. */
export const WRITE_OPTION_NAMES = [
  'keyMode',
  'owner',
  'force',
] as const satisfies readonly (keyof WriteOptions)[];

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

export async function writeSet(
  set: CertificateSet,
  folder: string,
  { access, force }: { readonly access: KeyAccess; readonly force: boolean },
): Promise<Manifest> {
  try {
    const there = await statFolder(folder);
    const old = await findReplaceable(folder, { force });
    const ignoredByGit = !there || (old?.files.some(({ path }) => path === '.gitignore') ?? false);
    const { files, manifest } = planSet(set, { access, ignoredByGit });
    const paths = files.map(({ path }) => path);
    const hint = 'choose another folder with --out, or replace with --force';
    await refuseObstacles(folder, paths, old, { force, hint });
    const manifestFile = { path: MANIFEST_NAME, content: serializeManifest(manifest), mode: 0o644 };
    await replaceFiles(folder, {
      files: [...files, manifestFile],
      removals: await leftOver(folder, old, new Set(paths)),
    });
    return manifest;
  } catch (error) {
    throw surroundingsError(error, `write the set to ${folder}`);
  }
}

/** The manifest of the set that is to be replaced. One that cannot be read is a foreign file. */
export async function findReplaceable(
  folder: string,
  { force }: { readonly force: boolean },
): Promise<Manifest | undefined> {
  try {
    return await findManifest(folder);
  } catch (error) {
    const foreign = error instanceof GenerateCertsError && error.code === 'ERR_MANIFEST_INVALID';
    if (foreign && force) return undefined;
    throw error;
  }
}

/** The old set's files that the new one does not have; one that was changed meanwhile stays. */
async function leftOver(
  folder: string,
  old: Manifest | undefined,
  kept: ReadonlySet<string>,
): Promise<string[]> {
  const removals: string[] = [];
  for (const file of old?.files ?? []) {
    if (kept.has(file.path)) continue;
    const stats = await fs.lstat(join(folder, file.path)).catch(() => undefined);
    if (stats?.isFile() && sha256(await fs.readFile(join(folder, file.path))) === file.sha256) {
      removals.push(file.path);
    }
  }
  return removals;
}
