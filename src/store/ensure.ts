import type { Warning } from '../errors.js';
import type { Work } from '../pki/workers/work.js';
import { type CertificateSetOptions, checkRequest, OPTION_NAMES } from '../request/request.js';
import { checkFlag, checkOptionNames } from '../util/options.js';
import { reasonToRemake } from './manifest/freshness.js';
import type { Manifest, ManifestRequest } from './manifest/manifest.js';
import { findReplaceable } from './manifest/read.js';
import { formatMode, keyAccessWarnings, parseKeyAccess } from './ownership/key-access.js';
import { readConsistently } from './transaction/consistent.js';
import { WRITE_OPTION_NAMES, type WriteOptions } from './write-options.js';

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

/** What a look into the folder found: the set that is there, and why it does not serve. */
export interface SetFound {
  readonly old: Manifest | undefined;
  readonly reason: string | undefined;
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
  return ensureSet(folder, options);
}

/** As {@link ensureCertificateSet}, telling now and then how much is done. */
export async function ensureSet(
  folder: string,
  options: CertificateSetOptions & WriteOptions,
  onProgress?: Work['onProgress'],
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
  const look = async (): Promise<SetFound> => {
    const old = findReplaceable(folder, { force });
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
  // What makes sets takes most of the start: a run with nothing to do does not load it.
  const { makeSet } = await import('./make-set.js');
  return { ...(await makeSet(folder, { checked, access, force, look, lockOptions, onProgress })), warnings };
}
