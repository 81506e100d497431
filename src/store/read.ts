import { join } from 'node:path';
import fs from 'fs-extra';
import { GenerateCertsError, quote } from '../errors.js';
import { errnoOf, ifThere, surroundingsError } from './file-system.js';
import { MANIFEST_NAME, type Manifest, parseManifest } from './manifest.js';

/** The largest manifest that is read: room for the most clients that a set may have. */
const LARGEST_MANIFEST = 95_000_000;

/**
 * Reads the manifest of the set in a folder.
 *
 * @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID` or
 * `ERR_FILE_SYSTEM`
 *
 * @example
 * ```ts
 * const { request, expiresAt } = await readManifest('certs');
 * console.log(request.names, expiresAt);
 * ```
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = await findManifest(folder);
  if (manifest !== undefined) return manifest;
  throw new GenerateCertsError(
    'ERR_SET_NOT_FOUND',
    `there is no set in ${quote(folder)}`,
    "make one with 'generate-certs', or name its folder with --out",
  );
}

/** As {@link readManifest}, but nothing where there is no set. */
export async function findManifest(folder: string): Promise<Manifest | undefined> {
  await statFolder(folder);
  const path = join(folder, MANIFEST_NAME);
  try {
    const stats = await ifThere(fs.lstat(path));
    if (stats === undefined) return undefined;
    if (!stats.isFile()) throw notAManifest('it is not a regular file');
    if (stats.size > LARGEST_MANIFEST) throw notAManifest(`it has ${stats.size} bytes`);
    return parseManifest(await fs.readFile(path, 'utf8'));
  } catch (error) {
    throw surroundingsError(error, `read ${path}`);
  }
}

/**
 * Whether a set's folder is there.
 *
 * @throws {@link GenerateCertsError} `ERR_OUT_INVALID` where something else is in its place
 */
export async function statFolder(folder: string): Promise<boolean> {
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) {
    throw outInvalid(`${quote(folder)} is not a folder's name`);
  }
  try {
    const stats = await ifThere(fs.stat(folder));
    if (stats === undefined || stats.isDirectory()) return stats !== undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENAMETOOLONG') throw outInvalid(`${quote(folder)} is too long for a folder's name`);
    if (errno === 'ELOOP') throw outInvalid(`${quote(folder)} is a symbolic link that leads in a circle`);
    if (errno !== 'ENOTDIR') throw surroundingsError(error, `look into ${folder}`);
  }
  throw outInvalid(`${quote(folder)} is a file, not a folder`);
}

function outInvalid(message: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OUT_INVALID', message, 'name a folder with --out');
}

function notAManifest(problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_MANIFEST_INVALID',
    `${MANIFEST_NAME} is no manifest of this program: ${problem}`,
    'name another folder with --out, or replace the file with --force',
  );
}
