import type { ClientCredential } from '../credential.js';
import { issueFlawed } from '../flaws/flawed.js';
import { freshKeys, reusedKeys } from '../keys/key-source.js';
import type { PrivateKey } from '../keys/keys.js';
import { commonNameOf, type Identity, type SubjectAltName } from '../names/identity.js';
import type { ParsedClient, ParsedRequest } from '../request.js';
import { CertificateSet, type ServerParts } from '../set.js';
import { issueClients } from '../workers/issue-clients.js';
import type { IssuingWork } from '../workers/work.js';
import { type Authority, createAuthority } from './authority.js';
import { randomSerialNumber, type Validity, validityFrom } from './certificate.js';
import { signLeaf } from './leaf.js';
import { type Revocation, signRevocationList } from './revocation-list.js';

/** Makes a set. All its keys are made side by side. */
export async function issueSet(
  parsed: ParsedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  const { request, names, clients, lifetime } = parsed;
  const life = lifeFrom(now, lifetime);
  const permittedDnsNames = request.nameConstraints ? dnsSubtrees(names, clients) : undefined;
  const revokedSerialNumber = randomSerialNumber();
  const parts = {
    authority: createAuthority({
      key: request.caKey,
      validity: life.validity,
      permittedDnsNames,
      makeKey: (type) => keySourceOf(parsed)(type, 'ca'),
    }),
    revokedSerialNumber,
    listNumber: 1,
    revocationsOf: () => [{ serialNumber: revokedSerialNumber, revokedAt: life.validity.notBefore }],
  };
  return issueUnder(parsed, life, parts, work);
}

/** Where a request's keys come from. */
function keySourceOf({ request, reuseKeys }: ParsedRequest) {
  return reuseKeys ? reusedKeys(request) : freshKeys;
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

/** Makes everything that a CA signs. The CA itself may still be in the making: the keys need not wait. */
export async function issueUnder(
  parsed: ParsedRequest,
  life: Life,
  authorityParts: {
    readonly authority: Promise<Authority>;
    readonly revokedSerialNumber: string;
    readonly listNumber: number;
    /** What the revocation list holds, of the clients as they are issued. */
    readonly revocationsOf: (clients: readonly ClientCredential[]) => readonly Revocation[];
  },
  work: IssuingWork = {},
): Promise<CertificateSet> {
  const { request, names, clients, reservedNames } = parsed;
  const { createdAt, expiresAt, validity } = life;
  const { revokedSerialNumber } = authorityParts;
  const keys = keySourceOf(parsed);
  const [authority, serverKey, untrustedKey, issuedClients] = await Promise.all([
    authorityParts.authority,
    keys(request.key, 'server'),
    request.untrusted.length > 0 ? keys(request.key, 'untrusted') : undefined,
    issueClients(
      clients,
      { keyType: request.key, keys, authority: authorityParts.authority, validity },
      work,
    ),
  ]);
  const untrustedClients =
    untrustedKey === undefined
      ? []
      : await Promise.all(
          request.untrusted.map((flaw) =>
            issueFlawed(flaw, {
              authority,
              validity,
              createdAt,
              model: clients[0]?.identity,
              privateKey: untrustedKey,
              caKey: request.caKey,
              revokedSerialNumber,
              keys,
            }),
          ),
        );
  const revocationList = signRevocationList(
    {
      number: authorityParts.listNumber,
      revocations: authorityParts.revocationsOf(issuedClients),
      thisUpdate: validity.notBefore,
      nextUpdate: expiresAt,
    },
    authority.signer,
  );
  return new CertificateSet({
    request,
    createdAt,
    expiresAt,
    authority,
    server: issueServer(names, serverKey, authority, validity),
    clients: issuedClients,
    untrustedClients,
    revocationList,
    revokedSerialNumber,
    reservedNames,
  });
}

function issueServer(
  names: readonly Identity[],
  privateKey: PrivateKey,
  authority: Authority,
  validity: Validity,
): ServerParts {
  const certificate = signLeaf(
    {
      purpose: 'server',
      commonName: serverCommonName(names, authority),
      subjectAltNames: serverAltNames(names),
      privateKey,
      validity,
    },
    authority.signer,
  );
  // The NGINX example's clients trust server.pem itself; Python's ssl does so only with the CA in it.
  return { certificate, chain: [authority.certificate], privateKey };
}

/** The first name, where it may stand in a CN. */
function serverCommonName(names: readonly Identity[], authority: Authority): string | undefined {
  const [first] = names;
  if (first === undefined) return undefined;
  // Where no DNS name is in the SAN, OpenSSL holds a CN that looks like one, as an address does, against the
  // CA's DNS subtrees (error 47).
  const constrained = authority.permittedDnsNames !== undefined && !names.some(({ kind }) => kind === 'dns');
  return constrained ? undefined : commonNameOf(first);
}

/** The server's SAN: every name in order; `localhost` brings its two loopback addresses with it. */
export function serverAltNames(names: readonly Identity[]): SubjectAltName[] {
  const all = names.flatMap(({ kind, value, subjectAltNames }) =>
    kind === 'dns' && value === 'localhost' ? [...subjectAltNames, ...LOOPBACK] : subjectAltNames,
  );
  return [...new Map(all.map((name) => [`${name.type}:${name.value}`, name])).values()];
}

const LOOPBACK: readonly SubjectAltName[] = [
  { type: 'IP', value: '127.0.0.1' },
  { type: 'IP', value: '::1' },
];

/** The DNS names that a CA with name constraints may sign: `*.x` as `x`, which permits all below it. */
function dnsSubtrees(names: readonly Identity[], clients: readonly ParsedClient[]): string[] {
  const dns = [...names, ...clients.map(({ identity }) => identity)].filter(({ kind }) => kind === 'dns');
  return [...new Set(dns.map(({ value }) => value.replace(/^\*\./, '')))];
}
