import type { Warning } from '../errors.js';
import { createSet } from '../layouts/create.js';
import { type CertificateSetOptions, checkRequest, OPTION_NAMES } from '../layouts/request.js';
import { checkFlag, checkOptionNames } from '../options.js';
import { surroundingsError } from './file-system.js';
import { reasonToRemake } from './freshness.js';
import { formatMode, keyAccessWarnings, parseKeyAccess } from './key-access.js';
import type { Manifest, ManifestRequest } from './manifest.js';
import { statFolder } from './read.js';
import { findReplaceable, WRITE_OPTION_NAMES, type WriteOptions, writeSet } from './write.js';

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
  const { keyMode, owner, force: forced, ...setOptions } = options;
  const force = checkFlag('force', forced ?? false);
  const checked = checkRequest(setOptions);
  const access = parseKeyAccess({ keyMode, owner });
  const warnings = [...checked.warnings, ...keyAccessWarnings(access)];
  const now = new Date();

  let reason: string | undefined;
  try {
    await statFolder(folder);
    const old = await findReplaceable(folder, { force });
    if (old !== undefined) {
      const request: ManifestRequest = {
        ...checked.request,
        keyMode: formatMode(access.mode),
        owner: access.owner?.text ?? null,
      };
      reason = await reasonToRemake(folder, old, request, now);
      if (reason === undefined) return { manifest: old, made: false, warnings };
    }
  } catch (error) {
    throw surroundingsError(error, `read the set in ${folder}`);
  }
  const set = await createSet(checked, now);
  const manifest = await writeSet(set, folder, { access, force });
  return { manifest, made: true, reason, warnings };
}
