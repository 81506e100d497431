import { lstatSync, statSync } from 'node:fs';
import { GenerateCertsError, printable, quote } from '../errors.js';
import { environmentError, errnoOf } from './transaction/file-system.js';

/**
 * Whether a set's folder is there.
 *
 * @throws {@link GenerateCertsError} `ERR_OUT_INVALID` where something else is in its place
 */
export function statFolder(folder: string): boolean {
  // From JavaScript anything may come.
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) {
    throw outInvalid(`${quote(folder)} is not a folder's name`);
  }
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    // Another run may have made the folder between the two looks: only a link leads nowhere.
    if (stats === undefined && lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      throw outInvalid(`${quote(folder)} is a symbolic link that leads nowhere`);
    }
    if (stats === undefined || stats.isDirectory()) return stats !== undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENAMETOOLONG') throw outInvalid(`${quote(folder)} is too long for a folder's name`);
    if (errno === 'ELOOP') throw outInvalid(`${quote(folder)} is a symbolic link that leads in a circle`);
    if (errno !== 'ENOTDIR') throw environmentError(error, `look into ${printable(folder)}`);
  }
  throw outInvalid(`${quote(folder)} is a file, not a folder`);
}

function outInvalid(message: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OUT_INVALID', message, 'name a folder with --out');
}
