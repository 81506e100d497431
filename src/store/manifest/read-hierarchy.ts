import type { Authority } from '../../pki/issue/authority.js';
import { validityFrom } from '../../pki/issue/certificate.js';
import { authoritiesOf, type Hierarchy } from '../../pki/issue/hierarchy.js';
import {
  RevocationList,
  readRevocationListDers,
  readRevocationListNumber,
} from '../../pki/issue/revocation-list.js';
import { type Rotation, signRevocationLists } from '../../pki/issue/rotation.js';
import { authorityNames, type Generation } from '../../pki/names/authority-names.js';
import { parseDuration } from '../../util/duration.js';
import type { Manifest, ManifestCertificate, ManifestRevocationList } from './manifest.js';
import { type Problem, readText } from './read-parts.js';

/** Reads one CA of a set. */
export type AuthorityReader = (entry: ManifestCertificate) => Promise<Authority | Problem>;

/** The CAs of a set: those that sign and, while a rotation is under way, the others. */
export interface ReadHierarchies {
  readonly hierarchy: Hierarchy;
  readonly other: Hierarchy | undefined;
}

/** Which CAs are in a set beside those that sign. */
export function otherGeneration({ rotation }: Manifest): Generation | undefined {
  if (rotation === undefined) return undefined;
  return rotation.step === 'trust' ? 'next' : 'previous';
}

/** Reads all CAs that the manifest names. */
export async function readHierarchies(
  manifest: Manifest,
  read: AuthorityReader,
): Promise<ReadHierarchies | Problem> {
  const own = await readGeneration(manifest, 'own', read);
  if ('problem' in own) return own;
  const generation = otherGeneration(manifest);
  if (generation === undefined) return { hierarchy: own, other: undefined };
  const other = await readGeneration(manifest, generation, read);
  if ('problem' in other) return other;
  return { hierarchy: { ...own, alsoTrusted: [other.root.certificate] }, other };
}

async function readGeneration(
  { certificates, request }: Manifest,
  generation: Generation,
  read: AuthorityReader,
): Promise<Hierarchy | Problem> {
  const authorities: Authority[] = [];
  for (const name of authorityNames(generation, request.intermediates)) {
    const entry = certificates.find((certificate) => certificate.role === 'ca' && certificate.name === name);
    if (entry === undefined) return { problem: `the manifest names no ${name}` };
    const authority = await read(entry);
    if ('problem' in authority) return authority;
    authorities.push(authority);
  }
  const [root, ...intermediates] = authorities as [Authority, ...Authority[]];
  return { root, intermediates };
}

/** The revocation lists of a set's CAs and, while a rotation is under way, those of the others. */
export interface ReadLists {
  readonly own: readonly RevocationList[];
  readonly other: readonly RevocationList[];
}

/** Reads the revocation lists; where no layout has them as a file, the same lists are signed again. */
export function readRevocationLists(
  folder: string,
  manifest: Manifest,
  { hierarchy, other }: ReadHierarchies,
): ReadLists | Problem {
  const path = revocationListPaths(manifest)[0];
  const recorded = manifest.rotation?.revocationList;
  if (path === undefined) {
    return {
      own: signAgain(hierarchy, manifest.revocationList, manifest),
      other: other === undefined || recorded === undefined ? [] : signAgain(other, recorded, manifest),
    };
  }
  const text = readText(folder, path);
  if (typeof text !== 'string') return text;
  const ders = readRevocationListDers(text);
  const count = manifest.request.intermediates + 1;
  const expected = other === undefined ? count : 2 * count;
  if (ders.length === 0) return { problem: `${path} holds no revocation list` };
  if (ders.length !== expected)
    return { problem: `${path} holds ${ders.length} revocation lists, not ${expected}` };
  return {
    own: listsOf(ders.slice(0, count), manifest.revocationList),
    other: recorded === undefined ? [] : listsOf(ders.slice(count), recorded),
  };
}

/** Where the layouts have revocation lists, relative to the set's folder. */
export function revocationListPaths({ certificates }: Manifest): string[] {
  // Some layouts have the list once, others in the folder of each party.
  const paths = certificates.flatMap(({ files }) =>
    Object.values(files).flatMap(({ revocationList }) => revocationList ?? []),
  );
  return [...new Set(paths)];
}

/** A rotation as the manifest records it, with its CAs and their lists. */
export function readRotation(
  { rotation }: Manifest,
  other: Hierarchy | undefined,
  revocationLists: readonly RevocationList[],
): Rotation | undefined {
  if (rotation === undefined || other === undefined) return undefined;
  return {
    step: rotation.step,
    other,
    revocationLists,
    revokedSerialNumber: rotation.revocationList.reservedSerialNumber,
    previousParties: new Map(rotation.clients.map(({ name, serialNumber }) => [name, serialNumber])),
  };
}

/** The first list is the one that the manifest describes; those above it hold the reserved serial number alone. */
function listsOf(ders: readonly Buffer[], recorded: ManifestRevocationList): RevocationList[] {
  const revocations = revocationsOf(recorded);
  const { reservedSerialNumber } = recorded;
  const reserved = revocations.filter(({ serialNumber }) => serialNumber === reservedSerialNumber);
  return ders.map((der, index) =>
    index === 0
      ? new RevocationList(der, recorded.number, revocations)
      : new RevocationList(der, readRevocationListNumber(der), reserved),
  );
}

/** Lists that hold what is recorded; unsigned where a key is not there. */
export function signAgain(
  hierarchy: Hierarchy,
  recorded: ManifestRevocationList,
  { createdAt, expiresAt, request }: Manifest,
): RevocationList[] {
  const { number, reservedSerialNumber: revokedSerialNumber } = recorded;
  const revocations = revocationsOf(recorded);
  const authorities = authoritiesOf(hierarchy);
  if (!authorities.every(({ canSign }) => canSign)) {
    return authorities.map(() => new RevocationList(Buffer.alloc(0), number, revocations));
  }
  const { notBefore, notAfter } = validityFrom(
    new Date(createdAt),
    new Date(expiresAt),
    parseDuration(request.backdate),
  );
  const list = { number, revocations, revokedSerialNumber, thisUpdate: notBefore, nextUpdate: notAfter };
  return signRevocationLists(hierarchy, list);
}

function revocationsOf({ revocations }: ManifestRevocationList) {
  return revocations.map(({ serialNumber, revokedAt }) => ({ serialNumber, revokedAt: new Date(revokedAt) }));
}
