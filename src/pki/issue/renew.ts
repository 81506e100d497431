import { parseDuration } from '../../util/duration.js';
import type { ClientCredential } from '../credential.js';
import type { KeyType } from '../keys/key-types.js';
import { parseClientIdentity, parseEndpointName } from '../names/identity.js';
import type { ParsedRequest } from '../request.js';
import type { CertificateSet } from '../set.js';
import type { IssuingWork } from '../workers/work.js';
import { type Authority, createAuthority } from './authority.js';
import { randomSerialNumber, validityFrom } from './certificate.js';
import { type AuthorityParts, authorityFor, issueUnder, type KeptParts, lifeFrom } from './issue.js';
import type { Revocation, RevocationList } from './revocation-list.js';

/** What is left of a set that was written: parts whose files are lost or damaged are missing. */
export interface SetRemains extends KeptParts {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Missing without its private key. */
  readonly authority?: Authority | undefined;
  readonly revokedSerialNumber: string;
  readonly listNumber: number;
  readonly revocations: readonly Revocation[];
  /** Since when clients are revoked, by identity. */
  readonly revokedClients: ReadonlyMap<string, Date>;
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
  const { authority, revocations, revokedClients, revokedSerialNumber, listNumber } = remains;
  const renewed = lifeFrom(now, parsed.lifetime);
  if (how === 'authority' || authority === undefined) {
    const serialNumber = randomSerialNumber();
    const reserved = { serialNumber, revokedAt: renewed.validity.notBefore };
    const parts: AuthorityParts = {
      authority: authorityFor(parsed, renewed),
      revokedSerialNumber: serialNumber,
      revocationsOf: (clients) => [reserved, ...revocationsOf(clients, revokedClients, [])],
    };
    return issueUnder(parsed, renewed, parts, work);
  }
  const parts = {
    revokedSerialNumber,
    lastListNumber: listNumber,
    revocationsOf: (clients: readonly ClientCredential[]) => [
      ...revocations,
      ...revocationsOf(clients, revokedClients, revocations),
    ],
  };
  if (how === 'life') {
    const again = createAuthority({
      key: authority.privateKey.type as KeyType,
      privateKey: authority.privateKey,
      name: authority.signer.name,
      validity: renewed.validity,
      permittedDnsNames: authority.permittedDnsNames,
    });
    return issueUnder(parsed, renewed, { ...parts, authority: again }, work);
  }
  const { createdAt, expiresAt } = remains;
  // Never before the CA's own certificate begins.
  const begin = new Date(Math.max(Math.floor(now.getTime() / 1000) * 1000, createdAt.getTime()));
  const life = { createdAt, expiresAt, validity: validityFrom(begin, expiresAt) };
  return issueUnder(parsed, life, { ...parts, authority: Promise.resolve(authority) }, work, remains);
}

/** What the revocation list must hold for revoked clients beyond what is on it. */
function revocationsOf(
  clients: readonly ClientCredential[],
  revokedClients: ReadonlyMap<string, Date>,
  listed: readonly Revocation[],
): Revocation[] {
  if (revokedClients.size === 0) return [];
  const known = new Set(listed.map(({ serialNumber }) => serialNumber));
  return clients.flatMap(({ name, certificate: { serialNumber } }) => {
    const revokedAt = revokedClients.get(name);
    return revokedAt === undefined || known.has(serialNumber) ? [] : [{ serialNumber, revokedAt }];
  });
}

/** The remains of a set of which nothing is lost. */
export function remainsOf(set: CertificateSet): SetRemains & { readonly revocationList: RevocationList } {
  const { clients, revocationList } = set;
  const revokedClients = clients.flatMap(({ name, certificate }) => {
    const revokedAt = set.revokedAt(certificate);
    return revokedAt === undefined ? [] : [[name, revokedAt] as const];
  });
  return {
    createdAt: set.createdAt,
    expiresAt: set.expiresAt,
    authority: set.authority,
    revokedSerialNumber: set.revokedSerialNumber,
    listNumber: revocationList.number,
    revocations: revocationList.revocations,
    revokedClients: new Map(revokedClients),
    server: set.server,
    clients: new Map(clients.map((client) => [client.name, client])),
    untrusted: new Map(set.untrustedClients.map((client) => [client.flaw ?? '', client])),
    revocationList,
  };
}

/** Makes a set again for another whole life, with the same request and all its clients, by the same CA. */
export async function renewSet(set: CertificateSet, now: Date): Promise<CertificateSet> {
  const { request, reservedNames } = set;
  const parsed = {
    request,
    names: request.names.map(parseEndpointName),
    clients: set.clients.map(({ name, fileName }) => ({ identity: parseClientIdentity(name), fileName })),
    lifetime: parseDuration(request.validFor),
    reservedNames,
    reuseKeys: false,
  };
  return reissue('life', remainsOf(set), parsed, now);
}
