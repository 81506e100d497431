import { type Authority, createAuthority } from './authority.js';
import { randomSerialNumber, signCertificate, type Validity } from './certificate.js';
import { ClientCredential, ServerCredential } from './credential.js';
import { leafName } from './distinguished-name.js';
import { flawFileName } from './flaws.js';
import { commonNameOf, type Identity, parseClientIdentity, type SubjectAltName } from './identity.js';
import { generatePrivateKey, type PrivateKey } from './keys.js';
import { leafExtensions, type Purpose } from './profiles.js';
import type { ParsedClient, ParsedRequest, SetRequest } from './request.js';
import { type Revocation, signRevocationList } from './revocation-list.js';
import { CertificateSet } from './set.js';
import { keyIdentifier, type Signer } from './signer.js';

/** Certificates begin this long before they are made, for clocks that differ: five minutes. */
const BACKDATED_MS = 5 * 60 * 1000;

/** Makes a set. All its keys are made side by side. */
export async function issueSet(parsed: ParsedRequest, now: Date): Promise<CertificateSet> {
  const { request, names, clients, lifetime } = parsed;
  const createdAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const expiresAt = new Date(createdAt.getTime() + lifetime * 1000);
  const validity = { notBefore: new Date(createdAt.getTime() - BACKDATED_MS), notAfter: expiresAt };
  const permittedDnsNames = request.nameConstraints ? dnsSubtrees(names, clients) : undefined;

  const [authority, serverKey, untrustedKey, clientKeys] = await Promise.all([
    createAuthority({ key: request.caKey, validity, permittedDnsNames }),
    generatePrivateKey(request.key),
    request.untrusted.length > 0 ? generatePrivateKey(request.key) : undefined,
    Promise.all(clients.map(() => generatePrivateKey(request.key))),
  ]);
  const issuance: Issuance = { request, validity, authority };
  const revokedSerialNumber = randomSerialNumber();
  const revocations: Revocation[] = [{ serialNumber: revokedSerialNumber, revokedAt: validity.notBefore }];

  const [server, issuedClients, untrustedClients, revocationList] = await Promise.all([
    issueServer(names, serverKey, issuance),
    Promise.all(
      clients.map((client, index) => issueClient(client, clientKeys[index] as PrivateKey, issuance)),
    ),
    untrustedKey === undefined ? [] : issueUntrusted(clients[0], untrustedKey, issuance),
    signRevocationList(
      { number: 1, revocations, thisUpdate: validity.notBefore, nextUpdate: expiresAt },
      authority.signer,
    ),
  ]);
  return new CertificateSet({
    request,
    createdAt,
    expiresAt,
    authority,
    server,
    clients: issuedClients,
    untrustedClients,
    revocationList,
    revokedSerialNumber,
  });
}

interface Issuance {
  readonly request: SetRequest;
  readonly validity: Validity;
  readonly authority: Authority;
}

async function issueServer(
  names: readonly Identity[],
  privateKey: PrivateKey,
  issuance: Issuance,
): Promise<ServerCredential> {
  const { authority } = issuance;
  const [first] = names;
  const certificate = await issueLeaf(
    {
      purpose: 'server',
      commonName: first === undefined ? undefined : commonNameOf(first),
      subjectAltNames: serverAltNames(names),
      privateKey,
    },
    issuance,
  );
  return new ServerCredential({
    role: 'server',
    name: 'server',
    fileName: 'server',
    certificate,
    // The NGINX example's clients trust server.pem itself; Python's ssl does so only with the CA in it.
    chain: [authority.certificate],
    privateKey,
    authority: authority.certificate,
  });
}

async function issueClient(
  { identity, fileName }: ParsedClient,
  privateKey: PrivateKey,
  issuance: Issuance,
): Promise<ClientCredential> {
  const certificate = await issueLeaf(clientLeaf(identity, privateKey, issuance.request), issuance);
  return new ClientCredential({
    role: 'client',
    name: identity.value,
    fileName,
    certificate,
    privateKey,
    authority: issuance.authority.certificate,
  });
}

/** The clients to refuse. They bear the first client's subject and SAN, so that nothing but the flaw tells them apart. */
async function issueUntrusted(
  model: ParsedClient | undefined,
  privateKey: PrivateKey,
  issuance: Issuance,
): Promise<ClientCredential[]> {
  const { request, validity, authority } = issuance;
  const identity = model?.identity ?? parseClientIdentity('client');
  const namesake = await createAuthority({ key: request.caKey, validity, name: authority.signer.name });
  return Promise.all(
    request.untrusted.map(async (flaw) => {
      const certificate = await issueLeaf(
        clientLeaf(identity, privateKey, request),
        issuance,
        namesake.signer,
      );
      return new ClientCredential({
        role: 'untrusted',
        name: flawFileName(flaw),
        fileName: flawFileName(flaw),
        flaw,
        certificate,
        privateKey,
        authority: authority.certificate,
      });
    }),
  );
}

interface Leaf {
  readonly purpose: Purpose;
  readonly commonName: string | undefined;
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly privateKey: PrivateKey;
}

function clientLeaf(identity: Identity, privateKey: PrivateKey, request: SetRequest): Leaf {
  const commonName = commonNameOf(identity);
  if (!request.nameConstraints) {
    return { purpose: 'client', commonName, subjectAltNames: identity.subjectAltNames, privateKey };
  }
  return {
    purpose: 'client',
    // OpenSSL holds a CN that looks like an address against the DNS subtrees (error 47).
    commonName: identity.kind === 'ip' ? undefined : commonName,
    // BoringSSL refuses a leaf without a SAN below a CA with name constraints.
    subjectAltNames: identity.kind === 'plain' ? [plainUri(identity)] : identity.subjectAltNames,
    privateKey,
  };
}

function plainUri({ value }: Identity): SubjectAltName {
  return { type: 'URI', value: `urn:generate-certs:${encodeURIComponent(value)}` };
}

async function issueLeaf(leaf: Leaf, issuance: Issuance, signer: Signer = issuance.authority.signer) {
  const publicKey = leaf.privateKey.publicKeyDer;
  return signCertificate(
    {
      serialNumber: randomSerialNumber(),
      subject: leafName(leaf.commonName),
      publicKey,
      validity: issuance.validity,
      extensions: leafExtensions({
        purpose: leaf.purpose,
        rsa: leaf.privateKey.type.startsWith('rsa-'),
        subjectAltNames: leaf.subjectAltNames,
        keyIdentifier: await keyIdentifier(publicKey),
        authorityKeyIdentifier: signer.keyIdentifier,
      }),
    },
    signer,
  );
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
export function dnsSubtrees(names: readonly Identity[], clients: readonly ParsedClient[]): string[] {
  const dns = [...names, ...clients.map(({ identity }) => identity)].filter(({ kind }) => kind === 'dns');
  return [...new Set(dns.map(({ value }) => value.replace(/^\*\./, '')))];
}
