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

/** The options that say how a set is written. */
export const WRITE_OPTION_NAMES = [
  'keyMode',
  'owner',
  'force',
  'lockTimeout',
  'signal',
] as const satisfies readonly (keyof WriteOptions)[];
