import type { CertificateSetOptions } from '../request/request.js';
import type { KeyAccessOptions } from './ownership/key-access.js';
import type { LockOptions } from './transaction/lock-options.js';

/**
 * How a set is written.
 *
 * @example
 * ```ts
 * const options: WriteOptions = { force: true };
 * await writeCertificateSet(set, 'certs', options);
 * ```
 */
export interface WriteOptions extends KeyAccessOptions, LockOptions {
  /**
   * Replace files that this program did not write: those that the manifest does not name and that bear no
   * older set's marks, and those of the set in whose place somebody put a certificate, a key or a
   * revocation list of their own.
   * @default false
   */
  readonly force?: boolean | undefined;
}

/**
 * How a set is made in a folder.
 *
 * @example
 * ```ts
 * const options: EnsureOptions = { clients: ['alice'], dryRun: true };
 * const { made, kept, removed } = await ensureCertificateSet('certs', options);
 * ```
 */
export interface EnsureOptions extends CertificateSetOptions, WriteOptions {
  /**
   * Start over: forget the set that is in the folder and its request, and make a new CA.
   * @default false
   */
  readonly new?: boolean | undefined;
  /**
   * Only say what would be made, kept and removed; write nothing.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** The options of {@link EnsureOptions} that say what to do with the set that is there. */
export const ENSURE_OPTION_NAMES = ['new', 'dryRun'] as const satisfies readonly (keyof EnsureOptions)[];

/** The options that say how a set is written. */
export const WRITE_OPTION_NAMES = [
  'keyMode',
  'owner',
  'force',
  'lockTimeout',
  'signal',
] as const satisfies readonly (keyof WriteOptions)[];
