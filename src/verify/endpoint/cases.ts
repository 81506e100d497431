import type { ClientCredential, Credential } from '../../pki/credential.js';
import { findFlaw } from '../../pki/flaws/flaws.js';
import type { CertificateSet } from '../../pki/set.js';
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

/** What {@link casesOf} leaves out of a large set; nothing where it leaves out nothing. */
export function leftOut({
  clients,
}: Pick<CertificateSet, 'clients'>): { readonly count: number; readonly tried: number } | undefined {
  return clients.length <= MOST_CLIENTS ? undefined : { count: clients.length, tried: MOST_CLIENTS };
}

/** Everything that is tried: the valid clients first, then no certificate, no TLS, and the whole catalogue. */
export async function casesOf(set: CertificateSet): Promise<Case[]> {
  const revoked = (client: ClientCredential) => set.revokedAt(client.certificate) !== undefined;
  const withKey = <Party extends Credential>(parties: readonly Party[]) =>
    parties.filter(({ hasPrivateKey }) => hasPrivateKey);
  const clients = withKey(set.clients);
  // They are clients as well, of the other nodes.
  const peers = withKey(set.peers).map((peer) => peer.asClient());
  const valid = (parties: readonly ClientCredential[]) =>
    parties.filter((party) => !revoked(party)).slice(0, MOST_CLIENTS);
  return [
    ...[...valid(clients), ...valid(peers)].map(validCase),
    {
      tried: { kind: 'no-certificate' },
      expected: 'refused',
      severity: 'must',
      material: { ca: set.trustedPem },
    },
    { tried: { kind: 'no-tls' }, expected: 'refused', severity: 'must' },
    ...(await set.catalogue()).map(flawedCase),
    ...[...clients, ...peers].filter(revoked).slice(0, MOST_CLIENTS).map(revokedCase),
  ];
}

function validCase(client: ClientCredential): Case {
  return {
    tried: { kind: 'client', role: client.role, name: client.name },
    expected: 'let-in',
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
