import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import type { ClientCredential } from '../../pki/credential.js';
import { findFlaw } from '../../pki/flaws/flaws.js';
import type { Authority } from '../../pki/issue/authority.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import type { RevocationList } from '../../pki/issue/revocation-list.js';
import type { PrivateKey } from '../../pki/keys/keys.js';
import type { CertificateSet } from '../../pki/set.js';
import { RESERVED_NAMES } from '../../request/request.js';
import { nextTurn } from '../../util/turns.js';
import { readConsistently } from '../transaction/consistent.js';
import { findDamages } from './freshness.js';
import type { Manifest, ManifestCertificate } from './manifest.js';
import { requireManifest } from './read.js';

/**
 * Reads a set back from its folder, with its CA.
 *
 * @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID`,
 * `ERR_SET_DAMAGED` where a file is missing or not as it was made, `ERR_JOURNAL_INVALID`, `ERR_SET_LOCKED`
 * or `ERR_FILE_SYSTEM`
 * @example
 * ```ts
 * const set = await loadCertificateSet('certs');
 * https.get(url, set.client('client').tlsOptions());
 * ```
 */
export async function loadCertificateSet(folder: string): Promise<CertificateSet> {
  return (await readConsistently(folder, () => loadSet(folder))).set;
}

/**
 * As {@link loadCertificateSet}, with the manifest that the set was read by. Reads what is there in this
 * moment: for the folder's one writer, or within {@link readConsistently}.
 */
export async function loadSet(folder: string): Promise<{ set: CertificateSet; manifest: Manifest }> {
  const manifest = requireManifest(folder);
  return { set: await readSet(folder, manifest), manifest };
}

/** How many certificates are read before others get their turn: some ten milliseconds of work. */
const CERTIFICATES_A_TURN = 20;

async function readSet(folder: string, manifest: Manifest): Promise<CertificateSet> {
  // The certificate libraries take most of the start: a folder without a set is told of without them.
  const [{ CertificateSet }, { ClientCredential }] = await Promise.all([
    import('../../pki/set.js'),
    import('../../pki/credential.js'),
  ]);
  const ca = manifest.certificates.find(({ role }) => role === 'ca');
  const server = manifest.certificates.find(({ role }) => role === 'server');
  if (ca === undefined || server === undefined)
    throw damaged(folder, 'the manifest names no CA or no server');
  const authority = await readAuthority(folder, ca);
  for (const [path, damage] of await findDamages(folder, manifest.files)) {
    if (!damage.startsWith('has mode')) throw damaged(folder, `${path} ${damage}`);
  }
  const readClient = async (entry: ManifestCertificate) => {
    const { certificate, chain, privateKey, fileName } = await readCredential(folder, entry);
    return new ClientCredential({
      role: entry.role === 'untrusted' ? 'untrusted' : 'client',
      name: entry.name,
      fileName,
      ...(entry.flaw !== null && { flaw: findFlaw(entry.flaw).name }),
      certificate,
      chain,
      privateKey,
      authority: authority.certificate,
    });
  };
  const withRole = async (role: ManifestCertificate['role']) => {
    const clients: ClientCredential[] = [];
    for (const [index, entry] of manifest.certificates.entries()) {
      if (entry.role === role) clients.push(await readClient(entry));
      if (index % CERTIFICATES_A_TURN === CERTIFICATES_A_TURN - 1) await nextTurn();
    }
    return clients;
  };
  return new CertificateSet({
    request: manifest.request,
    createdAt: new Date(manifest.createdAt),
    expiresAt: new Date(manifest.expiresAt),
    authority,
    server: await readCredential(folder, server),
    clients: await withRole('client'),
    untrustedClients: await withRole('untrusted'),
    revocationList: await readRevocationList(folder, manifest, ca, authority),
    revokedSerialNumber: manifest.revocationList.reservedSerialNumber,
    reservedNames: RESERVED_NAMES,
  });
}

async function readAuthority(folder: string, entry: ManifestCertificate): Promise<Authority> {
  const { createSigner } = await import('../../pki/issue/signer.js');
  const { certificate, privateKey } = await readCredential(folder, entry);
  const signer = createSigner(certificate.subjectName, privateKey);
  return { certificate, privateKey, signer, permittedDnsNames: certificate.permittedDnsNames };
}

async function readCredential(
  folder: string,
  entry: ManifestCertificate,
): Promise<{ certificate: Certificate; chain: Certificate[]; privateKey: PrivateKey; fileName: string }> {
  const { readCertificates } = await import('../../pki/read/read-certificate.js');
  const { privateKeyFromPem } = await import('../../pki/keys/keys.js');
  const paths = entry.files.authority ?? Object.values(entry.files)[0];
  if (paths?.certificate === undefined || paths.key === undefined) {
    throw damaged(folder, `the manifest names no files of ${quote(entry.name)}`);
  }
  const [pem, key] = [readText(folder, paths.certificate), readText(folder, paths.key)];
  const [certificate, ...others] = await readCertificates(pem);
  const chain = others.filter((other) => other !== undefined);
  if (chain.length < others.length) throw damaged(folder, `${paths.certificate} cannot be read`);
  const privateKey = privateKeyFromPem(key);
  if (certificate === undefined) throw damaged(folder, `${paths.certificate} holds no certificate`);
  if (privateKey === undefined) throw damaged(folder, `${paths.key} holds no private key`);
  if (!certificate.isOf(privateKey))
    throw damaged(folder, `${paths.key} is not the key of ${paths.certificate}`);
  const fileName = (paths.certificate.split('/').at(-1) ?? '').replace(/\.pem$/, '');
  return { certificate, chain, privateKey, fileName };
}

async function readRevocationList(
  folder: string,
  { revocationList: { number, revocations }, createdAt, expiresAt }: Manifest,
  ca: ManifestCertificate,
  authority: Authority,
): Promise<RevocationList> {
  const { readRevocationListDer, RevocationList, signRevocationList } = await import(
    '../../pki/issue/revocation-list.js'
  );
  const { validityFrom } = await import('../../pki/issue/certificate.js');
  const listed = revocations.map(({ serialNumber, revokedAt }) => ({
    serialNumber,
    revokedAt: new Date(revokedAt),
  }));
  const path = Object.values(ca.files).find((parts) => parts.revocationList !== undefined)?.revocationList;
  if (path === undefined) {
    // No layout of this set has the list as a file: the same one is signed again.
    const { notBefore, notAfter } = validityFrom(new Date(createdAt), new Date(expiresAt));
    return signRevocationList(
      { number, revocations: listed, thisUpdate: notBefore, nextUpdate: notAfter },
      authority.signer,
    );
  }
  const der = readRevocationListDer(readText(folder, path));
  if (der === undefined) throw damaged(folder, `${path} holds no revocation list`);
  return new RevocationList(der, number, listed);
}

function readText(folder: string, path: string): string {
  try {
    return readFileSync(join(folder, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(folder, `${path} is missing`);
    throw error;
  }
}

function damaged(folder: string, problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_SET_DAMAGED',
    `the set in ${quote(folder)} is damaged: ${problem}`,
    "make it anew: run 'generate-certs' with the names and options it was made with",
  );
}
