/**
 * How long to wait for others that write into the same folder, and when to give up.
 *
 * @example
 * ```ts
 * const options: LockOptions = { lockTimeout: '5s', signal: AbortSignal.timeout(60_000) };
 * await ensureCertificateSet('certs', options);
 * ```
 */
export interface LockOptions {
  /**
   * How long to wait for another run that writes into the same folder: a whole number and a unit.
   * @default '30s'
   */
  readonly lockTimeout?: string | undefined;
  /** Stops the work; what was in the folder before is then still there. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a run waits for another one. */
export const DEFAULT_LOCK_TIMEOUT = '30s';
