import type { ClientCredential, Credential, PeerCredential, ServerCredential } from '../credential.js';
import { issueFlawed, issueFlawedServer } from '../flaws/flawed.js';
import { freshKeys, type KeySource, reusedKeys } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import type { PrivateKey } from '../keys/keys.js';
import { dnsNamesOf } from '../names/identity.js';
import { identitiesOf, partiesOf } from '../names/party-names.js';
import type { ParsedParty, ParsedRequest } from '../request.js';
import { CertificateSet } from '../set.js';
import { issueParties } from '../workers/issue-parties.js';
import type { IssuingWork } from '../workers/work.js';
import { randomSerialNumber, type Validity, validityFrom } from './certificate.js';
import { createHierarchy, type Hierarchy, issuerOf, trustOf } from './hierarchy.js';
import type { PartyCredential } from './party.js';
import { type Revocation, type RevocationList, signRevocationList } from './revocation-list.js';
import { type Rotation, signRevocationLists } from './rotation.js';

/** Makes a set. All its keys are made side by side. */
export async function issueSet(
  parsed: ParsedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  const life = lifeOf(parsed, now);
  const revokedSerialNumber = randomSerialNumber();
  const parts = {
    hierarchy: hierarchyFor(parsed, life),
    revokedSerialNumber,
    revocationsOf: () => [{ serialNumber: revokedSerialNumber, revokedAt: life.validity.notBefore }],
  };
  return issueUnder(parsed, life, parts, work);
}

/** New CAs for a request, below the root that it brings if it brings one. */
export function hierarchyFor(
  parsed: ParsedRequest,
  { validity }: Pick<Life, 'validity'>,
): Promise<Hierarchy> {
  const { request, root } = parsed;
  return createHierarchy({
    key: request.caKey,
    validity,
    permittedDnsNames: request.nameConstraints ? dnsSubtrees(partiesOf(parsed)) : undefined,
    makeKey: keySourceOf(parsed),
    intermediates: request.intermediates,
    root,
  });
}

/** Where a request's keys come from. */
function keySourceOf({ request, reuseKeys }: ParsedRequest) {
  return reuseKeys ? reusedKeys(request) : freshKeys;
}

/** What of an earlier set stays in the set as it is. */
export interface KeptParts {
  /** The servers, peers and clients to be trusted, by name: no two share one. */
  readonly parties: ReadonlyMap<string, PartyCredential>;
  /** The untrusted clients, by flaw. */
  readonly untrusted: ReadonlyMap<string, ClientCredential>;
  /** The servers to refuse, by flaw. */
  readonly untrustedServers: ReadonlyMap<string, ServerCredential>;
  /** Used again where nothing that is on them has changed. */
  readonly revocationLists?: readonly RevocationList[] | undefined;
}

const NOTHING_KEPT: KeptParts = { parties: new Map(), untrusted: new Map(), untrustedServers: new Map() };

/** The CAs that sign, and what the revocation list holds. */
export interface AuthorityParts {
  /** May still be in the making: the keys need not wait for them. */
  readonly hierarchy: Promise<Hierarchy>;
  readonly rotation?: Rotation | undefined;
  readonly revokedSerialNumber: string;
  /** The number of the last list before this one. */
  readonly lastListNumber?: number;
  readonly revocationsOf: (parties: readonly PartyCredential[]) => readonly Revocation[];
}

/** When a set is made, when it ends, and the validity of its certificates; whole seconds, as X.509 has them. */
export interface Life {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly validity: Validity;
}

/** From now on, and never beyond the end of a root that was brought. */
export function lifeOf(
  { lifetime, backdate, root }: Pick<ParsedRequest, 'lifetime' | 'backdate' | 'root'>,
  now: Date,
): Life {
  const createdAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const end = createdAt.getTime() + lifetime * 1000;
  const expiresAt = new Date(Math.min(end, root?.certificate.notAfter.getTime() ?? end));
  return { createdAt, expiresAt, validity: validityFrom(createdAt, expiresAt, backdate) };
}

/**
 * Makes everything that a CA signs but what is kept.
 *
 * @param validity of what is issued now
 */
export async function issueUnder(
  parsed: ParsedRequest,
  { createdAt, expiresAt, validity }: Life,
  { revokedSerialNumber, lastListNumber = 0, revocationsOf, rotation, ...parts }: AuthorityParts,
  work: IssuingWork = {},
  kept: KeptParts = NOTHING_KEPT,
): Promise<CertificateSet> {
  const { request, servers, clients, reservedNames } = parsed;
  const keys = keySourceOf(parsed);
  const parties = partiesOf(parsed);
  const newParties = parties.filter(({ name }) => !kept.parties.has(name));
  const missingFlaws = request.untrusted.filter((flaw) => !kept.untrusted.has(flaw));
  const missingServerFlaws = request.untrustedServers.filter((flaw) => !kept.untrustedServers.has(flaw));
  const missesFlawed = missingFlaws.length + missingServerFlaws.length > 0;
  const context = { keyType: request.key, keys, hierarchy: parts.hierarchy, validity };
  const [hierarchy, untrustedKey, issued] = await Promise.all([
    parts.hierarchy,
    missesFlawed ? untrustedKeyOf(kept, request.key, keys) : undefined,
    issueParties(newParties, context, work),
  ]);
  const flawed = new Map(kept.untrusted);
  const flawedServers = new Map(kept.untrustedServers);
  if (untrustedKey !== undefined) {
    const flawedContext = {
      hierarchy,
      validity,
      createdAt,
      model: clients[0]?.identity,
      names: servers[0]?.names ?? [],
      privateKey: untrustedKey,
      caKey: request.caKey,
      revokedSerialNumber,
      keys,
    };
    await Promise.all([
      ...missingFlaws.map(async (flaw) => flawed.set(flaw, await issueFlawed(flaw, flawedContext))),
      ...missingServerFlaws.map(async (flaw) =>
        flawedServers.set(flaw, await issueFlawedServer(flaw, flawedContext)),
      ),
    ]);
  }
  const { trusted } = trustOf(hierarchy);
  const credentials = inOrder(parties, kept, issued);
  const revocations = revocationsOf(credentials);
  const withRole = (role: ParsedParty['role']) => credentials.filter((party) => party.role === role);
  const list = {
    number: lastListNumber + 1,
    revocations,
    revokedSerialNumber,
    thisUpdate: validity.notBefore,
    nextUpdate: expiresAt,
  };
  return new CertificateSet({
    request,
    createdAt,
    expiresAt,
    hierarchy,
    rotation,
    servers: withRole('server') as ServerCredential[],
    peers: withRole('peer') as PeerCredential[],
    clients: (withRole('client') as ClientCredential[]).map((client) => client.trusting(trusted)),
    untrustedClients: request.untrusted.map((flaw) =>
      (flawed.get(flaw) as ClientCredential).trusting(trusted),
    ),
    untrustedServers: request.untrustedServers.map((flaw) => flawedServers.get(flaw) as ServerCredential),
    revocationLists: listsOf(hierarchy, kept.revocationLists, list),
    revokedSerialNumber,
    reservedNames,
  });
}

/** The lists that are there, of which the first is signed again where it changes; new ones where there are none. */
function listsOf(
  hierarchy: Hierarchy,
  [first, ...others]: readonly RevocationList[] = [],
  list: Parameters<typeof signRevocationLists>[1],
): readonly RevocationList[] {
  if (first === undefined) return signRevocationLists(hierarchy, list);
  if (first.revocations.length === list.revocations.length) return [first, ...others];
  return [signRevocationList(list, issuerOf(hierarchy).signer), ...others];
}

/** The clients and servers to refuse share a key, so that many of them cost little. */
function untrustedKeyOf(kept: KeptParts, type: KeyType, keys: KeySource): Promise<PrivateKey> | PrivateKey {
  const kinds: Credential[] = [...kept.untrusted.values(), ...kept.untrustedServers.values()];
  const shared = kinds.find(({ privateKey }) => privateKey.type === type);
  return shared?.privateKey ?? keys(type, 'untrusted');
}

function inOrder(
  parties: readonly ParsedParty[],
  kept: KeptParts,
  issued: readonly PartyCredential[],
): PartyCredential[] {
  let next = 0;
  return parties.map(({ name }) => kept.parties.get(name) ?? (issued[next++] as PartyCredential));
}

/** The DNS names that a CA with name constraints may sign: `*.x` as `x`, which permits all below it. */
export function dnsSubtrees(parties: readonly ParsedParty[]): string[] {
  const names = parties.flatMap(identitiesOf).flatMap(dnsNamesOf);
  return [...new Set(names.map((name) => name.replace(/^\*\./, '')))];
}
