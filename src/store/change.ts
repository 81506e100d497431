import type { ClientCredential } from '../pki/credential.js';
import type { CertificateSet } from '../pki/set.js';
import { surroundingsError } from './file-system.js';
import { recordedKeyAccess } from './key-access.js';
import { loadSet } from './load.js';
import { MANIFEST_NAME, type Manifest, serializeManifest } from './manifest.js';
import { refuseObstacles } from './obstacles.js';
import { planSet } from './plan.js';
import { replaceFiles } from './replace.js';

/**
 * What became of a set in its folder.
 *
 * @example
 * ```ts
 * const { changed, manifest }: ChangeResult = await revokeClient('certs', 'alice');
 * console.log(changed, manifest.revocationList.number);
 * ```
 */
export interface ChangeResult {
  readonly set: CertificateSet;
  readonly manifest: Manifest;
  /** False where there was nothing to do and nothing was written. */
  readonly changed: boolean;
}

/**
 * Makes more clients of the CA of the set in a folder, and writes them into all its layouts. What is
 * there already is not touched.
 *
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.issueClient`;
 * `ERR_FILE_IN_THE_WAY` where a file that is not this program's has the name of a client's
 * @example
 * ```ts
 * await addClients('certs', ['bob', 'carol@example.test']);
 * ```
 */
export async function addClients(
  folder: string,
  identities: readonly string[],
): Promise<ChangeResult & { clients: readonly ClientCredential[] }> {
  const { set, manifest } = await loadSet(folder);
  const clients = await set.issueClients(identities);
  return { ...(await writeChange(folder, set, manifest)), clients };
}

/**
 * Puts a client of the set in a folder on its revocation list, in all layouts that have one.
 *
 * @returns unchanged where the client was revoked already
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.revoke`
 * @example
 * ```ts
 * await revokeClient('certs', 'alice');
 * ```
 */
export async function revokeClient(folder: string, identity: string): Promise<ChangeResult> {
  const { set, manifest } = await loadSet(folder);
  await set.revoke(identity);
  return writeChange(folder, set, manifest);
}

/** Writes the files of a loaded set that are not in its folder as they are now, and the manifest. */
async function writeChange(folder: string, set: CertificateSet, old: Manifest): Promise<ChangeResult> {
  const access = recordedKeyAccess(old.request);
  const ignoredByGit = old.files.some(({ path }) => path === '.gitignore');
  const { files, manifest } = planSet(set, { access, ignoredByGit });
  const written = new Map(old.files.map(({ path, sha256 }) => [path, sha256]));
  const changed = manifest.files
    .filter(({ path, sha256 }) => written.get(path) !== sha256)
    .map(({ path }) => path);
  if (changed.length === 0 && manifest.revocationList.number === old.revocationList.number) {
    return { set, manifest: old, changed: false };
  }
  try {
    const hint = 'choose another folder with --out, or move the file away';
    await refuseObstacles(folder, changed, old, { force: false, hint });
    await replaceFiles(folder, {
      files: [
        ...files.filter(({ path }) => changed.includes(path)),
        { path: MANIFEST_NAME, content: serializeManifest(manifest), mode: 0o644 },
      ],
      removals: [],
    });
  } catch (error) {
    throw surroundingsError(error, `write to ${folder}`);
  }
  return { set, manifest, changed: true };
}
