import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** What is read of a file at the most, in bytes: far more than any certificate, key or list has. */
const MOST_BYTES = 10_000_000;

/**
 * Reads a regular file at once. What is in its place may have been put there by anybody: a symbolic link is not
 * followed, a pipe or a device is not waited for, and of a file that grows no more than the bound is read.
 *
 * @param options.most the largest size, in bytes
 * @param options.onChunk looks at each part as it is read; what it throws ends the reading
 * @throws a file system error: `ELOOP` for a symbolic link, `EFTYPE` for whatever else is no regular file, `EFBIG`
 * for a larger one
 */
export function readRegularFile(
  path: string,
  {
    most = MOST_BYTES,
    followLinks = false,
    onChunk,
  }: {
    readonly most?: number;
    readonly followLinks?: boolean;
    readonly onChunk?: (chunk: Buffer) => void;
  } = {},
): Buffer {
  // Windows has none of these.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0, O_NOCTTY = 0 } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (followLinks ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw failure('EFTYPE', path, 'not a regular file');
    if (stats.size > most) throw failure('EFBIG', path, 'file too large');
    return readBounded(descriptor, path, stats.size, { most, onChunk });
  } finally {
    closeSync(descriptor);
  }
}

/** The text of a regular file; empty where there is none that this user may read. */
export function readIfRegular(path: string): string {
  try {
    return readRegularFile(path).toString('utf8');
  } catch {
    return '';
  }
}

const CHUNK = 1 << 20;

function readBounded(
  descriptor: number,
  path: string,
  size: number,
  { most, onChunk }: { most: number; onChunk: ((chunk: Buffer) => void) | undefined },
): Buffer {
  let buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, Math.min(CHUNK, buffer.length - length), null);
    if (read === 0) return buffer.subarray(0, length);
    onChunk?.(buffer.subarray(length, length + read));
    length += read;
    if (length > most) throw failure('EFBIG', path, 'file too large');
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(CHUNK)]);
  }
}

function failure(code: string, path: string, problem: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${problem}, open '${path}'`), { code, path });
}
