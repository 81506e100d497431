import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { FFDHE3072_PEM } from '../../layouts/ffdhe3072.js';
import { readRegularFile } from '../../util/regular-file.js';
import { statInside } from '../manifest/damages.js';
import type { Manifest } from '../manifest/manifest.js';
import { sha256 } from '../manifest/sha256.js';
import { ownPathsOf } from './own-names.js';

/**
 * Tells which of the files in the way of a set's are someone else's, by what they hold.
 *
 * - A file that the manifest names, by a name that this program gives ({@link ownPathsOf}), is the set's own, also where it was changed or damaged, unless it now
 *   holds a whole certificate, private key or revocation list that is not of the set: someone put their
 *   own there.
 * - A file that no manifest names is someone else's, unless it bears an older set's marks: a certificate
 *   or a revocation list issued by a CA of this program's name, the key of such a certificate, or the
 *   Diffie-Hellman group that every set has.
 * - Whatever is no regular file, or is reached through a symbolic link, is someone else's.
 *
 * @param paths of files, relative to the folder; those that are not there are passed over
 */
export async function findForeign(
  folder: string,
  paths: readonly string[],
  manifest: Manifest | undefined,
): Promise<string[]> {
  const there = paths.filter((path) => statInside(folder, path) !== undefined);
  if (there.length === 0) return [];
  const own = manifest && ownPathsOf(manifest, there);
  const named = manifest?.files.filter(({ path }) => own?.has(path));
  const made = new Map(named?.map((file) => [file.path, file.sha256]));
  const foreign = new Set<string>();
  const doubtful = new Map<string, string>();
  for (const path of there) {
    const stats = statInside(folder, path);
    if (stats === undefined) continue;
    if (!stats.isFile() || stats.size > LARGEST_PEM) foreign.add(path);
    else {
      const content = readRegularFile(join(folder, path)).toString('latin1');
      if (sha256(Buffer.from(content, 'latin1')) !== made.get(path)) doubtful.set(path, content);
    }
  }
  if (doubtful.size > 0) {
    const known = await knownMaterial(folder, doubtful, manifest);
    for (const [path, content] of doubtful) {
      const verdict = judge(content, known);
      if (made.has(path) ? verdict === 'foreign' : verdict !== 'own') foreign.add(path);
    }
  }
  return paths.filter((path) => foreign.has(path));
}

/** Far more than any file of a set has, in bytes. */
const LARGEST_PEM = 10_000_000;

/** What tells a set's certificates, keys and revocation lists. */
interface KnownMaterial {
  readonly isKnown: (certificate: X509Certificate) => boolean;
  /** SHA-256 over the public keys of known certificates. */
  readonly publicKeys: ReadonlySet<string>;
  readonly issuerOfList: (pem: string) => string | undefined;
  readonly authority: string | undefined;
}

async function knownMaterial(
  folder: string,
  doubtful: ReadonlyMap<string, string>,
  manifest: Manifest | undefined,
): Promise<KnownMaterial> {
  const fingerprints = new Set(manifest?.certificates.map((certificate) => certificate.sha256));
  const isKnown = (certificate: X509Certificate) =>
    MARK.test(certificate.issuer) || fingerprints.has(sha256(certificate.raw));
  const contents = [...doubtful.values()];
  for (const { path } of manifest?.files ?? []) {
    if (doubtful.has(path) || !path.endsWith('.pem') || statInside(folder, path)?.isFile() !== true) continue;
    contents.push(readRegularFile(join(folder, path)).toString('latin1'));
  }
  const known = contents.flatMap(certificatesOf).filter(isKnown);
  const issuers = new Map<string, string | undefined>();
  for (const content of contents.filter((text) => REVOCATION_LIST.test(text))) {
    const { readRevocationListIssuer } = await import('../../pki/issue/revocation-list.js');
    issuers.set(content, await readRevocationListIssuer(content));
  }
  return {
    isKnown,
    publicKeys: new Set(known.map(({ publicKey }) => fingerprintOf(publicKey))),
    issuerOfList: (content) => issuers.get(content),
    authority: manifest?.certificates.find(({ role }) => role === 'ca')?.subject,
  };
}

/** The name of a CA of this program's, as Node and `@peculiar/x509` print it. */
const MARK = /^CN=generate-certs test CA [^\n,]+(?:\n|, )O=generate-certs(?:\n|, )OU=development only$/;
const REVOCATION_LIST = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/g;

function judge(content: string, known: KnownMaterial): 'own' | 'foreign' | 'neither' {
  const verdicts: boolean[] = [];
  const certificates = certificatesOf(content);
  if (certificates.length > 0) verdicts.push(certificates.some(known.isKnown));
  for (const [pem] of content.matchAll(PRIVATE_KEY)) {
    const publicKey = publicKeyOf(pem);
    if (publicKey === 'locked') verdicts.push(false);
    else if (publicKey !== undefined) verdicts.push(known.publicKeys.has(fingerprintOf(publicKey)));
  }
  const issuer = known.issuerOfList(content);
  if (issuer !== undefined) verdicts.push(issuer === known.authority || MARK.test(issuer));
  if (content === FFDHE3072_PEM) verdicts.push(true);
  if (verdicts.includes(false)) return 'foreign';
  return verdicts.includes(true) ? 'own' : 'neither';
}

function certificatesOf(content: string): X509Certificate[] {
  const blocks = content.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((pem) => {
    try {
      return new X509Certificate(pem);
    } catch {
      return [];
    }
  });
}

/** `locked` where a passphrase guards the key: this program makes no such keys. */
function publicKeyOf(pem: string): KeyObject | 'locked' | undefined {
  if (pem.includes('ENCRYPTED')) return 'locked';
  try {
    return createPublicKey(createPrivateKey(pem));
  } catch {
    return undefined;
  }
}

function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
