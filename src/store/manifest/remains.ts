import { ClientCredential } from '../../pki/credential.js';
import { findFlaw } from '../../pki/flaws/flaws.js';
import type { Authority } from '../../pki/issue/authority.js';
import type { SetRemains } from '../../pki/issue/renew.js';
import { PrivateKey } from '../../pki/keys/keys.js';
import type { ServerParts } from '../../pki/set.js';
import { nextTurn } from '../../util/turns.js';
import { type Damage, isContentLost } from './damages.js';
import type { Manifest, ManifestCertificate } from './manifest.js';
import {
  type Copy,
  type ReadCredential,
  readAuthority,
  readCredential,
  readRevocationList,
} from './read-parts.js';

/** How many certificates are read before others get their turn. */
const CERTIFICATES_A_TURN = 20;

/**
 * What of a set is still whole, of whatever copy: a credential is whole where one layout has both its files as
 * they were made. The CA counts only with its private key.
 */
export async function readRemains(
  folder: string,
  manifest: Manifest,
  damages: ReadonlyMap<string, Damage>,
): Promise<SetRemains> {
  const { certificates, revocationList } = manifest;
  const isWhole = (path: string | undefined): path is string => {
    const damage = path === undefined ? undefined : damages.get(path);
    return path !== undefined && !(damage !== undefined && isContentLost(damage));
  };
  const authority = await wholeAuthority(folder, manifest, isWhole);
  const clients = new Map<string, ClientCredential>();
  const untrusted = new Map<string, ClientCredential>();
  const revokedClients = new Map<string, Date>();
  let server: ServerParts | undefined;
  for (const [index, entry] of certificates.entries()) {
    if (index % CERTIFICATES_A_TURN === CERTIFICATES_A_TURN - 1) await nextTurn();
    if (entry.role === 'client' && entry.revokedAt !== null) {
      revokedClients.set(entry.name, new Date(entry.revokedAt));
    }
    if (entry.role === 'ca' || authority === undefined) continue;
    const read = await wholeCredential(folder, entry, isWhole);
    if (read === undefined) continue;
    if (entry.role === 'server') server = read;
    else if (entry.role === 'client') clients.set(entry.name, clientOf(entry, read, authority));
    else untrusted.set(entry.flaw ?? '', clientOf(entry, read, authority));
  }
  return {
    createdAt: new Date(manifest.createdAt),
    expiresAt: new Date(manifest.expiresAt),
    authority,
    revokedSerialNumber: revocationList.reservedSerialNumber,
    listNumber: revocationList.number,
    revocations: revocationList.revocations.map(({ serialNumber, revokedAt }) => ({
      serialNumber,
      revokedAt: new Date(revokedAt),
    })),
    revokedClients,
    server,
    clients,
    untrusted,
    revocationList: authority && (await wholeList(folder, manifest, authority, isWhole)),
  };
}

type IsWhole = (path: string | undefined) => path is string;

async function wholeAuthority(
  folder: string,
  { certificates }: Manifest,
  isWhole: IsWhole,
): Promise<Authority | undefined> {
  const ca = certificates.find(({ role }) => role === 'ca');
  const copies = Object.values(ca?.files ?? {}).map(({ certificate }) => certificate);
  if (ca === undefined || !isWhole(ca.files.authority?.key)) return undefined;
  for (const path of copies.filter(isWhole)) {
    const read = await readAuthority(folder, ca, path);
    if (!('problem' in read) && read.canSign) return read;
  }
  return undefined;
}

async function wholeCredential(
  folder: string,
  entry: ManifestCertificate,
  isWhole: IsWhole,
): Promise<(ReadCredential & { privateKey: PrivateKey }) | undefined> {
  const copies: Copy[] = Object.values(entry.files);
  for (const copy of copies.filter(({ certificate, key }) => isWhole(certificate) && isWhole(key))) {
    const read = await readCredential(folder, entry, copy);
    if ('problem' in read) continue;
    const { privateKey } = read;
    if (privateKey instanceof PrivateKey) return { ...read, privateKey };
  }
  return undefined;
}

function clientOf(
  { role, name, flaw }: ManifestCertificate,
  { certificate, chain, privateKey, fileName }: ReadCredential,
  authority: Authority,
): ClientCredential {
  return new ClientCredential({
    role: role === 'untrusted' ? 'untrusted' : 'client',
    name,
    fileName,
    ...(flaw !== null && { flaw: findFlaw(flaw).name }),
    certificate,
    chain,
    privateKey,
    authority: authority.certificate,
  });
}

/** The list, where no layout has it or one has it whole. */
async function wholeList(folder: string, manifest: Manifest, authority: Authority, isWhole: IsWhole) {
  const ca = manifest.certificates.find(({ role }) => role === 'ca');
  const paths = Object.values(ca?.files ?? {}).flatMap(({ revocationList }) => revocationList ?? []);
  if (ca === undefined || !paths.every(isWhole)) return undefined;
  const list = await readRevocationList(folder, manifest, ca, authority);
  return 'problem' in list ? undefined : list;
}
