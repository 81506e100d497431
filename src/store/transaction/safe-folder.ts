import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';

/**
 * The user who controls a folder beside root: its owner, or that of a folder on the way to it. Such a user can exchange
 * entries between two calls, so that root would write, give away or remove something else.
 *
 * A folder in which others may make entries counts as theirs, unless it is sticky as `/tmp` is: there nobody can
 * exchange what belongs to another.
 *
 * @returns nothing where root alone controls it
 */
export function controllerOf(
  folder: string,
): { readonly uid: number; readonly gid: number } | 'others' | undefined {
  for (let path = nearestExisting(folder); ; path = dirname(path)) {
    const stats = lstatSync(path);
    if (stats.uid !== 0) return { uid: stats.uid, gid: stats.gid };
    if (othersMayExchange(stats)) return 'others';
    if (dirname(path) === path) return undefined;
  }
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

function othersMayExchange({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0 && (mode & STICKY) === 0;
}

function nearestExisting(folder: string): string {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      return realpathSync(path);
    } catch {
      if (dirname(path) === path) return path;
    }
  }
}
