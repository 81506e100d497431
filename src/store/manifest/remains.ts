import type { ClientCredential, ServerCredential } from '../../pki/credential.js';
import type { Authority } from '../../pki/issue/authority.js';
import { trustOf } from '../../pki/issue/hierarchy.js';
import type { PartyCredential } from '../../pki/issue/party.js';
import type { SetRemains } from '../../pki/issue/renew.js';
import type { RevocationList } from '../../pki/issue/revocation-list.js';
import { nextTurn } from '../../util/turns.js';
import { partyOf, untrustedClientOf, untrustedServerOf } from './credentials.js';
import { type Damage, isContentLost } from './damages.js';
import type { Manifest, ManifestCertificate } from './manifest.js';
import {
  type ReadHierarchies,
  readHierarchies,
  readRevocationLists,
  readRotation,
  revocationListPaths,
  signAgain,
} from './read-hierarchy.js';
import {
  type Copy,
  isCopyOf,
  type Problem,
  type ReadCredential,
  readAuthority,
  readCredential,
} from './read-parts.js';

/** How many certificates are read before others get their turn. */
const CERTIFICATES_A_TURN = 20;

/**
 * What of a set is still whole, of whatever copy: a credential is whole where one layout has both its files as
 * they were made. The CA counts only with its private key.
 *
 * @param root where it is the CA of another folder
 */
export async function readRemains(
  folder: string,
  manifest: Manifest,
  damages: ReadonlyMap<string, Damage>,
  root?: Authority,
): Promise<SetRemains> {
  const { certificates, revocationList } = manifest;
  const isWhole = (path: string | undefined): path is string => {
    const damage = path === undefined ? undefined : damages.get(path);
    return path !== undefined && !(damage !== undefined && isContentLost(damage));
  };
  const readOne = (entry: ManifestCertificate) =>
    entry.name === 'ca' && root !== undefined
      ? broughtAuthority(folder, entry, isWhole, root)
      : wholeAuthority(folder, entry, isWhole);
  const both = await readHierarchies(manifest, readOne);
  // A rotation whose other CA is lost ends; what the set's own CA signed stays.
  const own = 'problem' in both && manifest.rotation !== undefined;
  const read = own ? await readHierarchies({ ...manifest, rotation: undefined }, readOne) : both;
  const found = 'problem' in read ? undefined : read;
  const trust = found && trustOf(found.hierarchy);
  const parties = new Map<string, PartyCredential>();
  const untrusted = new Map<string, ClientCredential>();
  const untrustedServers = new Map<string, ServerCredential>();
  const revokedParties = new Map<string, Date>();
  for (const [index, entry] of certificates.entries()) {
    if (index % CERTIFICATES_A_TURN === CERTIFICATES_A_TURN - 1) await nextTurn();
    if (entry.flaw === null && entry.role !== 'ca' && entry.revokedAt !== null) {
      revokedParties.set(entry.name, new Date(entry.revokedAt));
    }
    if (entry.role === 'ca' || trust === undefined) continue;
    const credential = await wholeCredential(folder, entry, isWhole);
    if (credential === undefined) continue;
    const party = partyOf(entry, credential, trust, manifest.request);
    if (party !== undefined) parties.set(entry.name, party);
    else if (entry.role === 'untrusted')
      untrusted.set(entry.flaw ?? '', untrustedClientOf(entry, credential, trust));
    else untrustedServers.set(entry.flaw ?? '', untrustedServerOf(entry, credential, trust));
  }
  const lists = found && wholeLists(folder, manifest, found, isWhole);
  return {
    createdAt: new Date(manifest.createdAt),
    expiresAt: new Date(manifest.expiresAt),
    hierarchy: found?.hierarchy,
    rotation: found && readRotation(manifest, found.other, lists?.other ?? []),
    revokedSerialNumber: revocationList.reservedSerialNumber,
    listNumber: revocationList.number,
    revocations: revocationList.revocations.map(({ serialNumber, revokedAt }) => ({
      serialNumber,
      revokedAt: new Date(revokedAt),
    })),
    revokedParties,
    parties,
    untrusted,
    untrustedServers,
    revocationLists: lists?.own,
  };
}

type IsWhole = (path: string | undefined) => path is string;

async function wholeAuthority(
  folder: string,
  entry: ManifestCertificate,
  isWhole: IsWhole,
): Promise<Authority | Problem> {
  const copies = Object.values(entry.files).map(({ certificate }) => certificate);
  if (isWhole(entry.files.authority?.key)) {
    for (const path of copies.filter(isWhole)) {
      const read = await readAuthority(folder, entry, path);
      if (!('problem' in read) && read.canSign) return read;
    }
  }
  return { problem: `the certificate or the private key of ${entry.name} is lost` };
}

/** The CA of another folder, under the certificate that the set has of it: that folder may have renewed its own. */
async function broughtAuthority(
  folder: string,
  entry: ManifestCertificate,
  isWhole: IsWhole,
  root: Authority,
): Promise<Authority | Problem> {
  if (root.certificate.sha256 === entry.sha256) return root;
  const copies = Object.values(entry.files).map(({ certificate }) => certificate);
  for (const path of copies.filter(isWhole)) {
    const read = await readAuthority(folder, entry, path);
    if (!('problem' in read) && read.certificate.isOf(root.privateKey)) {
      return { ...root, certificate: read.certificate };
    }
  }
  return { problem: 'the CA is another one' };
}

async function wholeCredential(
  folder: string,
  entry: ManifestCertificate,
  isWhole: IsWhole,
): Promise<ReadCredential | undefined> {
  const copies: Copy[] = Object.values(entry.files);
  const isWholeCopy = (copy: Copy) =>
    isCopyOf(entry, copy) && isWhole(copy.certificate) && (copy.key === undefined || isWhole(copy.key));
  for (const copy of copies.filter(isWholeCopy)) {
    const read = await readCredential(folder, entry, copy);
    if ('problem' in read) continue;
    const { privateKey } = read;
    if (typeof privateKey !== 'function') return { ...read, privateKey };
  }
  return undefined;
}

/** The lists, where no layout has them or one has them whole; a rotation's are signed again where they are lost. */
function wholeLists(
  folder: string,
  manifest: Manifest,
  found: ReadHierarchies,
  isWhole: IsWhole,
): { readonly own?: readonly RevocationList[]; readonly other: readonly RevocationList[] } {
  const lists = revocationListPaths(manifest).every(isWhole)
    ? readRevocationLists(folder, manifest, found)
    : undefined;
  if (lists !== undefined && !('problem' in lists)) return lists;
  const { rotation } = manifest;
  if (rotation === undefined || found.other === undefined) return { other: [] };
  return { other: signAgain(found.other, rotation.revocationList, manifest) };
}
