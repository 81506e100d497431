import { setTimeout as delay } from 'node:timers/promises';
import { GenerateCertsError, quote } from '../errors.js';
import { readChangeOptions } from '../request/lock-options.js';
import type { ChangeOptions } from '../request/options.js';
import { parsePassword } from '../request/password.js';
import { debug } from '../util/debug.js';
import { parseDuration } from '../util/duration.js';
import { readOptions } from '../util/options.js';
import { renewCertificateSet } from './change.js';
import { opensKeystores, otherPassword } from './keystores.js';
import type { Manifest } from './manifest/manifest.js';
import { readManifest } from './manifest/read.js';
import { Callbacks, type OnRenew } from './watch-callbacks.js';

/**
 * When {@link watchCertificateSet} renews, and whom it tells.
 *
 * @example
 * ```ts
 * const options: WatchOptions = { renewAt: 0.5, signal: AbortSignal.timeout(100) };
 * await watchCertificateSet('certs', options);
 * ```
 */
export interface WatchOptions extends Pick<ChangeOptions, 'lockTimeout' | 'password'> {
  /**
   * The share of its life after which a set is renewed, from 0.1 to 0.95.
   * @default 0.75
   */
  readonly renewAt?: number | undefined;
  /**
   * Called after each renewal, one call at a time: while one goes on, the next waits, and of several that wait only
   * the newest is made. Its signal asks it to end when its time is up, when the next renewal is due or when the watch
   * stops.
   */
  readonly onRenew?: OnRenew | undefined;
  /**
   * How long {@link WatchOptions.onRenew} may take: a whole number and a unit.
   * @default '60s'
   */
  readonly onRenewTimeout?: string | undefined;
  /**
   * Told of what failed: a renewal, which is tried again soon, or {@link WatchOptions.onRenew}, which is
   * called again after the next renewal.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Stops watching. */
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_RENEW_AT = 0.75;
export const DEFAULT_ON_RENEW_TIMEOUT = '60s';

/**
 * The longest step between two looks at the clock. One long timer would sleep on where the machine slept
 * or the clock was set, and setTimeout takes no more than 24 days.
 */
const LONGEST_STEP_MS = 10_000;
/** After a failure, so that a disk that stays full is not asked all the time. */
const RETRY_SHARE = 1 / 40;
const LONGEST_RETRY_MS = 60_000;

/**
 * Keeps the set in a folder alive: renews it ({@link renewCertificateSet}) when so much of its life is
 * over, or at once where it has ended, and whenever the clock was set to before it begins. A renewal that
 * fails leaves the old set, and is tried again.
 *
 * @returns when the signal stops it
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`, `ERR_PASSWORD_INVALID`, `ERR_PASSWORD_WRONG`, and as {@link readManifest} where there is no set
 * to begin with
 * @example
 * ```ts
 * const stop = new AbortController();
 * setTimeout(() => stop.abort(), 100);
 * await watchCertificateSet('certs', { onRenew: ({ expiresAt }) => console.log(expiresAt), signal: stop.signal });
 * ```
 */
export async function watchCertificateSet(folder: string, given: WatchOptions = {}): Promise<void> {
  const options = readOptions(given, NAMES, '{ renewAt: 0.75 }');
  const onRenew = checkFunction('onRenew', options.onRenew);
  const onError = checkFunction('onError', options.onError);
  const { lockTimeout, signal } = readChangeOptions({
    lockTimeout: options.lockTimeout,
    password: options.password,
    signal: options.signal,
  });
  const renewAt = checkRenewAt(options.renewAt ?? DEFAULT_RENEW_AT);
  const timeout = parseDuration(options.onRenewTimeout ?? DEFAULT_ON_RENEW_TIMEOUT) * 1000;
  const callbacks = new Callbacks(onRenew, { timeout, onError });
  const isStopped = () => signal?.aborted === true;
  const reportFailure = eachFailureOnce(onError);
  let manifest = await readManifest(folder);
  // A renewal would fail each time.
  const { text } = parsePassword(options.password);
  if (!(await opensKeystores(folder, manifest, text))) throw otherPassword(folder);

  while (!isStopped()) {
    let pause = LONGEST_STEP_MS;
    try {
      const left = msUntilDue(manifest, renewAt, Date.now());
      if (left > 0) {
        pause = Math.min(left, LONGEST_STEP_MS);
        // Another run may have replaced the set in the meantime.
        manifest = await readManifest(folder);
      } else {
        debug('freshness', () => `${quote(folder)} is due: renewing it`);
        callbacks.stop();
        ({ manifest } = await renewCertificateSet(folder, {
          lockTimeout,
          signal,
          password: options.password,
        }));
        callbacks.call(manifest);
        pause = 0;
      }
      reportFailure(undefined);
    } catch (error) {
      if (isStopped()) break;
      reportFailure(error);
      pause = Math.min(lifeOf(manifest) * RETRY_SHARE, LONGEST_RETRY_MS);
      debug('freshness', () => `${quote(folder)} was not renewed: ${String(error)}; again in ${pause} ms`);
    }
    await delay(Math.max(pause, 10), undefined, signal && { signal }).catch(() => undefined);
  }
  await callbacks.end();
}

const NAMES = ['renewAt', 'onRenew', 'onRenewTimeout', 'onError', 'lockTimeout', 'password', 'signal'];

function checkFunction<Value>(name: string, value: Value): Value {
  if (value === undefined || typeof value === 'function') return value;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option '${name}' is ${quote(value)}, not a function`,
    'give a function, or leave it out',
  );
}

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` */
export function checkRenewAt(share: unknown): number {
  if (typeof share === 'number' && share >= 0.1 && share <= 0.95) return share;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(share)} is not a share of the life after which to renew`,
    'use a number from 0.1 to 0.95, such as 0.75',
  );
}

/** How long until a set is to be renewed, in milliseconds; nothing left or less where it is due. */
export function msUntilDue(manifest: Manifest, renewAt: number, now: number): number {
  const created = Date.parse(manifest.createdAt);
  // With a clock set to before they begin, none of the certificates is valid.
  if (now < created - parseDuration(manifest.request.backdate) * 1000) return 0;
  return created + lifeOf(manifest) * renewAt - now;
}

function lifeOf({ createdAt, expiresAt }: Manifest): number {
  return Date.parse(expiresAt) - Date.parse(createdAt);
}

/** Tells of a failure when it begins, not each time that a renewal is tried again. */
function eachFailureOnce(onError: WatchOptions['onError']): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const message = error === undefined ? undefined : String(error);
    if (message !== undefined && message !== last) onError?.(error);
    last = message;
  };
}
