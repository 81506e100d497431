import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import { DEFAULT_LOCK_TIMEOUT, type LockOptions } from '../../request/options.js';
import { parseDuration } from '../../util/duration.js';
import { delay, nextTurn } from '../../util/turns.js';
import { MANIFEST_NAME } from '../manifest/manifest.js';
import { statFolder } from '../out-folder.js';
import { environmentError } from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import { isMarked, listWorkFolder } from './work-folder.js';

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
  if (!statFolder(folder)) return read();
  const lockTimeout = options.lockTimeout ?? DEFAULT_LOCK_TIMEOUT;
  const timeout = parseDuration(lockTimeout) * 1000;
  let begin: number | undefined;
  try {
    for (;;) {
      throwIfInterrupted(options.signal);
      // All that follows may be done at once: who reads in a loop would let nothing else have its turn.
      await nextTurn();
      if (await settle(folder, options)) {
        const before = manifestState(folder);
        const [outcome] = await Promise.allSettled([read()]);
        if (!isMarked(folder) && manifestState(folder) === before) {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value;
        }
      }
      // Not the wall clock: it may jump.
      begin ??= performance.now();
      if (performance.now() - begin > timeout) throw neverStill(folder, lockTimeout);
      await delay(10);
    }
  } catch (error) {
    throw environmentError(error, `read the set in ${printable(folder)}`);
  }
}

async function settle(folder: string, options: LockOptions): Promise<boolean> {
  // Nearly always there is nothing to settle, and then what would do it is not loaded.
  if (listWorkFolder(folder) === undefined) return true;
  const { settle: settleFolder } = await import('./recover.js');
  return settleFolder(folder, options);
}

/** Another manifest has another state: it is written again, never changed in its place. */
export function manifestState(folder: string): string {
  const stats = lstatSync(join(folder, MANIFEST_NAME), { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
}

function neverStill(folder: string, waited: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_SET_LOCKED',
    `other runs have been writing into ${quote(folder)} for ${waited}`,
    'wait for their end',
  );
}
