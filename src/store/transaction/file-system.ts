import { close, promises as fs, fsync, open } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { promisify } from 'node:util';
import { GenerateCertsError } from '../../errors.js';
import { forEachBounded } from '../../util/bounded.js';

/** Permissions of folders, under any umask: the keys are what is guarded, and a container must be able to walk in. */
export const FOLDER_MODE = 0o755;

/** The error of a failed file system call, or nothing for any other error. */
export function errnoOf(error: unknown): string | undefined {
  // Not by its class: Jest runs a suite in a realm of its own, where the file system's errors are no Error.
  if (error === null || typeof error !== 'object' || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const EXPLANATIONS: Record<string, readonly [problem: string, hint: string]> = {
  EACCES: ['permission denied', 'choose a folder that you may write to'],
  EPERM: ['not permitted', 'choose a folder that you may write to'],
  EROFS: ['the file system is read-only', 'choose a folder that can be written to'],
  ENOSPC: ['no space is left on the disk', 'free some space and run again'],
  EDQUOT: ['the disk quota is used up', 'free some space and run again'],
  EMFILE: ['too many open files', 'raise the limit of open files (ulimit -n)'],
  ENOENT: ['it is gone', 'something removed it meanwhile: run again'],
  ELOOP: ['it is a symbolic link', 'put a regular file there, or move the link away'],
  EFTYPE: ['it is not a regular file', 'move it away'],
  EFBIG: ['it is too large', 'move it away'],
  EIO: ['the disk failed', 'check the disk, then run again'],
};

const READING_FORBIDDEN = ['permission denied', 'run as a user who may read it'] as const;

/** Turns a failed file system call into this package's error; any other error is passed on as it is. */
export function environmentError(error: unknown, doing: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof GenerateCertsError || errno === undefined) return error;
  const reads = /^(?:read|look)\b/.test(doing);
  const explained = reads && errno === 'EACCES' ? READING_FORBIDDEN : EXPLANATIONS[errno];
  const [problem, hint] = explained ?? [errno, 'see the system documentation for this error'];
  return new GenerateCertsError('ERR_FILE_SYSTEM', `cannot ${doing}: ${problem}`, hint, { cause: error });
}

/** Whether a call failed because this user may not write there. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '');
}

/** Whether a call failed because the disk has no room. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/** The result of a lookup, or nothing where there is no such file. */
export async function ifThere<T>(lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes a folder and what is missing above it, under any umask.
 *
 * @param mode of the folder itself; what is above it has 0755
 *
 * @returns what this call made, the outermost first; nothing that another process made meanwhile
 */
export async function makeFolder(folder: string, mode: number = FOLDER_MODE): Promise<string[]> {
  const above: string[] = [];
  try {
    await fs.mkdir(folder, { mode });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return [];
    if (errnoOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    above.push(...(await makeFolder(dirname(folder))));
    try {
      await fs.mkdir(folder, { mode });
    } catch (second) {
      if (errnoOf(second) === 'EEXIST') return above;
      await removeEmptyFolders(above);
      throw second;
    }
  }
  const made = [...above, folder];
  try {
    await fs.chmod(folder, mode);
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
  return made;
}

/** Removes the folders that are empty, the last first; one that holds anything stays. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) {
    const remove = () => fs.rmdir(folder);
    // Twice: a disk may fail just once.
    await remove()
      .catch(remove)
      .catch(() => undefined);
  }
}

/** Makes what was done in a folder survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; its file system keeps their order itself.
  if (process.platform === 'win32') return;
  await sync(folder, 'r').catch((error) => {
    // Some network file systems have no such call for folders.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
  });
}

/** By its descriptor: the `FileHandle` of Yarn's Plug'n'Play has no `sync`. */
async function sync(path: string, flags: string): Promise<void> {
  const descriptor = await openFile(path, flags);
  try {
    await syncDescriptor(descriptor);
  } finally {
    await closeDescriptor(descriptor);
  }
}

const openFile: (path: string, flags: string) => Promise<number> = promisify(open);
const syncDescriptor = promisify(fsync);
const closeDescriptor = promisify(close);

/**
 * More files than this are synced by one call for the whole file system, where there is such a call. Fewer are
 * not: they take 0.3 s at most, and others may have much to be written on the same disk.
 */
const MOST_SYNCED_EACH = 2000;

/** Makes the content of files survive a loss of power. */
export async function syncFiles(
  folder: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (paths.length > MOST_SYNCED_EACH && (await syncFileSystem(folder, signal))) return;
  // What interrupted the work looks for that next.
  if (signal?.aborted) return;
  // Windows syncs what is open for writing alone.
  const flags = process.platform === 'win32' ? 'r+' : 'r';
  await forEachSideBySide(paths, (path) => sync(path, flags));
}

/**
 * Has everything on a folder's file system written to the disk: 20,000 files take 0.4 s so, and 3 s one by
 * one. Node has no such call; on Linux every distribution has a program that makes it, `sync` (1).
 *
 * @returns false where that cannot be done
 */
async function syncFileSystem(folder: string, signal: AbortSignal | undefined): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const child = spawn('sync', ['-f', resolvePath(folder)], { stdio: 'ignore', ...(signal && { signal }) });
    child.on('error', () => resolve(false));
    child.on('exit', (status) => resolve(status === 0));
  });
}

/** How many files are worked on at once: enough to keep the disk busy, far below any limit of open files. */
const SIDE_BY_SIDE = 16;

/** Does some work for every item, several at once. After the first failure no more are begun. */
export function forEachSideBySide<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  return forEachBounded(items, SIDE_BY_SIDE, work);
}
