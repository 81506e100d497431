import { readOptions } from '../util/options.js';
import { WRITE_FIELDS } from './fields.js';
import type { LockOptions } from './options.js';

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
