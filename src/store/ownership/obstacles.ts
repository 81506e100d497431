import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { foldersOf } from '../folders.js';
import { MANIFEST_NAME, type Manifest } from '../manifest/manifest.js';
import { WORK_FOLDER } from '../transaction/work-folder.js';
import { findForeign } from './ownership.js';

/** How many files in the way a message names. */
const MOST_NAMED = 5;

/**
 * Makes sure that nothing which this program did not write stands where a set's files are to go (see
 * {@link findForeign}). Symbolic links are never followed: one in the way is a foreign file.
 *
 * @param paths where the files are to go, relative to the folder
 * @param old the manifest of the set that is there, whose files may be replaced
 * @param options.hint what to do about foreign files
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY`
 */
export async function refuseObstacles(
  folder: string,
  paths: readonly string[],
  old: Manifest | undefined,
  { force, hint }: { readonly force: boolean; readonly hint: string },
): Promise<void> {
  if (isEmpty(folder)) return;
  const stat = (path: string) => lstatSync(join(folder, path), { throwIfNoEntry: false });
  for (const path of foldersOf(paths)) {
    if (stat(path)?.isDirectory() === false) throw unmovable(path, 'is not a folder');
  }
  for (const path of [...paths, MANIFEST_NAME]) {
    if (stat(path)?.isDirectory() === true) throw unmovable(path, 'is a folder');
  }
  if (force) return;
  const inTheWay = await findForeign(folder, paths, old);
  if (old === undefined && stat(MANIFEST_NAME) !== undefined) inTheWay.push(MANIFEST_NAME);
  if (inTheWay.length === 0) return;
  const named = inTheWay.slice(0, MOST_NAMED).map(quote).join(', ');
  const others = inTheWay.length > MOST_NAMED ? ` and ${inTheWay.length - MOST_NAMED} more` : '';
  throw new GenerateCertsError(
    'ERR_FILE_IN_THE_WAY',
    `in ${quote(folder)} this program did not write ${named}${others}`,
    hint,
  );
}

/** Whether there is nothing in a folder but what this run has put there: then nothing is in the way. */
export function isEmpty(folder: string): boolean {
  return readdirSync(folder).every((name) => name === WORK_FOLDER);
}

function unmovable(path: string, problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_FILE_IN_THE_WAY',
    `${quote(path)} is in the way: it ${problem}`,
    'move it away, or choose another folder with --out',
  );
}
