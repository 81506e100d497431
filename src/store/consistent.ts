import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GenerateCertsError, printable, quote } from '../errors.js';
import { parseDuration } from '../pki/duration.js';
import { ifThere, surroundingsError } from './file-system.js';
import { DEFAULT_LOCK_TIMEOUT, type LockOptions, throwIfInterrupted } from './lock.js';
import { MANIFEST_NAME } from './manifest.js';
import { statFolder } from './out-folder.js';
import { settle } from './recover.js';
import { isMarked } from './work-folder.js';

/**
 * Reads something out of a set's folder, all of it from one set, while others write.
 *
 * No lock is taken, so that a folder that this user may not write to can be read: what was read counts
 * only if no change was marked and the manifest stayed the same from before to after, else it is read
 * again. What a killed run left behind is finished or removed first.
 *
 * @throws {@link GenerateCertsError} what `read` throws, `ERR_OUT_INVALID`, `ERR_JOURNAL_INVALID`, and
 * `ERR_SET_LOCKED` where the set did not stand still for as long as {@link LockOptions.lockTimeout}
 */
export async function readConsistently<T>(
  folder: string,
  read: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  if (!(await statFolder(folder))) return read();
  const lockTimeout = options.lockTimeout ?? DEFAULT_LOCK_TIMEOUT;
  const timeout = parseDuration(lockTimeout) * 1000;
  const begin = performance.now();
  try {
    for (;;) {
      throwIfInterrupted(options.signal);
      if (await settle(folder, options)) {
        const before = await manifestState(folder);
        const [outcome] = await Promise.allSettled([read()]);
        if (!(await isMarked(folder)) && (await manifestState(folder)) === before) {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value;
        }
      }
      if (performance.now() - begin > timeout) throw neverStill(folder, lockTimeout);
      await delay(10);
    }
  } catch (error) {
    throw surroundingsError(error, `read the set in ${printable(folder)}`);
  }
}

/** Another manifest has another state: it is written anew, never changed in its place. */
async function manifestState(folder: string): Promise<string> {
  const stats = await ifThere(fs.lstat(join(folder, MANIFEST_NAME), { bigint: true }));
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
}

function neverStill(folder: string, waited: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_SET_LOCKED',
    `other runs have been writing into ${quote(folder)} for ${waited}`,
    'wait for their end',
  );
}
