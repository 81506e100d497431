import { createHash, X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import tls from 'node:tls';
import fs from 'fs-extra';
import { GenerateCertsError, printable } from '../errors.js';
import { readRegularFile } from '../util/regular-file.js';
import { claimName, describeSelf } from './transaction/claimant.js';
import { environmentError, ifThere } from './transaction/file-system.js';
import { isLeftBehind } from './transaction/temporary-folder.js';

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

/**
 * Writes the files that the variables which replace the system's roots point at: the set's CA, and all
 * that is trusted without it, in PEM and, for Java, as a truststore with the default password.
 *
 * They are in the user's cache, not in the set's folder: there they would be files that no layout has and
 * no manifest names, in the way of `clean`; they hold nothing of the set but the CA, and a set in a folder
 * that cannot be written to has its variables too. Their names say when the set ends, of which CA they are and what
 * they hold, so that a running program keeps the one that it was given, and `clean` finds those of a set.
 *
 * @param trusted files whose certificates are trusted already, beside or instead of the system's
 * @returns their absolute paths
 */
export async function writeTrustBundle(
  { caPem, expiresAt }: { readonly caPem: string; readonly expiresAt: string },
  trusted: { readonly instead: string | undefined; readonly beside: readonly string[] },
  env: Environment,
): Promise<{ pem: string; truststore: string }> {
  const folder = cacheFolder(env);
  try {
    const texts = [caPem, ...(await systemRoots(trusted.instead))];
    for (const path of trusted.beside) texts.push((await readIfFile(path)) ?? '');
    const content = joinCertificates(texts);
    const end = Math.floor(Date.parse(expiresAt) / 1000);
    const path = join(folder, `ca-bundle-${end}-${idOf(caPem)}-${idOf(content)}`);
    const [pem, truststore] = [`${path}.pem`, `${path}.p12`];
    await makeOwnFolder(folder);
    if ((await readIfFile(pem)) !== content) await writeWhole(pem, content);
    if (!isWholeStore(truststore)) {
      const { encodeTruststore } = await import('../pki/formats/pkcs12.js');
      await writeWhole(truststore, encodeTruststore(certificatesOf(content)));
    }
    await forgetEnded(folder);
    return { pem, truststore };
  } catch (error) {
    throw environmentError(
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
  try {
    return readRegularFile(path, { followLinks: true }).toString('utf8');
  } catch {
    return undefined;
  }
}

/**
 * Whether a truststore is there from its first byte to its last. Its name says what it holds; to make it again would
 * take longer than all the rest, and give other bytes.
 */
function isWholeStore(path: string): boolean {
  try {
    const der = readRegularFile(path);
    const header = 4;
    // A sequence with two octets of length after its first two, or with three.
    if (der[0] === 0x30 && der[1] === 0x82) return der.length === header + der.readUIntBE(2, 2);
    return der[0] === 0x30 && der[1] === 0x83 && der.length === header + 1 + der.readUIntBE(2, 3);
  } catch {
    return false;
  }
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

/** The certificates of such a text. What only looks like one would make the whole truststore unreadable. */
function certificatesOf(bundle: string): { der: Buffer }[] {
  return bundle.split(/(?<=-----END CERTIFICATE-----)\n/).flatMap((block) => {
    try {
      return block === '' ? [] : { der: new X509Certificate(block).raw };
    } catch {
      return [];
    }
  });
}

async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  const incoming = `${path}.${claimName(describeSelf(false))}`;
  try {
    await fs.writeFile(incoming, content, { flag: 'wx', mode: 0o644 });
    await fs.rename(incoming, path);
  } catch (error) {
    await fs.rm(incoming, { force: true });
    throw error;
  }
}

/** A bundle while it is written, by its writer. */
const DRAFT = /^ca-bundle-[0-9a-f-]+\.(?:pem|p12)\.(claim\..*)$/;
const BUNDLE = /^ca-bundle-(?:(\d{1,12})-([0-9a-f]{16})-)?[0-9a-f]+\.(?:pem|p12)$/;

/** No program trusts a set that has ended; bundles of earlier versions cannot be dated. Drafts of killed runs go too. */
async function forgetEnded(folder: string): Promise<void> {
  await removeBundles(folder, (end) => Number(end ?? 0) * 1000 < Date.now());
  for (const name of (await ifThere(fs.readdir(folder))) ?? []) {
    const claim = DRAFT.exec(name)?.[1];
    if (claim !== undefined && isLeftBehind(claim)) await fs.rm(join(folder, name), { force: true });
  }
}

/**
 * Removes the bundles of a CA from the user's cache. Where there are none, or they cannot be removed, nothing
 * happens: they are no part of the set.
 */
export async function removeTrustBundles(caPem: string, env: Environment): Promise<void> {
  const id = idOf(caPem);
  await removeBundles(cacheFolder(env), (_end, ca) => ca === id).catch(() => undefined);
}

async function removeBundles(
  folder: string,
  isGone: (end: string | undefined, ca: string | undefined) => boolean,
): Promise<void> {
  for (const name of (await ifThere(fs.readdir(folder))) ?? []) {
    const match = BUNDLE.exec(name);
    if (match !== null && isGone(match[1], match[2])) await fs.rm(join(folder, name), { force: true });
  }
}

function idOf(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 16);
}

/**
 * Makes the cache folder, 0700 under any umask, and makes sure that it is this user's alone: others who may write to it
 * could exchange what programs trust.
 */
async function makeOwnFolder(folder: string): Promise<void> {
  await fs.ensureDir(folder, { mode: 0o700 });
  // Windows keeps no such permissions.
  if (process.platform === 'win32') return;
  const stats = await fs.lstat(folder);
  if (!stats.isDirectory() || stats.uid !== process.geteuid?.()) {
    throw new GenerateCertsError(
      'ERR_CACHE_UNSAFE',
      `the cache folder ${printable(folder)} is not a folder of this user's`,
      'remove it, or name another place with XDG_CACHE_HOME',
    );
  }
  if ((stats.mode & 0o077) !== 0) await fs.chmod(folder, 0o700);
}
