import type { ClientCredential } from '../credential.js';
import { issueFlawed } from '../flaws/flawed.js';
import { freshKeys, type KeySource, reusedKeys } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import type { PrivateKey } from '../keys/keys.js';
import type { Identity } from '../names/identity.js';
import type { ParsedClient, ParsedRequest } from '../request.js';
import { CertificateSet, type ServerParts } from '../set.js';
import { issueClients } from '../workers/issue-clients.js';
import type { IssuingWork } from '../workers/work.js';
import { type Authority, createAuthority } from './authority.js';
import { randomSerialNumber, type Validity, validityFrom } from './certificate.js';
import { signLeaf } from './leaf.js';
import { type Revocation, type RevocationList, signRevocationList } from './revocation-list.js';
import { serverLeaf } from './server-leaf.js';

/** Makes a set. All its keys are made side by side. */
export async function issueSet(
  parsed: ParsedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  const life = lifeFrom(now, parsed.lifetime);
  const revokedSerialNumber = randomSerialNumber();
  const parts = {
    authority: authorityFor(parsed, life),
    revokedSerialNumber,
    revocationsOf: () => [{ serialNumber: revokedSerialNumber, revokedAt: life.validity.notBefore }],
  };
  return issueUnder(parsed, life, parts, work);
}

/** A new CA for a request. */
export function authorityFor(parsed: ParsedRequest, { validity }: Life): Promise<Authority> {
  const { request, names, clients } = parsed;
  return createAuthority({
    key: request.caKey,
    validity,
    permittedDnsNames: request.nameConstraints ? dnsSubtrees(names, clients) : undefined,
    makeKey: (type) => keySourceOf(parsed)(type, 'ca'),
  });
}

/** Where a request's keys come from. */
function keySourceOf({ request, reuseKeys }: ParsedRequest) {
  return reuseKeys ? reusedKeys(request) : freshKeys;
}

/** What of an earlier set stays in the set as it is. */
export interface KeptParts {
  readonly server?: ServerParts | undefined;
  /** By the client's identity. */
  readonly clients: ReadonlyMap<string, ClientCredential>;
  /** The untrusted clients, by flaw. */
  readonly untrusted: ReadonlyMap<string, ClientCredential>;
  /** Used again where nothing that is on it has changed. */
  readonly revocationList?: RevocationList | undefined;
}

const NOTHING_KEPT: KeptParts = { clients: new Map(), untrusted: new Map() };

/** The CA that signs, and what its revocation list holds. */
export interface AuthorityParts {
  /** May still be in the making: the keys need not wait for it. */
  readonly authority: Promise<Authority>;
  readonly revokedSerialNumber: string;
  /** The number of the last list before this one. */
  readonly lastListNumber?: number;
  readonly revocationsOf: (clients: readonly ClientCredential[]) => readonly Revocation[];
}

/** When a set is made, when it ends, and the validity of its certificates; whole seconds, as X.509 has them. */
export interface Life {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly validity: Validity;
}

export function lifeFrom(now: Date, seconds: number): Life {
  const createdAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const expiresAt = new Date(createdAt.getTime() + seconds * 1000);
  return { createdAt, expiresAt, validity: validityFrom(createdAt, expiresAt) };
}

/**
 * Makes everything that a CA signs but what is kept.
 *
 * @param validity of what is issued now
 */
export async function issueUnder(
  parsed: ParsedRequest,
  { createdAt, expiresAt, validity }: Life,
  { revokedSerialNumber, lastListNumber = 0, revocationsOf, ...parts }: AuthorityParts,
  work: IssuingWork = {},
  kept: KeptParts = NOTHING_KEPT,
): Promise<CertificateSet> {
  const { request, names, clients, reservedNames } = parsed;
  const keys = keySourceOf(parsed);
  const newClients = clients.filter(({ identity }) => !kept.clients.has(identity.value));
  const missingFlaws = request.untrusted.filter((flaw) => !kept.untrusted.has(flaw));
  const [authority, serverKey, untrustedKey, issued] = await Promise.all([
    parts.authority,
    kept.server === undefined ? keys(request.key, 'server') : undefined,
    missingFlaws.length > 0 ? untrustedKeyOf(kept, request.key, keys) : undefined,
    issueClients(newClients, { keyType: request.key, keys, authority: parts.authority, validity }, work),
  ]);
  const flawed = new Map(kept.untrusted);
  if (untrustedKey !== undefined) {
    const context = {
      authority,
      validity,
      createdAt,
      model: clients[0]?.identity,
      privateKey: untrustedKey,
      caKey: request.caKey,
      revokedSerialNumber,
      keys,
    };
    await Promise.all(missingFlaws.map(async (flaw) => flawed.set(flaw, await issueFlawed(flaw, context))));
  }
  const issuedClients = inOrder(clients, kept, issued);
  const revocations = revocationsOf(issuedClients);
  const unchanged = kept.revocationList?.revocations.length === revocations.length;
  return new CertificateSet({
    request,
    createdAt,
    expiresAt,
    authority,
    server: kept.server ?? issueServer(names, serverKey as PrivateKey, authority, validity),
    clients: issuedClients,
    untrustedClients: request.untrusted.map((flaw) => flawed.get(flaw) as ClientCredential),
    revocationList:
      unchanged && kept.revocationList !== undefined
        ? kept.revocationList
        : signRevocationList(
            {
              number: lastListNumber + 1,
              revocations,
              thisUpdate: validity.notBefore,
              nextUpdate: expiresAt,
            },
            authority.signer,
          ),
    revokedSerialNumber,
    reservedNames,
  });
}

/** The clients to refuse share a key, so that many of them cost little. */
function untrustedKeyOf(kept: KeptParts, type: KeyType, keys: KeySource): Promise<PrivateKey> | PrivateKey {
  const shared = [...kept.untrusted.values()].find(({ privateKey }) => privateKey.type === type);
  return shared?.privateKey ?? keys(type, 'untrusted');
}

function inOrder(
  clients: readonly ParsedClient[],
  kept: KeptParts,
  issued: readonly ClientCredential[],
): ClientCredential[] {
  let next = 0;
  return clients.map(
    ({ identity }) => kept.clients.get(identity.value) ?? (issued[next++] as ClientCredential),
  );
}

function issueServer(
  names: readonly Identity[],
  privateKey: PrivateKey,
  authority: Authority,
  validity: Validity,
): ServerParts {
  const certificate = signLeaf(serverLeaf(names, privateKey, authority, validity), authority.signer);
  // The NGINX example's clients trust server.pem itself; Python's ssl does so only with the CA in it.
  return { certificate, chain: [authority.certificate], privateKey };
}

/** The DNS names that a CA with name constraints may sign: `*.x` as `x`, which permits all below it. */
export function dnsSubtrees(names: readonly Identity[], clients: readonly ParsedClient[]): string[] {
  const dns = [...names, ...clients.map(({ identity }) => identity)].filter(({ kind }) => kind === 'dns');
  return [...new Set(dns.map(({ value }) => value.replace(/^\*\./, '')))];
}
