import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimName, describeSelf, lifeOf, parseClaimName } from './claimant.js';
import { environmentError } from './file-system.js';
import { controllerOf, isRoot } from './safe-folder.js';

const NAME = /^generate-certs-(?:set|client)-(claim\..*)-[A-Za-z0-9]{6}$/;

/**
 * Makes a folder that only this user can enter, and removes those of processes that were killed. Its name says whose it
 * is: a file in it would come too late for who is killed in between.
 *
 * @param purpose what is in it: a set, or what a client is tried with
 * @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM`
 */
export async function makeTemporaryFolder(purpose: 'set' | 'client'): Promise<string> {
  try {
    const parent = await fs.realpath(tmpdir());
    await removeLeftovers(parent);
    // mkdtemp(3) makes it with mode 0700 and a name that was not there.
    return await fs.mkdtemp(join(parent, `generate-certs-${purpose}-${claimName(describeSelf(false))}-`));
  } catch (error) {
    throw environmentError(error, `make a folder in ${tmpdir()}`);
  }
}

/** Whether a process that has ended made what has this claim in its name. */
export function isLeftBehind(claim: string): boolean {
  const claimant = parseClaimName(claim);
  return claimant !== undefined && lifeOf(claimant) === 'dead';
}

async function removeLeftovers(parent: string): Promise<void> {
  const names = await fs.readdir(parent).catch(() => []);
  for (const name of names) {
    const claim = NAME.exec(name)?.[1];
    if (claim === undefined || !isLeftBehind(claim)) continue;
    // Another run may be at it as well, and what cannot be removed is no reason to fail.
    await removeOwn(join(parent, name)).catch(() => undefined);
  }
}

/** In a folder that everybody may write to, a name proves nothing: only what is this user's alone goes. */
async function removeOwn(path: string): Promise<void> {
  const stats = await fs.lstat(path);
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0) return;
  if (isRoot() && controllerOf(path) !== undefined) return;
  await removeEach(path);
}

/** Entry by entry; a link is removed, not followed. */
async function removeEach(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? removeEach(path) : fs.unlink(path));
  }
  await fs.rmdir(folder);
}
