import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { accessFor, formatMode, recordedKeyAccess } from '../../request/key-access.js';
import { readRegularFile } from '../../util/regular-file.js';
import { nextTurn } from '../../util/turns.js';
import { foldersOf } from '../folders.js';
import { errnoOf } from '../transaction/file-system.js';
import type { Manifest, ManifestFile } from './manifest.js';
import { sha256 } from './sha256.js';

/** What happened to a file of a set since it was made. */
export interface Damage {
  readonly kind: 'missing' | 'irregular' | 'changed' | 'unreadable' | 'mode' | 'owner';
  /** For people, to follow the file's path. */
  readonly text: string;
}

/** Whether the content of a file is lost or in doubt, and not just its permissions. */
export function isContentLost({ kind }: Damage): boolean {
  return kind === 'missing' || kind === 'irregular' || kind === 'changed';
}

/** How many files are looked at before others get their turn. */
const FILES_A_TURN = 200;

/**
 * What happened to files since they were made, by path; nothing of those that are as they were.
 *
 * @param options.most stops when so many damages are found
 */
export async function findDamages(
  folder: string,
  files: readonly ManifestFile[],
  { most = Number.POSITIVE_INFINITY }: { readonly most?: number } = {},
): Promise<Map<string, Damage>> {
  const damages = new Map<string, Damage>();
  for (const [index, file] of files.entries()) {
    if (damages.size >= most) break;
    if (index % FILES_A_TURN === FILES_A_TURN - 1) await nextTurn();
    const damage = damageOf(folder, file);
    if (damage !== undefined) damages.set(file.path, damage);
  }
  return damages;
}

const UNREADABLE: Damage = { kind: 'unreadable', text: 'cannot be read by this user' };

/** Reads at once: a small file takes 15 µs so, and 200 µs by way of Node's thread pool. */
function damageOf(folder: string, file: ManifestFile): Damage | undefined {
  try {
    return damageIn(folder, file);
  } catch (error) {
    // Another user's key: what can be told of the set is told without it.
    if (errnoOf(error) === 'EACCES') return UNREADABLE;
    throw error;
  }
}

function damageIn(folder: string, file: ManifestFile): Damage | undefined {
  const stats = statInside(folder, file.path);
  if (stats === undefined) return { kind: 'missing', text: 'is missing' };
  if (!stats.isFile()) return { kind: 'irregular', text: 'is not a regular file any more' };
  try {
    if (sha256(readRegularFile(join(folder, file.path))) !== file.sha256)
      return { kind: 'changed', text: 'was changed' };
  } catch (error) {
    // Another user's key: it does not keep this user from looking at the rest.
    if (errnoOf(error) === 'EACCES') return UNREADABLE;
    throw error;
  }
  const mode = formatMode(stats.mode & 0o777);
  // Windows keeps no such permissions.
  if (process.platform !== 'win32' && mode !== file.mode) {
    return { kind: 'mode', text: `has mode ${mode}, not ${file.mode}` };
  }
  return undefined;
}

/** A file of a set's folder, no symbolic link being followed on the way; nothing where there is none. */
export function statInside(folder: string, path: string): Stats | undefined {
  for (const parent of foldersOf([path])) {
    const stats = lstatSync(join(folder, parent), { throwIfNoEntry: false });
    // Below a file there is nothing; a link is not followed, and is what is there.
    if (stats?.isDirectory() !== true) return stats?.isFile() ? undefined : stats;
  }
  return lstatSync(join(folder, path), { throwIfNoEntry: false });
}

/** The keys that were taken from the user who is to read them, by path. */
export function findLostOwners(folder: string, { request, certificates }: Manifest): Map<string, Damage> {
  const lost = new Map<string, Damage>();
  if (request.owner === null) return lost;
  const access = recordedKeyAccess(request);
  for (const certificate of certificates) {
    const { owner } = accessFor(access, certificate);
    if (owner === undefined) continue;
    for (const path of new Set(Object.values(certificate.files).flatMap(({ key }) => key ?? []))) {
      const stats = statInside(folder, path);
      const changed = stats?.uid !== owner.uid || (owner.gid !== undefined && stats.gid !== owner.gid);
      if (!changed) continue;
      const text = `has owner ${stats?.uid}:${stats?.gid}, not ${owner.text}`;
      lost.set(path, { kind: 'owner', text });
    }
  }
  return lost;
}
