import { GenerateCertsError, printable } from '../errors.js';
import { controllerOf, isRoot } from '../store/transaction/safe-folder.js';
import type { Terminal } from './terminal/terminal.js';

/**
 * Gives up root's rights for good where the set's folder belongs to another user (`sudo generate-certs` in a user's
 * project): what is made is that user's then, and nothing that the user does in the folder meanwhile reaches anything
 * of root's.
 *
 * @throws {@link GenerateCertsError} `ERR_FOLDER_UNSAFE` where the rights are needed to give a key away
 */
export function becomeOwnerOf(folder: string, needsRoot: boolean, terminal: Terminal): void {
  if (!isRoot()) return;
  const controller = controllerOf(folder);
  // The store refuses a folder that every user may write to.
  if (controller === undefined || controller === 'others') return;
  const { uid, gid } = controller;
  if (needsRoot) {
    throw new GenerateCertsError(
      'ERR_FOLDER_UNSAFE',
      `user ${uid} controls the folder ${printable(folder)}, and --owner needs root`,
      'choose a folder that root alone may write to',
    );
  }
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  terminal.progress(`going on as user ${uid}, who owns the folder ${printable(folder)}\n`);
}
