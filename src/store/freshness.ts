import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fs from 'fs-extra';
import { formatDistance } from '../moments.js';
import { ifThere } from './file-system.js';
import { formatMode } from './key-access.js';
import type { Manifest, ManifestFile, ManifestRequest } from './manifest.js';
import { sha256 } from './plan.js';

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
    (await firstDamage(folder, manifest.files))
  );
}

function differingRequest(made: ManifestRequest, asked: ManifestRequest): string | undefined {
  const keys = Object.keys(asked) as (keyof ManifestRequest)[];
  const key = keys.find((candidate) => !isDeepStrictEqual(made[candidate], asked[candidate]));
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

async function firstDamage(folder: string, files: readonly ManifestFile[]): Promise<string | undefined> {
  for (const file of files) {
    const damage = await damageOf(folder, file);
    if (damage !== undefined) return `${file.path} ${damage}`;
  }
  return undefined;
}

/** What happened to a file since it was made; nothing where it is as it was. */
export async function damageOf(folder: string, file: ManifestFile): Promise<string | undefined> {
  const path = join(folder, file.path);
  const stats = await ifThere(fs.lstat(path));
  if (stats === undefined) return 'is missing';
  if (!stats.isFile()) return 'is no regular file any more';
  if (sha256(await fs.readFile(path)) !== file.sha256) return 'was changed';
  const mode = formatMode(stats.mode & 0o777);
  // Windows keeps no such permissions.
  if (process.platform !== 'win32' && mode !== file.mode) return `has mode ${mode}, not ${file.mode}`;
  return undefined;
}
