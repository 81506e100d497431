import { resolve } from 'node:path';
import { RESERVED_NAMES } from '../../layouts/requests.js';
import type { ClientCredential, PeerCredential, ServerCredential } from '../../pki/credential.js';
import { type HierarchyTrust, trustOf } from '../../pki/issue/hierarchy.js';
import { CertificateSet } from '../../pki/set.js';
import { nextTurn } from '../../util/turns.js';
import { readBroughtRoot } from '../brought/read-root.js';
import { readConsistently } from '../transaction/consistent.js';
import { partyOf, untrustedClientOf, untrustedServerOf } from './credentials.js';
import { damaged } from './damaged.js';
import { type Damage, findDamages, isContentLost } from './damages.js';
import { requireManifest } from './find.js';
import {
  isWithAuthorityKey,
  type Manifest,
  type ManifestCertificate,
  type ManifestFile,
} from './manifest.js';
import { readHierarchies, readRevocationLists, readRotation } from './read-hierarchy.js';
import {
  type Copy,
  isCopyOf,
  type Problem,
  type ReadCredential,
  readAuthority,
  readCredential,
} from './read-parts.js';
import { findMissing, UnreadClient, type UnreadSet } from './unread-client.js';

/**
 * Reads a set back from its folder, with its CA.
 *
 * Where the CA's private key is not in the folder, or a key's file may not be read by this user, the set is read
 * all the same: what needs such a key throws `ERR_CA_KEY_MISSING` or `ERR_KEY_UNREADABLE`.
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
  return readConsistently(folder, () => loadSet(folder));
}

/** As {@link loadCertificateSet}, of what is there in this moment: within {@link readConsistently}. */
async function loadSet(folder: string): Promise<CertificateSet> {
  const manifest = requireManifest(folder);
  return readSet(folder, manifest, await findDamages(folder, manifest.files));
}

/** A set that is to be changed. */
export interface ChangingSet {
  readonly set: CertificateSet;
  /** What the manifest says of clients whose files were not looked into. */
  readonly unread: readonly ManifestCertificate[];
}

/**
 * Reads a set for the folder's one writer, by its manifest.
 *
 * @param isTouched which clients the change has to do with: all others are read when something asks for their
 * certificates or keys, and of their files only is looked whether they are there
 */
export async function loadForChange(
  folder: string,
  manifest: Manifest,
  isTouched: (client: ManifestCertificate) => boolean,
): Promise<ChangingSet> {
  const unread = manifest.certificates.filter(
    (entry) => entry.role === 'client' && canWait(entry) && !isTouched(entry),
  );
  const waiting = new Set(unread);
  const paths = (entries: readonly ManifestCertificate[]) =>
    new Set(entries.flatMap(({ files }) => Object.values(files).flatMap((parts) => Object.values(parts))));
  const others = paths(manifest.certificates.filter((entry) => !waiting.has(entry)));
  const alone = paths(unread);
  const isUnread = ({ path }: ManifestFile) => alone.has(path) && !others.has(path);
  const damages = new Map([
    ...(await findDamages(
      folder,
      manifest.files.filter((file) => !isUnread(file)),
    )),
    ...findMissing(folder, manifest.files.filter(isUnread)),
  ]);
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  const from: UnreadSet = { folder: resolve(folder), named: folder, files };
  const readOne: PartyReader = (entry) =>
    waiting.has(entry) ? new UnreadClient(from, entry) : readParty(folder, entry, damages);
  return { set: await readSet(folder, manifest, damages, { readOne }), unread };
}

/** Whether a certificate is surely as this program writes it, from its names: what is read later is read so. */
function canWait({ subject, issuer }: ManifestCertificate): boolean {
  return !subject.includes('=#') && MARK.test(issuer);
}

/** The name of a CA that this program made; one of another's may be written in any way. */
const MARK = /^CN=generate-certs test CA [^,+]+, O=generate-certs, OU=development only$/;

/** A party whose files cannot be read, and why. */
export interface UnreadableParty {
  readonly role: ManifestCertificate['role'];
  readonly name: string;
  readonly problem: string;
}

/**
 * As {@link loadCertificateSet}, but without the clients and peers, and those to refuse, that cannot be read: for who
 * has a use for the others.
 */
export async function loadReadableSet(
  folder: string,
): Promise<{ readonly set: CertificateSet; readonly unreadable: readonly UnreadableParty[] }> {
  return readConsistently(folder, async () => {
    const manifest = requireManifest(folder);
    const unreadable: UnreadableParty[] = [];
    const onUnreadable = (party: UnreadableParty) => unreadable.push(party);
    const set = await readSet(folder, manifest, await findDamages(folder, manifest.files), { onUnreadable });
    return { set, unreadable };
  });
}

/** How many certificates are read before others get their turn: some ten milliseconds of work. */
const CERTIFICATES_A_TURN = 20;

async function readSet(
  folder: string,
  manifest: Manifest,
  damages: ReadonlyMap<string, Damage>,
  {
    onUnreadable,
    readOne: readPartyOf = (entry) => readParty(folder, entry, damages),
  }: {
    readonly onUnreadable?: (party: UnreadableParty) => unknown;
    readonly readOne?: PartyReader;
  } = {},
): Promise<CertificateSet> {
  if (!manifest.certificates.some(({ role }) => role === 'server')) {
    throw damaged(folder, 'the manifest names no server');
  }
  const { ca } = manifest.request;
  const readOne = (entry: ManifestCertificate) =>
    entry.name === 'ca' && ca !== null ? readBroughtRoot(folder, entry, ca) : readAuthority(folder, entry);
  const read = orDamaged(folder, await readHierarchies(manifest, readOne));
  const { hierarchy, other } = read;
  const trust = trustOf(hierarchy);
  for (const [path, damage] of damages) {
    const keyLeft = damage.kind === 'missing' && isWithAuthorityKey(manifest, path);
    if (onUnreadable !== undefined && !isOfAuthority(manifest, path)) continue;
    if (isContentLost(damage) && !keyLeft) throw damaged(folder, `${path} ${damage.text}`);
  }
  const lists = orDamaged(folder, readRevocationLists(folder, manifest, read));
  const withRole = async <Made>(role: ManifestCertificate['role'], make: Maker<Made>) => {
    const made: Made[] = [];
    for (const [index, entry] of manifest.certificates.entries()) {
      if (entry.role === role) {
        const found = readPartyOf(entry);
        const part = found instanceof Promise ? await found : found;
        if ('problem' in part && onUnreadable !== undefined && role !== 'server') {
          onUnreadable({ role, name: entry.name, problem: part.problem });
        } else made.push(make(entry, orDamaged(folder, part), trust));
      }
      if (index % CERTIFICATES_A_TURN === CERTIFICATES_A_TURN - 1) await nextTurn();
    }
    return made;
  };
  const trustedOf: Maker<unknown> = (entry, read, common) => partyOf(entry, read, common, manifest.request);
  return new CertificateSet({
    request: manifest.request,
    createdAt: new Date(manifest.createdAt),
    expiresAt: new Date(manifest.expiresAt),
    hierarchy,
    rotation: readRotation(manifest, other, lists.other),
    servers: (await withRole('server', trustedOf)) as ServerCredential[],
    peers: (await withRole('peer', trustedOf)) as PeerCredential[],
    clients: (await withRole('client', trustedOf)) as ClientCredential[],
    untrustedClients: await withRole('untrusted', untrustedClientOf),
    untrustedServers: await withRole('untrusted-server', untrustedServerOf),
    revocationLists: lists.own,
    revokedSerialNumber: manifest.revocationList.reservedSerialNumber,
    reservedNames: RESERVED_NAMES,
  });
}

type Maker<Made> = (entry: ManifestCertificate, read: ReadCredential, trust: HierarchyTrust) => Made;
type PartyReader = (
  entry: ManifestCertificate,
) => Promise<ReadCredential | Problem> | ReadCredential | Problem;

/** Reads a party from the first of its copies that is as it was made. */
async function readParty(
  folder: string,
  entry: ManifestCertificate,
  damages: ReadonlyMap<string, Damage>,
): Promise<ReadCredential | Problem> {
  const copies: Copy[] = Object.values(entry.files).filter((files) => isCopyOf(entry, files));
  const lost = copies.map(({ certificate, key }) =>
    [certificate, key].find((path) => {
      const damage = path === undefined ? undefined : damages.get(path);
      return damage !== undefined && isContentLost(damage);
    }),
  );
  const sound = copies.find((_, index) => lost[index] === undefined);
  const path = lost[0];
  if (sound === undefined && path !== undefined) {
    return { problem: `${path} ${damages.get(path)?.text}` };
  }
  return readCredential(folder, entry, sound);
}

/** Without these nothing can be said of the others. */
function isOfAuthority({ certificates }: Manifest, path: string): boolean {
  return certificates.some(
    ({ role, files }) =>
      role === 'ca' && Object.values(files).some((file) => Object.values(file).includes(path)),
  );
}

/** What was read, or the error of a set in which it is damaged. */
function orDamaged<T extends object>(folder: string, part: T | { readonly problem: string }): T {
  if ('problem' in part) throw damaged(folder, part.problem);
  return part;
}
