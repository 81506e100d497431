import { parseDuration } from '../../util/duration.js';
import type { Credential } from '../credential.js';
import { readClientIdentity } from '../names/identity.js';
import { withPublicKeys } from '../names/party-names.js';
import { peersOf, serversOf } from '../names/server.js';
import type { ParsedClient, ParsedRequest, SetRequest } from '../request.js';
import type { CertificateSet } from '../set.js';
import type { IssuingWork } from '../workers/work.js';
import type { Authority } from './authority.js';
import { randomSerialNumber, validityFrom } from './certificate.js';
import { type Hierarchy, renewHierarchy } from './hierarchy.js';
import { type AuthorityParts, hierarchyFor, issueUnder, type KeptParts, type Life, lifeOf } from './issue.js';
import type { PartyCredential } from './party.js';
import type { Revocation } from './revocation-list.js';
import { type Rotation, signRevocationLists } from './rotation.js';

/** What is left of a set that was written: parts whose files are lost or damaged are missing. */
export interface SetRemains extends KeptParts {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Missing where one of the CAs is without its private key. */
  readonly hierarchy?: Hierarchy | undefined;
  readonly rotation?: Rotation | undefined;
  readonly revokedSerialNumber: string;
  readonly listNumber: number;
  readonly revocations: readonly Revocation[];
  /** Since when parties are revoked, by name. */
  readonly revokedParties: ReadonlyMap<string, Date>;
}

/** How much of a set is issued again. */
export type Reissue =
  /** What is missing from the remains. */
  | 'missing'
  /** Everything, for a new life, by the CA's same key and name. */
  | 'life'
  /** Everything, by a new CA. */
  | 'authority';

/**
 * Makes a set again from what is left of it and a request, which may ask for more than the set had.
 *
 * A renewed CA has the same key and name: what was issued before is valid under its new certificate, and what is
 * issued now under the old one. Clients that were revoked stay so, whatever is issued again: their new
 * certificates are on the revocation list since the same moment.
 */
export async function reissue(
  how: Reissue,
  remains: SetRemains,
  parsed: ParsedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  const { hierarchy, rotation, revocations, revokedParties, revokedSerialNumber, listNumber } = remains;
  const renewed = lifeOf(parsed, now);
  if (how === 'authority' || hierarchy === undefined) {
    const serialNumber = randomSerialNumber();
    const reserved = { serialNumber, revokedAt: renewed.validity.notBefore };
    const parts: AuthorityParts = {
      hierarchy: hierarchyFor(parsed, renewed),
      revokedSerialNumber: serialNumber,
      revocationsOf: (parties) => [reserved, ...revocationsOf(parties, revokedParties, [])],
    };
    return issueUnder(parsed, renewed, parts, work);
  }
  const parts = {
    revokedSerialNumber,
    lastListNumber: listNumber,
    revocationsOf: (parties: readonly PartyCredential[]) => [
      ...revocations,
      ...revocationsOf(parties, revokedParties, revocations),
    ],
  };
  if (how === 'life') {
    const turned = rotation && (await renewRotation(rotation, renewed));
    const again = renewHierarchy(hierarchy, renewed.validity, { root: parsed.root }).then((cas) => ({
      ...cas,
      alsoTrusted: turned && [turned.other.root.certificate],
    }));
    return issueUnder(parsed, renewed, { ...parts, hierarchy: again, rotation: turned }, work);
  }
  const as = { ...parts, hierarchy: Promise.resolve(hierarchy), rotation };
  return issueUnder(parsed, restOfLife(remains, parsed.backdate, now), as, work, remains);
}

/** What is left of a set's life, for what is issued into it now. */
export function restOfLife(
  { createdAt, expiresAt }: { readonly createdAt: Date; readonly expiresAt: Date },
  backdate: number,
  now: Date,
): Life {
  // Never before the CA's own certificate begins.
  const begin = new Date(Math.max(Math.floor(now.getTime() / 1000) * 1000, createdAt.getTime()));
  return { createdAt, expiresAt, validity: validityFrom(begin, expiresAt, backdate) };
}

/** The other CA of a rotation for another life, with its lists. */
export async function renewRotation(rotation: Rotation, { validity, expiresAt }: Life): Promise<Rotation> {
  const { revokedSerialNumber } = rotation;
  const other = await renewHierarchy(rotation.other, validity);
  const { number = 0, revocations = [] } = rotation.revocationLists[0] ?? {};
  const revocationLists = signRevocationLists(other, {
    number: number + 1,
    revocations,
    revokedSerialNumber,
    thisUpdate: validity.notBefore,
    nextUpdate: expiresAt,
  });
  return { ...rotation, other, revocationLists };
}

/** What the revocation list must hold for revoked parties beyond what is on it. */
export function revocationsOf(
  parties: readonly PartyCredential[],
  revokedParties: ReadonlyMap<string, Date>,
  listed: readonly Revocation[],
): Revocation[] {
  if (revokedParties.size === 0) return [];
  const known = new Set(listed.map(({ serialNumber }) => serialNumber));
  return parties.flatMap(({ name, certificate: { serialNumber } }) => {
    const revokedAt = revokedParties.get(name);
    return revokedAt === undefined || known.has(serialNumber) ? [] : [{ serialNumber, revokedAt }];
  });
}

/** The remains of a set of which nothing is lost. */
export function remainsOf(set: CertificateSet): SetRemains {
  const { servers, peers, clients, revocationList, rotation, hierarchy } = set;
  const parties = [...servers, ...peers, ...clients];
  const revokedParties = parties.flatMap(({ name, certificate }) => {
    const revokedAt = set.revokedAt(certificate);
    return revokedAt === undefined ? [] : [[name, revokedAt] as const];
  });
  return {
    createdAt: set.createdAt,
    expiresAt: set.expiresAt,
    hierarchy,
    rotation,
    revokedSerialNumber: set.revokedSerialNumber,
    listNumber: revocationList.number,
    revocations: revocationList.revocations,
    revokedParties: new Map(revokedParties),
    parties: new Map(parties.map((party) => [party.name, party])),
    untrusted: new Map(set.untrustedClients.map((client) => [client.flaw ?? '', client])),
    untrustedServers: new Map(set.untrustedServers.map((server) => [server.flaw ?? '', server])),
    // Those of the set's own CAs, without a rotation's.
    revocationLists: set.revocationLists.slice(0, hierarchy.intermediates.length + 1),
  };
}

function parsedClient({ name, fileName, identity }: Credential, request: SetRequest): ParsedClient {
  return { role: 'client', name, fileName, identity: readClientIdentity(identity, request) };
}

/** A set's request with all its clients, as it was when the set was made. */
export function parsedOf(set: CertificateSet, root?: Authority): ParsedRequest {
  const { request, reservedNames } = set;
  const signed = set.credentials.filter(({ isKeyElsewhere }) => isKeyElsewhere);
  const withKey = withPublicKeys(
    new Map(signed.map(({ name, certificate }) => [name, certificate.publicKey] as const)),
  );
  return {
    request,
    servers: serversOf(request).map(withKey),
    peers: peersOf(request).map(withKey),
    clients: set.clients.map((client) => withKey(parsedClient(client, request))),
    lifetime: parseDuration(request.validFor),
    backdate: parseDuration(request.backdate),
    reservedNames,
    reuseKeys: false,
    root,
  };
}

/**
 * Makes a set again for another whole life, with the same request and all its clients, by the same CA.
 *
 * @param root where it is another folder's
 */
export async function renewSet(set: CertificateSet, now: Date, root?: Authority): Promise<CertificateSet> {
  return reissue('life', remainsOf(set), parsedOf(set, root), now);
}
