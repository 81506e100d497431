import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MANIFEST_NAME, type Manifest } from '../../store/manifest/manifest.js';
import { readManifest } from '../../store/manifest/read.js';
import { nginxFiles } from './set.js';

/** How often the folder is looked at, in milliseconds: watching it fails on some mounted file systems. */
const LOOK_EVERY = 500;

/**
 * Tells of every change to the files that NGINX reads, no matter who made it: this program's renewal, another's,
 * `revoke`. The files are whole when it tells.
 *
 * @returns when the signal stops it
 */
export async function followSet(
  folder: string,
  known: Manifest,
  { onChange, signal }: { readonly onChange: (manifest: Manifest) => void; readonly signal: AbortSignal },
): Promise<void> {
  let state = '';
  let fingerprint = fingerprintOf(known);
  while (!signal.aborted) {
    const seen = await stateOf(folder);
    if (seen !== state) {
      // While it is written, or was taken away: the next look tells.
      const manifest = await readManifest(folder).catch(() => undefined);
      if (manifest !== undefined) {
        state = seen;
        const changed = fingerprintOf(manifest);
        if (changed !== fingerprint) onChange(manifest);
        fingerprint = changed;
      }
    }
    await delay(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
}

async function stateOf(folder: string): Promise<string> {
  const stats = await lstat(join(folder, MANIFEST_NAME), { bigint: true }).catch(() => undefined);
  return stats === undefined ? '' : [stats.ino, stats.size, stats.mtimeNs].join();
}

function fingerprintOf({ request, files }: Manifest): string {
  const paths = new Set(Object.values(nginxFiles(request.layouts)));
  return files
    .filter(({ path }) => paths.has(path))
    .map(({ path, sha256 }) => `${path}:${sha256}`)
    .join();
}
