import { readOptions } from '../util/options.js';
import { WRITE_FIELDS } from './fields.js';
import type { ChangeOptions, LockOptions } from './options.js';
import { parsePassword, type StorePassword } from './password.js';

/**
 * Checks how to wait for others.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` or `ERR_DURATION_INVALID`
 */
export function readLockOptions(options: LockOptions): LockOptions {
  const { lockTimeout, signal } = readOptions(options, ['lockTimeout', 'signal'], "{ lockTimeout: '5s' }");
  WRITE_FIELDS.lockTimeout.parse(lockTimeout);
  return { lockTimeout, signal: WRITE_FIELDS.signal.parse(signal) };
}

/**
 * Checks how to change a set.
 *
 * @throws {@link GenerateCertsError} as {@link readLockOptions}, or `ERR_PASSWORD_INVALID`
 */
export function readChangeOptions(
  options: ChangeOptions,
): LockOptions & { readonly password: StorePassword } {
  const known = ['lockTimeout', 'signal', 'password'];
  const { password, ...lockOptions } = readOptions(options, known, "{ lockTimeout: '5s' }");
  return { ...readLockOptions(lockOptions), password: parsePassword(password) };
}
