import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GenerateCertsError, quote } from '../../errors.js';
import { DEFAULT_LOCK_TIMEOUT, type LockOptions } from '../../request/options.js';
import { debug } from '../../util/debug.js';
import { parseDuration } from '../../util/duration.js';
import { type Claimant, claimName, describeSelf, lifeOf, parseClaimName } from './claimant.js';
import { errnoOf, FOLDER_MODE, ifThere, removeEmptyFolders } from './file-system.js';
import { throwIfInterrupted } from './interruption.js';
import { makeSafeFolder } from './safe-folder.js';
import { listWorkFolder, workPaths } from './work-folder.js';

/** A folder in which this process alone writes. */
export interface FolderLock {
  readonly folder: string;
  /** Whether this run, or one that was killed before it was done, made the folder. */
  readonly madeFolder: boolean;
  /** @throws {@link GenerateCertsError} `ERR_SET_LOCKED` where another run took the lock away */
  assertHeld(): Promise<void>;
  /** Lets others in. After a failure a folder that was made for nothing goes as well. */
  release(outcome: 'done' | 'failed'): Promise<void>;
}

const HEARTBEAT_MS = 2000;
/** A claim of another machine that was not touched for so long has been left. */
const SILENCE_MS = 15_000;

/**
 * Waits until no other process writes into a folder, and keeps others out from then on.
 *
 * Each process claims the folder by a file whose name no other process uses, and then looks for others'
 * claims: where there is one of a process that runs, it takes its own back and tries again. Of two that
 * claim at once each sees the other, so that never both go on. A dead process's claim is told by its
 * process id, at once; there is nothing to take over, so no two can take the same thing over. (npm's
 * proper-lockfile 4.1 removes a lock by its name once it is five seconds old or more, and by then it may be
 * another's new one: with 24 processes after a kill, two held it at once in 3 of 15 rounds.)
 *
 * @param options.create makes the folder where it is missing
 * @throws {@link GenerateCertsError} `ERR_SET_LOCKED` where another run still writes after the time that
 * was given, `ERR_INTERRUPTED`, or a failed file system call's own error
 */
export async function lockFolder(
  folder: string,
  { lockTimeout, signal, create }: LockOptions & { readonly create: boolean },
): Promise<FolderLock> {
  const timeout = parseDuration(lockTimeout ?? DEFAULT_LOCK_TIMEOUT) * 1000;
  // Not the wall clock: it may jump.
  const begin = performance.now();
  const silence = new SilenceObserver();
  const made: string[] = [];
  let own: Claimant | undefined;
  let awaited: string | undefined;
  try {
    for (;;) {
      throwIfInterrupted(signal);
      let rival = (await liveClaims(folder, silence))[0];
      if (rival === undefined) {
        if (create) made.push(...(await makeSafeFolder(folder)));
        own = describeSelf(made.includes(folder));
        if (await putClaim(folder, own)) {
          rival = (await liveClaims(folder, silence, own))[0];
          if (rival === undefined) {
            debug('lock', () => `${quote(folder)} is this run's after ${since(begin)}`);
            return await heldLock(folder, own, made);
          }
          await removeClaim(folder, own);
        } else if (!create) {
          // Fails where the folder itself is gone: what was to be changed is not there any more.
          await fs.stat(folder);
        }
      }
      if (rival !== undefined && rival.token !== awaited) {
        const { pid, token } = rival;
        awaited = token;
        debug('lock', () => `${quote(folder)} is locked by process ${pid}: waiting`);
      }
      if (rival !== undefined && performance.now() - begin > timeout) {
        debug('lock', () => `giving up on ${quote(folder)} after ${since(begin)}`);
        throw locked(folder, rival, lockTimeout ?? DEFAULT_LOCK_TIMEOUT);
      }
      // At random, so that two that claimed at once do not do so again.
      await delay(5 + Math.random() * 40, undefined, signal && { signal }).catch(() => undefined);
    }
  } catch (error) {
    if (own !== undefined) await removeClaim(folder, own).catch(() => undefined);
    await removeEmptyFolders([...made, workPaths(folder).work]);
    throw error;
  }
}

/** Whether a process that runs has claimed the folder. */
export async function isClaimed(folder: string): Promise<boolean> {
  return (await liveClaims(folder, new SilenceObserver())).length > 0;
}

async function liveClaims(folder: string, silence: SilenceObserver, own?: Claimant): Promise<Claimant[]> {
  const claims = (listWorkFolder(folder) ?? []).flatMap((name) => parseClaimName(name) ?? []);
  const live: Claimant[] = [];
  for (const claim of claims) {
    if (claim.token === own?.token) continue;
    const life = lifeOf(claim);
    if (life === 'alive' || (life === 'unknown' && !(await silence.isSilent(folder, claim))))
      live.push(claim);
  }
  return live;
}

/**
 * Tells whether a process that cannot be asked for is gone: it touches its claim all the time. What is
 * measured is how long this process saw no change, so that the clocks of the two need not agree.
 */
class SilenceObserver {
  readonly #seen = new Map<string, { mtimeMs: number; since: number }>();

  async isSilent(folder: string, claim: Claimant): Promise<boolean> {
    const stats = await ifThere(fs.lstat(claimPath(folder, claim)));
    if (stats === undefined) return true;
    const before = this.#seen.get(claim.token);
    if (before?.mtimeMs === stats.mtimeMs) return performance.now() - before.since > SILENCE_MS;
    this.#seen.set(claim.token, { mtimeMs: stats.mtimeMs, since: performance.now() });
    return false;
  }
}

function claimPath(folder: string, claim: Claimant): string {
  return join(workPaths(folder).work, claimName(claim));
}

/** @returns false where the folder went away meanwhile */
async function putClaim(folder: string, own: Claimant): Promise<boolean> {
  const { work } = workPaths(folder);
  try {
    await fs.mkdir(work, { mode: FOLDER_MODE });
    await fs.chmod(work, FOLDER_MODE);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  try {
    await (await fs.open(claimPath(folder, own), 'wx', 0o644)).close();
    return true;
  } catch (error) {
    // The run before removed the work folder when it was done.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function removeClaim(folder: string, claim: Claimant): Promise<void> {
  const remove = () => fs.rm(claimPath(folder, claim), { force: true });
  await remove().catch(remove);
}

async function heldLock(folder: string, own: Claimant, made: readonly string[]): Promise<FolderLock> {
  const { work } = workPaths(folder);
  const dead = (listWorkFolder(folder) ?? [])
    .flatMap((name) => parseClaimName(name) ?? [])
    .filter(({ token }) => token !== own.token);
  const inherited = dead.some(({ madeFolder }) => madeFolder);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A heartbeat that fails is followed by the next.
    fs.utimes(claimPath(folder, own), now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    folder,
    madeFolder: own.madeFolder || inherited,
    assertHeld: async () => {
      await fs.stat(folder);
      if ((await ifThere(fs.lstat(claimPath(folder, own)))) !== undefined) return;
      throw new GenerateCertsError(
        'ERR_SET_LOCKED',
        `another run took the lock of ${quote(folder)} away`,
        'this process stood still for too long: run again',
      );
    },
    release: async (outcome) => {
      clearInterval(heartbeat);
      debug('lock', () => `${quote(folder)} is released (${outcome})`);
      // The claims of the dead last as long as the work: one of them may say who made the folder. One
      // that stays does no harm: the next run sees that its process is gone.
      for (const claim of [...dead, own]) await removeClaim(folder, claim).catch(() => undefined);
      await removeEmptyFolders([work]);
      if (outcome === 'failed') await removeEmptyFolders(inherited ? [folder] : made);
    },
  };
}

function since(begin: number): string {
  return `${(performance.now() - begin).toFixed(1)} ms`;
}

function locked(folder: string, { pid }: Claimant, waited: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_SET_LOCKED',
    `another run has been writing into ${quote(folder)} for ${waited} (process ${pid})`,
    'wait for its end, or wait longer with --lock-timeout',
  );
}
