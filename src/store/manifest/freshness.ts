import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatDistance } from '../../util/moments.js';
import { nextTurn } from '../../util/turns.js';
import { formatMode, recordedKeyAccess } from '../ownership/key-access.js';
import { errnoOf } from '../transaction/file-system.js';
import type { Manifest, ManifestFile, ManifestRequest } from './manifest.js';
import { sha256 } from './sha256.js';

/** A set is used again while this share of its life is left. */
const SHARE_LEFT = 0.25;

/**
 * Why the set in a folder does not serve a request, in a few words; nothing where it does: the same
 * request, at least a quarter of its life left, every file there and as it was made.
 */
export async function reasonToRemake(
  folder: string,
  manifest: Manifest,
  request: ManifestRequest,
  now: Date,
): Promise<string | undefined> {
  return (
    differingRequest(manifest.request, request) ??
    spentLife(manifest, now) ??
    (await firstDamage(
      folder,
      manifest.files.filter(({ path }) => path !== GITIGNORE_NAME),
    )) ??
    changedOwner(folder, manifest)
  );
}

function differingRequest(made: ManifestRequest, asked: ManifestRequest): string | undefined {
  const keys = Object.keys(asked) as (keyof ManifestRequest)[];
  const key = keys.find((candidate) => JSON.stringify(made[candidate]) !== JSON.stringify(asked[candidate]));
  if (key === undefined) return undefined;
  return `${WORDS[key]} differ: ${brief(made[key])}, now ${brief(asked[key])}`;
}

const WORDS: Record<keyof ManifestRequest, string> = {
  names: 'names',
  layouts: 'layouts',
  clients: 'clients',
  untrusted: 'untrusted clients',
  key: 'key types',
  caKey: 'CA key types',
  validFor: 'lifetimes',
  nameConstraints: 'name constraints',
  keyMode: 'key modes',
  owner: 'key owners',
};

function brief(value: unknown): string {
  const words = Array.isArray(value) ? value : [value ?? 'none'];
  const shown = words.slice(0, 3).join(', ');
  if (words.length > 3) return `${shown} and ${words.length - 3} more`;
  return shown === '' ? 'none' : shown;
}

function spentLife({ createdAt, expiresAt }: Manifest, now: Date): string | undefined {
  const [created, expires] = [Date.parse(createdAt), Date.parse(expiresAt)];
  const left = expires - now.getTime();
  if (left <= 0) return `it ended ${formatDistance(expiresAt, now)}`;
  if (now.getTime() < created) return `it was made ${formatDistance(createdAt, now)}, by this clock`;
  return left < (expires - created) * SHARE_LEFT ? `it ends ${formatDistance(expiresAt, now)}` : undefined;
}

/** What its owner edits of it is no damage to the set. */
const GITIGNORE_NAME = '.gitignore';

/** Whoever must read `server.key` may have lost it since. */
function changedOwner(folder: string, { request, files }: Manifest): string | undefined {
  const { owner } = recordedKeyAccess(request);
  if (owner === undefined) return undefined;
  for (const { path } of files.filter((file) => /(?:^|\/)server\.key$/.test(file.path))) {
    const stats = statInside(folder, path);
    const changed = stats?.uid !== owner.uid || (owner.gid !== undefined && stats.gid !== owner.gid);
    if (changed) return `${path} has owner ${stats?.uid}:${stats?.gid}, not ${owner.text}`;
  }
  return undefined;
}

async function firstDamage(folder: string, files: readonly ManifestFile[]): Promise<string | undefined> {
  for (const [path, damage] of await findDamages(folder, files, { most: 1 })) return `${path} ${damage}`;
  return undefined;
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
): Promise<Map<string, string>> {
  const damages = new Map<string, string>();
  for (const [index, file] of files.entries()) {
    if (damages.size >= most) break;
    if (index % FILES_A_TURN === FILES_A_TURN - 1) await nextTurn();
    const damage = damageOf(folder, file);
    if (damage !== undefined) damages.set(file.path, damage);
  }
  return damages;
}

/** Reads at once: a small file takes 15 µs so, and 200 µs by way of Node's thread pool. */
function damageOf(folder: string, file: ManifestFile): string | undefined {
  try {
    return damageIn(folder, file);
  } catch (error) {
    // Another user's key: what can be told of the set is told without it.
    if (errnoOf(error) === 'EACCES') return 'cannot be read by this user';
    throw error;
  }
}

function damageIn(folder: string, file: ManifestFile): string | undefined {
  const stats = statInside(folder, file.path);
  if (stats === undefined) return 'is missing';
  if (!stats.isFile()) return 'is no regular file any more';
  try {
    if (sha256(readFileSync(join(folder, file.path))) !== file.sha256) return 'was changed';
  } catch (error) {
    // Another user's key: who looks at the set must not be stopped by it.
    if (errnoOf(error) === 'EACCES') return 'cannot be read by this user';
    throw error;
  }
  const mode = formatMode(stats.mode & 0o777);
  // Windows keeps no such permissions.
  if (process.platform !== 'win32' && mode !== file.mode) return `has mode ${mode}, not ${file.mode}`;
  return undefined;
}

/** A file of a set's folder, no symbolic link being followed on the way; nothing where there is none. */
export function statInside(folder: string, path: string): Stats | undefined {
  const parent = dirname(path);
  if (parent !== '.') {
    const stats = lstatSync(join(folder, parent), { throwIfNoEntry: false });
    // Below a file there is nothing; a link is not followed, and is what is there.
    if (stats?.isDirectory() !== true) return stats?.isFile() ? undefined : stats;
  }
  return lstatSync(join(folder, path), { throwIfNoEntry: false });
}
