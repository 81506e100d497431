import { readConsistently } from '../transaction/consistent.js';
import { type Damage, findDamages } from './damages.js';
import { requireManifest } from './find.js';
import type { Manifest } from './manifest.js';

/**
 * Reads the manifest of the set in a folder. A change that a killed run did not finish is finished first.
 *
 * @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID`,
 * `ERR_JOURNAL_INVALID`, `ERR_SET_LOCKED` or `ERR_FILE_SYSTEM`
 * @example
 * ```ts
 * const { request, expiresAt } = await readManifest('certs');
 * console.log(request.names, expiresAt);
 * ```
 */
export async function readManifest(folder: string): Promise<Manifest> {
  return readConsistently(folder, async () => requireManifest(folder));
}

/** As {@link readManifest}, with what became of the set's files: by path, for those not as they were made. */
export async function inspectSet(
  folder: string,
): Promise<{ manifest: Manifest; damages: ReadonlyMap<string, Damage> }> {
  return readConsistently(folder, async () => {
    const manifest = requireManifest(folder);
    return { manifest, damages: await findDamages(folder, manifest.files) };
  });
}
