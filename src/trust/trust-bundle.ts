import { createHash, randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import tls from 'node:tls';
import { ifThere, surroundingsError } from '../store/transaction/file-system.js';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where systems keep their trusted roots in one file: Debian and its kin, Fedora and its kin, openSUSE,
 * Alpine with macOS and the BSDs.
 */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** No set lives longer than 30 days: a bundle that nobody asked for since then trusts nothing any more. */
const LONGEST_USE_MS = 31 * 24 * 3600 * 1000;

/**
 * Writes the file that the variables which replace the system's roots point at: the set's CA, and all
 * that is trusted without it.
 *
 * It stands in the user's cache, not in the set's folder: there it would be a file that no layout has and
 * no manifest names, in the way of `clean`; it holds nothing of the set but the CA, and a set in a folder
 * that cannot be written to has its variables too. Its name is that of its content, so that two runs
 * never write to the same file, and a running program keeps the one that it was given.
 *
 * @param trusted files whose certificates are trusted already, beside or instead of the system's
 * @returns its absolute path
 */
export async function writeTrustBundle(
  caPem: string,
  trusted: { readonly instead: string | undefined; readonly beside: readonly string[] },
  env: Environment,
): Promise<string> {
  const folder = cacheFolder(env);
  try {
    const texts = [caPem, ...(await systemRoots(trusted.instead))];
    for (const path of trusted.beside) texts.push((await readIfFile(path)) ?? '');
    const content = joinCertificates(texts);
    const name = `ca-bundle-${createHash('sha256').update(content).digest('hex').slice(0, 32)}.pem`;
    const path = join(folder, name);
    await fs.mkdir(folder, { recursive: true });
    if ((await readIfFile(path)) === content) await fs.utimes(path, new Date(), new Date());
    else await writeWhole(path, content);
    await forgetOld(folder);
    return path;
  } catch (error) {
    throw surroundingsError(
      error,
      `write the system's roots and the CA to ${folder} (XDG_CACHE_HOME moves it)`,
    );
  }
}

function cacheFolder(env: Environment): string {
  // The XDG specification has relative paths passed over.
  const told = env.XDG_CACHE_HOME;
  if (told !== undefined && isAbsolute(told)) return join(told, 'generate-certs');
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'generate-certs');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? home, 'generate-certs', 'Cache');
  return join(home, '.cache', 'generate-certs');
}

async function systemRoots(instead: string | undefined): Promise<string[]> {
  for (const path of [...(instead === undefined ? [] : [instead]), ...SYSTEM_BUNDLES]) {
    const text = await readIfFile(path);
    if (text?.includes(BEGIN)) return [text];
  }
  // Windows, or a container without ca-certificates: what Node trusts, by the system's word where it asks.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const system = getCACertificates?.('system') ?? [];
  return system.length > 0 ? system : [...tls.rootCertificates];
}

async function readIfFile(path: string): Promise<string | undefined> {
  const stats = await fs.stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  return fs.readFile(path, 'utf8').catch(() => undefined);
}

const BEGIN = '-----BEGIN CERTIFICATE-----';

/** Every certificate once, in the order of its first place, without the comments of system bundles. */
function joinCertificates(texts: readonly string[]): string {
  const blocks = texts
    .join('\n')
    .replaceAll('\r', '')
    .matchAll(/-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\s]*?-----END CERTIFICATE-----/g);
  return `${[...new Set([...blocks].map(([block]) => block))].join('\n')}\n`;
}

async function writeWhole(path: string, content: string): Promise<void> {
  const incoming = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await fs.writeFile(incoming, content, { flag: 'wx', mode: 0o644 });
    await fs.rename(incoming, path);
  } catch (error) {
    await fs.rm(incoming, { force: true });
    throw error;
  }
}

async function forgetOld(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith('ca-bundle-')) continue;
    const stats = await ifThere(fs.stat(join(folder, name)));
    if (stats !== undefined && Date.now() - stats.mtimeMs > LONGEST_USE_MS) {
      await fs.rm(join(folder, name), { force: true });
    }
  }
}
