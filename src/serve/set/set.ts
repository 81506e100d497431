import { join, resolve } from 'node:path';
import { GenerateCertsError, quote, type Warning } from '../../errors.js';
import { FRONT_LAYOUT, LAYOUTS, layoutFolder } from '../../layouts/index.js';
import { DEFAULT_SERVER, endpointNamesOf } from '../../pki/names/server.js';
import { defaultLayouts } from '../../request/layout-rules.js';
import { parsePassword } from '../../request/password.js';
import { renewCertificateSet } from '../../store/change.js';
import { ensureCertificateSet } from '../../store/ensure.js';
import { opensKeystores, otherPassword } from '../../store/keystores.js';
import { findManifest } from '../../store/manifest/find.js';
import type { Manifest } from '../../store/manifest/manifest.js';
import { msUntilDue } from '../../store/watch.js';
import type { EnsureOptions } from '../../store/write-options.js';
import type { ServerTls } from '../nginx/nginx-config.js';
import { findForeignSet } from './foreign.js';
import type { ServedSet } from './served-set.js';

/**
 * Makes the set, or uses the one that is there whatever else it holds: its clients are known to someone. One
 * that is near its end is renewed, so that its CA stays.
 *
 * @param request what the set is asked to be; its names are those of the set that is there where none are given
 * @throws {@link GenerateCertsError} as {@link ensureCertificateSet}; `ERR_LAYOUT_UNKNOWN` where the set has
 * no files for NGINX
 */
export async function prepareSet(
  folder: string,
  request: EnsureOptions,
  { renewAt, signal }: { readonly renewAt: number; readonly signal: AbortSignal },
): Promise<{ set: ServedSet; warnings: readonly Warning[] }> {
  const foreign = await findForeignSet(folder, request.names);
  if (foreign !== undefined) {
    const warning = {
      message: `the certificates in ${quote(folder)} are used as they are: this program did not make them`,
      hint: 'they are not renewed; name another folder with --out to have a set made',
    };
    return { set: foreign, warnings: [warning] };
  }
  const { manifest, warnings } = await prepareOwnSet(folder, request, { renewAt, signal });
  return { set: servedSet(folder, manifest), warnings };
}

/** A set of this program's as NGINX and clients use it. */
function servedSet(folder: string, manifest: Manifest): ServedSet {
  const { certificates, request } = manifest;
  const client = certificates.find(
    ({ role, revokedAt, key }) => role === 'client' && revokedAt === null && key !== null,
  );
  const ca = certificates.find(({ role }) => role === 'ca');
  return {
    names: endpointNamesOf(request),
    tls: serverTls(folder, manifest),
    manifest,
    client: { ...client?.files[FRONT_LAYOUT.name], ca: ca?.files.authority?.certificate },
  };
}

/** The files that NGINX would be given. */
export async function previewTls(folder: string): Promise<ServerTls> {
  const foreign = await findForeignSet(folder, undefined);
  return foreign?.tls ?? serverTls(folder, findManifest(folder));
}

async function prepareOwnSet(
  folder: string,
  request: EnsureOptions,
  { renewAt, signal }: { readonly renewAt: number; readonly signal: AbortSignal },
): Promise<{ manifest: Manifest; warnings: readonly Warning[] }> {
  const { names, password } = request;
  const found = findManifest(folder);
  requireNginxLayout(folder, found, request.layouts);
  // A set that cannot be renewed would end while it is served.
  if (found !== undefined && !(await opensKeystores(folder, found, parsePassword(password).text))) {
    throw otherPassword(folder);
  }
  const sameNames = names === undefined || names.join() === found?.request.names.join();
  if (found !== undefined && sameNames && msUntilDue(found, renewAt, Date.now()) <= 0) {
    try {
      await renewCertificateSet(folder, { signal, password });
    } catch (error) {
      // What cannot be renewed is repaired below, and what is asked for in addition is made there.
      if (!(error instanceof GenerateCertsError && REPAIRED.has(error.code))) throw error;
    }
  }
  try {
    const { manifest, changed, warnings } = await ensureCertificateSet(folder, {
      ...request,
      signal,
    });
    // What there was to say of a set was said when it was made.
    return { manifest, warnings: changed ? warnings : [] };
  } catch (error) {
    if (found === undefined || !sameNames || !isReadOnly(error)) throw error;
    return { manifest: found, warnings: [READ_ONLY] };
  }
}

/** A set that root made and gave one key of away, mounted for another user to read. */
function isReadOnly(error: unknown): boolean {
  if (!(error instanceof GenerateCertsError)) return false;
  return error.code === 'ERR_FILE_SYSTEM' || error.code === 'ERR_CA_KEY_MISSING';
}

const READ_ONLY: Warning = {
  message: 'the set may not be written to by this user: it is used as it is, and not renewed',
  hint: 'renew it as the user who made it',
};

const REPAIRED: ReadonlySet<string> = new Set(['ERR_SET_DAMAGED', 'ERR_CA_KEY_MISSING']);

/** @param asked the layouts that are asked for; those of the set that is there where none are */
function requireNginxLayout(
  folder: string,
  found: Manifest | undefined,
  asked: readonly string[] | undefined,
): void {
  if (asked !== undefined && !asked.includes(FRONT_LAYOUT.name)) {
    throw new GenerateCertsError(
      'ERR_LAYOUT_UNKNOWN',
      `the configuration asks for the layouts ${asked.join(', ')}, and none of them is for NGINX`,
      `add ${FRONT_LAYOUT.name} to them, or serve with --no-config`,
    );
  }
  if (asked !== undefined || found === undefined || found.request.layouts.includes(FRONT_LAYOUT.name)) return;
  throw new GenerateCertsError(
    'ERR_LAYOUT_UNKNOWN',
    `the set in ${quote(folder)} has no layout for NGINX`,
    `make it with --layout ${FRONT_LAYOUT.name} too, or name another folder with --out`,
  );
}

/**
 * The files that NGINX reads, relative to the set's folder.
 *
 * @param server the name of its files
 */
export function nginxFiles(layouts: readonly string[], server = DEFAULT_SERVER): ServerTls {
  const folder = layoutFolder(FRONT_LAYOUT.name, layouts);
  const { clientCa, revocationList } = FRONT_LAYOUT.front;
  return {
    certificate: join(folder, `${server}.pem`),
    key: join(folder, `${server}.key`),
    clientCa: join(folder, clientCa),
    revocationList: join(folder, revocationList),
  };
}

/** The files that NGINX reads, absolute. */
function serverTls(folder: string, manifest: Manifest | undefined): ServerTls {
  const server = manifest?.certificates.find(({ role }) => role === 'server')?.name;
  const files = nginxFiles(manifest?.request.layouts ?? defaultLayouts(LAYOUTS), server);
  const absolute = Object.entries(files).map(([part, path]) => [part, resolve(folder, path)]);
  return Object.fromEntries(absolute) as ServerTls;
}
