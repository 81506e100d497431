import { GenerateCertsError, quote } from '../../errors.js';
import type { ClientCredential, Credential } from '../../pki/credential.js';
import { findFlaw } from '../../pki/flaws/flaws.js';
import { parseClientIdentity } from '../../pki/names/identity.js';
import type { CertificateSet } from '../../pki/set.js';
import { hintForUnknown } from '../../util/suggest.js';
import type { Subject } from '../report/finding.js';
import type { ClientMaterial } from '../wire/tls.js';

/** One thing that is tried at an endpoint. */
export interface Case {
  readonly tried: Subject;
  readonly expected: 'let-in' | 'refused';
  readonly severity: 'must' | 'policy';
  /** Whether the revocation list is what refuses it. */
  readonly revoked?: true;
  /** What the client comes with; nothing for a connection without TLS. */
  readonly material?: ClientMaterial;
  /** The flaw of its certificate. */
  readonly flaw?: string;
}

/** How many of a set's own clients are tried: one proves the way, a few more their own certificates. */
const MOST_CLIENTS = 20;

/** Which clients of a set are tried, and how the server is checked. */
export interface Choice {
  /** The valid clients to try, by their names; all of them, up to a limit, when empty. */
  readonly clients: readonly string[];
  /** Valid clients that the endpoint must refuse all the same. */
  readonly refused: readonly string[];
  /** What the server's certificate is checked against, in PEM; the set's CA when absent. */
  readonly serverCa?: string | undefined;
}

const EVERY: Choice = { clients: [], refused: [] };

/** What {@link casesOf} leaves out of a large set; nothing where it leaves out nothing. */
export function leftOut(
  { clients }: Pick<CertificateSet, 'clients'>,
  chosen: readonly string[] = [],
): { readonly count: number; readonly tried: number } | undefined {
  if (chosen.length > 0 || clients.length <= MOST_CLIENTS) return undefined;
  return { count: clients.length, tried: MOST_CLIENTS };
}

/** Everything that is tried: the valid clients first, then no certificate, no TLS, and the whole catalogue. */
export async function casesOf(set: CertificateSet, choice: Choice = EVERY): Promise<Case[]> {
  const { clients, refused, serverCa } = choice;
  const isRevoked = (client: ClientCredential) => set.revokedAt(client.certificate) !== undefined;
  const own = callersOf(set);
  const isRefused = ({ name }: ClientCredential) => refused.includes(name);
  const isChosen = ({ name }: ClientCredential) => clients.length === 0 || clients.includes(name);
  const most = clients.length === 0 ? MOST_CLIENTS : Number.POSITIVE_INFINITY;
  const valid = (parties: readonly ClientCredential[]) =>
    parties.filter((party) => !isRevoked(party) && !isRefused(party) && isChosen(party)).slice(0, most);
  const all = [...own.clients, ...own.peers];
  const cases: Case[] = [
    ...[...valid(own.clients), ...valid(own.peers)].map(validCase),
    ...all.filter((party) => isRefused(party) && !isRevoked(party)).map(unlistedCase),
    {
      tried: { kind: 'no-certificate' },
      expected: 'refused',
      severity: 'must',
      material: { ca: set.trustedPem },
    },
    { tried: { kind: 'no-tls' }, expected: 'refused', severity: 'must' },
    ...(await set.catalogue()).map(flawedCase),
    ...all.filter(isRevoked).slice(0, MOST_CLIENTS).map(revokedCase),
  ];
  if (serverCa === undefined) return cases;
  return cases.map((one) =>
    one.material === undefined ? one : { ...one, material: { ...one.material, ca: serverCa } },
  );
}

/** Clients and peers whose keys this user may not read. */
export function keylessOf(set: CertificateSet): Subject[] {
  return [...set.clients, ...set.peers]
    .filter(({ hasPrivateKey, isKeyElsewhere }) => !hasPrivateKey && !isKeyElsewhere)
    .map(({ role, name }) => ({ kind: 'client', role, name }));
}

/** Those of a set that can call: clients, and peers, which are clients of the other nodes; with their keys. */
function callersOf(set: CertificateSet) {
  const withKey = <Party extends Credential>(parties: readonly Party[]) =>
    parties.filter(({ hasPrivateKey }) => hasPrivateKey);
  return { clients: withKey(set.clients), peers: withKey(set.peers).map((peer) => peer.asClient()) };
}

/**
 * Finds the clients and peers that were named.
 *
 * @returns their names in the set
 * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET`
 */
export function findCallers(set: CertificateSet, typed: readonly string[]): string[] {
  const { clients, peers } = callersOf(set);
  const names = [...clients, ...peers].map(({ name }) => name);
  return typed.map((one) => {
    const found = names.find((name) => name === one) ?? names.find((name) => name === canonical(one));
    if (found !== undefined) return found;
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no client ${quote(one)} to try`,
      names.length === 0 ? "make one: 'generate-certs client <name>'" : hintForUnknown(one, names),
    );
  });
}

function canonical(typed: string): string | undefined {
  try {
    return parseClientIdentity(typed).value;
  } catch {
    return undefined;
  }
}

function validCase(client: ClientCredential): Case {
  return {
    tried: { kind: 'client', role: client.role, name: client.name },
    expected: 'let-in',
    severity: 'must',
    material: client.tlsOptions(),
  };
}

/** A valid client whose name an allow-list of the endpoint does not have. */
function unlistedCase(client: ClientCredential): Case {
  return {
    tried: { kind: 'client', role: client.role, name: client.name, unlisted: true },
    expected: 'refused',
    severity: 'must',
    material: client.tlsOptions(),
  };
}

function flawedCase(client: ClientCredential): Case {
  const flaw = findFlaw(client.flaw);
  return {
    tried: { kind: 'flaw', flaw: flaw.name },
    expected: 'refused',
    severity: flaw.severity,
    material: client.tlsOptions(),
    flaw: flaw.name,
    ...(flaw.name === 'revoked' && { revoked: true as const }),
  };
}

function revokedCase(client: ClientCredential): Case {
  return {
    tried: { kind: 'client', role: client.role, name: client.name, revoked: true },
    expected: 'refused',
    severity: 'policy',
    material: client.tlsOptions(),
    revoked: true,
    flaw: 'revoked',
  };
}
