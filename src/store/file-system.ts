import { GenerateCertsError } from '../errors.js';

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
  EIO: ['the disk failed', 'check the disk, then run again'],
};

/** Turns a failed file system call into this package's error; any other error is passed on as it is. */
export function surroundingsError(error: unknown, doing: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof GenerateCertsError || errno === undefined) return error;
  const [problem, hint] = EXPLANATIONS[errno] ?? [errno, 'see the system documentation for this error'];
  return new GenerateCertsError('ERR_FILE_SYSTEM', `cannot ${doing}: ${problem}`, hint, { cause: error });
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
