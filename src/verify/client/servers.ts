import type { TlsOptions } from 'node:tls';
import type { ServerCredential } from '../../pki/credential.js';
import { flawedContextOf, isPossible } from '../../pki/flaws/context.js';
import { issueFlawedServer } from '../../pki/flaws/flawed.js';
import { findServerFlaw, type KnownServerFlaw, SERVER_FLAWS } from '../../pki/flaws/flaws.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import { trustOf } from '../../pki/issue/hierarchy.js';
import { signLeaf } from '../../pki/issue/leaf.js';
import { signOcspResponse } from '../../pki/issue/ocsp-response.js';
import { serverLeaf, withRoot } from '../../pki/issue/server-leaf.js';
import { parseEndpointName } from '../../pki/names/identity.js';
import { endpointNamesOf } from '../../pki/names/server.js';
import type { CertificateSet } from '../../pki/set.js';

/** One server that the client is led to. */
export interface ServerCase {
  /** The flaw; `right` for the one to talk to. */
  readonly name: string;
  readonly severity: 'must' | 'policy';
  /** What the client is to call it. */
  readonly host: string;
  /** Nothing for a server that speaks no TLS. */
  readonly tls: TlsOptions | undefined;
  /** What the CA says of its certificate, for a client that asks the server for it (RFC 6066 section 8). */
  readonly ocspResponse?: Buffer | undefined;
}

export const RIGHT = 'right';
const LOOPBACK = '127.0.0.1';

/** Flaws of a server that are none of its certificate's. */
const OTHER_FLAWS = ['old-protocol', 'no-tls'] as const;

/** The names that `flaws` and `expect` know. */
export const CLIENT_CASE_NAMES: readonly string[] = [...SERVER_FLAWS.map(({ name }) => name), ...OTHER_FLAWS];

/**
 * The right server and one for each flaw, for `localhost`: the set's own names may not lead to this machine. Under
 * name constraints, which may forbid it, for the set's own names.
 */
export async function serverCases(set: CertificateSet): Promise<[ServerCase, ...ServerCase[]]> {
  const { hierarchy, issuer } = set;
  const constrained = issuer.permittedDnsNames !== undefined;
  const names = (constrained ? endpointNamesOf(set.request) : ['localhost']).map(parseEndpointName);
  const context = { ...(await flawedContextOf(set)), names };
  const host = names.find(({ value }) => value === 'localhost')?.value ?? names[0]?.value ?? 'localhost';
  const leaf = serverLeaf(names, set.server.privateKey, issuer, context.validity);
  const rightLeaf = signLeaf(leaf, issuer.signer);
  const right: TlsOptions = {
    cert: [rightLeaf, ...withRoot(trustOf(hierarchy)).chain].map(({ pem }) => pem).join(''),
    key: set.server.privateKey.pem,
    ca: set.trustedPem,
  };
  const possible = SERVER_FLAWS.filter((flaw) => isPossible(flaw, hierarchy));
  const flawed = await Promise.all(possible.map((flaw) => issueFlawedServer(flaw.name, context)));
  const statusOf = (certificate: Certificate) =>
    signOcspResponse(
      { certificate, revokedAt: set.revokedAt(certificate), validity: context.validity },
      issuer,
    );
  return [
    { name: RIGHT, severity: 'must', host, tls: right, ocspResponse: statusOf(rightLeaf) },
    ...flawed.map((credential) => ({
      ...flawedCase(credential, host),
      ocspResponse: statusOf(credential.certificate),
    })),
    {
      name: 'no-tls',
      severity: 'must',
      host,
      tls: undefined,
    },
    {
      name: 'old-protocol',
      severity: 'policy',
      host,
      ocspResponse: statusOf(rightLeaf),
      tls: { ...right, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    },
  ];
}

function flawedCase(credential: ServerCredential, host: string): ServerCase {
  const flaw: KnownServerFlaw = findServerFlaw(credential.flaw);
  return {
    name: flaw.name,
    severity: flaw.severity,
    // An address written as a DNS name is for a client that asks for the address.
    host: flaw.name === 'address-as-dns' ? LOOPBACK : host,
    tls: credential.tlsOptions({ clientAuth: 'none' }),
  };
}
