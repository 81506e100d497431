import { join } from 'node:path';
import fs from 'fs-extra';
import { GenerateCertsError, quote } from '../errors.js';
import { ifThere } from './file-system.js';
import { MANIFEST_NAME, type Manifest } from './manifest.js';

/** How many files in the way a message names. */
const MOST_NAMED = 5;

/**
 * Makes sure that nothing which this program did not write stands where a set's files are to go.
 * Symbolic links are never followed: one in the way is a foreign file.
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
  const own = new Set(old === undefined ? [] : [MANIFEST_NAME, ...old.files.map(({ path }) => path)]);
  const inTheWay: string[] = [];
  for (const path of new Set([...paths.flatMap(withParent), MANIFEST_NAME])) {
    const stats = await ifThere(fs.lstat(join(folder, path)));
    if (stats === undefined) continue;
    const wanted = paths.includes(path) || path === MANIFEST_NAME ? 'file' : 'folder';
    if (wanted === 'folder' && stats.isDirectory()) continue;
    if (wanted === 'file' && stats.isDirectory()) throw unmovable(path, 'is a folder');
    if (wanted === 'folder') throw unmovable(path, 'is not a folder');
    if (!force && !(own.has(path) && stats.isFile())) inTheWay.push(path);
  }
  if (inTheWay.length === 0) return;
  const named = inTheWay.slice(0, MOST_NAMED).map(quote).join(', ');
  const others = inTheWay.length > MOST_NAMED ? ` and ${inTheWay.length - MOST_NAMED} more` : '';
  throw new GenerateCertsError(
    'ERR_FILE_IN_THE_WAY',
    `in ${quote(folder)} this program did not write ${named}${others}`,
    hint,
  );
}

function withParent(path: string): string[] {
  const slash = path.indexOf('/');
  return slash < 0 ? [path] : [path.slice(0, slash), path];
}

function unmovable(path: string, problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_FILE_IN_THE_WAY',
    `${quote(path)} is in the way: it ${problem}`,
    'move it away, or choose another folder with --out',
  );
}
