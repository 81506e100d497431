import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { errnoOf, makeFolder, removeEmptyFolders } from './file-system.js';

/**
 * The user who controls a folder beside root: the first on the way to it who owns a folder or a link. Such a user can
 * exchange entries between two calls, so that root would write, give away or remove something else.
 *
 * A folder in which others may make entries counts as theirs. On the way to the set's folder it may be sticky as `/tmp`
 * is: no user can exchange another user's entries there.
 *
 * It is looked at from the root of the file system on, link by link: what is found to be root's alone cannot be
 * exchanged while what is below it is looked at.
 *
 * @returns nothing where root alone controls it
 */
export function controllerOf(folder: string): Controller | undefined {
  const steps = stepsOf(resolve(folder));
  let path = parse(resolve(folder)).root;
  let links = 0;
  for (;;) {
    const stats = statsOf(path);
    // What is not there yet is made by root, in a folder of root's.
    if (stats === undefined) return undefined;
    if (stats.uid !== 0) return { uid: stats.uid, gid: stats.gid };
    if (stats.isSymbolicLink()) {
      // Others say what is wrong with a circle.
      if (++links > MOST_LINKS) return undefined;
      const target = resolve(dirname(path), readlinkSync(path));
      steps.unshift(...stepsOf(target));
      path = parse(target).root;
      continue;
    }
    if (othersMayExchange(stats, steps.length === 0)) return 'others';
    const next = steps.shift();
    if (next === undefined) return undefined;
    path = join(path, next);
  }
}

/** What is there; nothing also below a file, in whose place others say that a folder is wanted. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A user, or `others` where it may be any. */
export type Controller = { readonly uid: number; readonly gid: number } | 'others';

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

function stepsOf(path: string): string[] {
  return path
    .split(sep)
    .slice(1)
    .filter((step) => step !== '');
}

/**
 * Makes sure that root does not work in a folder that another user controls.
 *
 * @throws {@link GenerateCertsError} `ERR_FOLDER_UNSAFE`
 */
export function requireSafeFolder(folder: string): void {
  const controller = isRoot() ? controllerOf(folder) : undefined;
  if (controller === undefined) return;
  throw new GenerateCertsError(
    'ERR_FOLDER_UNSAFE',
    controller === 'others'
      ? `every user may exchange files in ${quote(folder)}, and this is root`
      : `the folder ${quote(folder)} is under the control of user ${controller.uid}, and this is root`,
    controller === 'others'
      ? 'choose a folder that root alone may write to'
      : 'run as that user, or choose a folder that root alone may write to',
  );
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

const STICKY = 0o1000;

function othersMayExchange({ mode }: Stats, isLast: boolean): boolean {
  return (mode & 0o022) !== 0 && (isLast || (mode & STICKY) === 0);
}

/**
 * Makes a folder and what is missing above it. For root each is looked at before anything is made in it: in a sticky
 * folder another user may have taken its place.
 *
 * @returns as {@link makeFolder}
 * @throws {@link GenerateCertsError} `ERR_FOLDER_UNSAFE`
 */
export async function makeSafeFolder(folder: string): Promise<string[]> {
  if (!isRoot()) return makeFolder(folder);
  const missing: string[] = [];
  let path = folder;
  for (; statsOf(path) === undefined; path = dirname(path)) missing.unshift(path);
  requireSafeFolder(missing[0] ?? folder);
  const made: string[] = [];
  try {
    for (const next of missing) {
      made.push(...(await makeFolder(next)));
      requireSafeFolder(next);
    }
    return made;
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}
