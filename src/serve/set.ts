import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { type LayoutName, layoutFolder } from '../layouts/index.js';
import type { CertificateSetOptions } from '../request/request.js';
import { renewCertificateSet } from '../store/change.js';
import { ensureCertificateSet } from '../store/ensure.js';
import { MANIFEST_NAME, type Manifest } from '../store/manifest/manifest.js';
import { findManifest, readManifest } from '../store/manifest/read.js';
import { msUntilDue } from '../store/watch.js';
import type { ServerTls } from './nginx-config.js';

/**
 * Makes the set, or uses the one that is there whatever else it holds: its clients are known to somebody. One
 * that is near its end is renewed, so that its CA stays.
 *
 * @param names the endpoint's names; those of the set that is there where none are given
 * @throws {@link GenerateCertsError} as {@link ensureCertificateSet}; `ERR_LAYOUT_UNKNOWN` where the set has
 * no files for NGINX
 */
export async function prepareSet(
  folder: string,
  names: readonly string[] | undefined,
  { renewAt, signal }: { readonly renewAt: number; readonly signal: AbortSignal },
): Promise<{ manifest: Manifest; warnings: readonly Warning[] }> {
  const found = findManifest(folder);
  if (found !== undefined) requireNginxLayout(folder, found);
  const options = found === undefined ? {} : optionsOf(found);
  const sameNames = names === undefined || names.join() === found?.request.names.join();
  if (found !== undefined && sameNames && msUntilDue(found, renewAt, Date.now()) <= 0) {
    try {
      const { manifest } = await renewCertificateSet(folder, { signal });
      return { manifest, warnings: [] };
    } catch (error) {
      // What cannot be renewed is made anew below.
      if (!(error instanceof GenerateCertsError && error.code === 'ERR_SET_DAMAGED')) throw error;
    }
  }
  const { manifest, made, warnings } = await ensureCertificateSet(folder, {
    ...options,
    ...(names && { names }),
    signal,
  });
  // What there was to say of a set was said when it was made.
  return { manifest, warnings: made ? warnings : [] };
}

function optionsOf({ request }: Manifest): CertificateSetOptions & { keyMode: string; owner?: string } {
  const { owner, ...others } = request;
  const options = { ...others, keyMode: request.keyMode.slice(1), ...(owner !== null && { owner }) };
  // What a manifest holds is checked as what is typed is.
  return options as CertificateSetOptions & { keyMode: string; owner?: string };
}

function requireNginxLayout(folder: string, { request: { layouts } }: Manifest): void {
  if (layouts.includes('nginx')) return;
  throw new GenerateCertsError(
    'ERR_LAYOUT_UNKNOWN',
    `the set in ${quote(folder)} has no layout for NGINX`,
    'make it with --layout nginx too, or name another folder with --out',
  );
}

/** The layouts of a set that is yet to be made. */
const DEFAULT_LAYOUTS = ['nginx', 'grpc'];

/** The files that NGINX reads, relative to the set's folder. */
function nginxFiles(layouts: readonly string[]): ServerTls {
  const folder = layoutFolder('nginx', layouts as LayoutName[]);
  return {
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server.key'),
    clientCa: join(folder, 'client_cert_ca.pem'),
    revocationList: join(folder, 'client_cert_ca.crl'),
  };
}

/** The files that NGINX reads, absolute. */
export function serverTls(folder: string, manifest: Manifest | undefined): ServerTls {
  const files = nginxFiles(manifest?.request.layouts ?? DEFAULT_LAYOUTS);
  const absolute = Object.entries(files).map(([part, path]) => [part, resolve(folder, path)]);
  return Object.fromEntries(absolute) as ServerTls;
}

/** How often the folder is looked at, in milliseconds: watching it fails on some mounted file systems. */
const LOOK_EVERY = 500;

/**
 * Tells of every change to the files that NGINX reads, whoever made it: this program's renewal, another's,
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
