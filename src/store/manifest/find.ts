// The manifest as it is in this moment: for readers that have made sure of the moment.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { DensityCheck } from '../../util/density.js';
import { readRegularFile } from '../../util/regular-file.js';
import { statFolder } from '../out-folder.js';
import { environmentError } from '../transaction/file-system.js';
import { LARGEST_MANIFEST, MANIFEST_NAME, type Manifest, parseManifest } from './manifest.js';

/** @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID` or `ERR_FILE_SYSTEM` */
export function requireManifest(folder: string): Manifest {
  const manifest = findManifest(folder);
  if (manifest !== undefined) return manifest;
  throw new GenerateCertsError(
    'ERR_SET_NOT_FOUND',
    `there is no set in ${quote(folder)}`,
    "make one with 'generate-certs', or name its folder with --out",
  );
}

/** As {@link requireManifest}, but nothing where there is no set. */
export function findManifest(folder: string): Manifest | undefined {
  statFolder(folder);
  const path = join(folder, MANIFEST_NAME);
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFile()) throw notAManifest('it is not a regular file');
    if (stats.size > LARGEST_MANIFEST) throw notAManifest(`it has ${stats.size} bytes`);
    const density = new DensityCheck();
    const text = readRegularFile(path, {
      most: LARGEST_MANIFEST,
      onChunk: (chunk) => {
        if (!density.add(chunk)) throw notAManifest('it is too dense');
      },
    });
    return parseManifest(text.toString('utf8'));
  } catch (error) {
    throw environmentError(error, `read ${path}`);
  }
}

/** The manifest of the set that is to be replaced. One that cannot be read is a foreign file. */
export function findReplaceable(
  folder: string,
  { force }: { readonly force: boolean },
): Manifest | undefined {
  try {
    return findManifest(folder);
  } catch (error) {
    const foreign = error instanceof GenerateCertsError && error.code === 'ERR_MANIFEST_INVALID';
    if (foreign && force) return undefined;
    throw error;
  }
}

function notAManifest(problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_MANIFEST_INVALID',
    `${MANIFEST_NAME} is not a manifest of this program: ${problem}`,
    'name another folder with --out, or replace the file with --force',
  );
}
