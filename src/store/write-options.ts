import type { CertificateSetOptions } from '../layouts/requests.js';
import type { RunOptions, WriteOptions } from '../request/options.js';

/**
 * How a set is made in a folder.
 *
 * @example
 * ```ts
 * const options: EnsureOptions = { clients: ['alice'], dryRun: true };
 * const { made, kept, removed } = await ensureCertificateSet('certs', options);
 * ```
 */
export interface EnsureOptions extends CertificateSetOptions, WriteOptions, RunOptions {}
