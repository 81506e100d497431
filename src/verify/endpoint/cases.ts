import type { ClientCredential, Credential } from '../../pki/credential.js';
import { findFlaw, type KnownFlaw } from '../../pki/flaws/flaws.js';
import type { CertificateSet } from '../../pki/set.js';
import type { ClientMaterial } from '../wire/tls.js';

/** One thing that is tried at an endpoint. */
export interface Case {
  readonly name: string;
  readonly expected: 'let-in' | 'refused';
  readonly severity: 'must' | 'policy';
  /** Whether the revocation list is what refuses it. */
  readonly revoked?: true;
  /** What the client comes with; nothing for a connection without TLS. */
  readonly material?: ClientMaterial;
  /** What it means where the endpoint lets in what must be refused. */
  readonly hole: string;
  /** The flaw of its certificate. */
  readonly flaw?: string;
}

/** How many of a set's own clients are tried: one proves the way, a few more their own certificates. */
const MOST_CLIENTS = 20;

/** What {@link casesOf} leaves out of a large set, in words; nothing where it leaves out nothing. */
export function leftOut({ clients }: Pick<CertificateSet, 'clients'>): string | undefined {
  return clients.length <= MOST_CLIENTS
    ? undefined
    : `of ${clients.length} clients up to ${MOST_CLIENTS} valid and revoked ones are tried`;
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
      name: 'no certificate',
      expected: 'refused',
      severity: 'must',
      material: { ca: set.trustedPem },
      hole: 'anybody gets in: it does not require a client certificate',
    },
    {
      name: 'no TLS',
      expected: 'refused',
      severity: 'must',
      hole: 'it answers without TLS',
    },
    ...(await set.catalogue()).map(flawedCase),
    ...[...clients, ...peers].filter(revoked).slice(0, MOST_CLIENTS).map(revokedCase),
  ];
}

function validCase(client: ClientCredential): Case {
  return {
    name: `${client.role} ${client.name}`,
    expected: 'let-in',
    severity: 'must',
    material: client.tlsOptions(),
    hole: '',
  };
}

function flawedCase(client: ClientCredential): Case {
  const flaw = findFlaw(client.flaw);
  return {
    name: `untrusted ${flaw.name}`,
    expected: 'refused',
    severity: flaw.severity,
    material: client.tlsOptions(),
    flaw: flaw.name,
    ...(flaw.name === 'revoked' && { revoked: true as const }),
    hole: holeOf(flaw),
  };
}

function revokedCase(client: ClientCredential): Case {
  return { ...validCase(client), ...REVOKED, name: `${client.role} ${client.name}, revoked` };
}

const REVOKED = {
  expected: 'refused',
  severity: 'policy',
  revoked: true,
  hole: 'it reads no revocation list',
  flaw: 'revoked',
} as const;

function holeOf({ name, summary, severity }: KnownFlaw): string {
  if (name === 'revoked') return REVOKED.hole;
  if (name === 'unknown-ca' || name === 'self-signed') return 'it accepts client certificates of any CA';
  return severity === 'must'
    ? `it accepts a client certificate that is wrong: ${summary}`
    : `it accepts it: ${summary}`;
}
