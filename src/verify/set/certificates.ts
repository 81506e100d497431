import type { Certificate } from '../../pki/issue/certificate.js';
import { serverAltNames } from '../../pki/issue/server-leaf.js';
import { privateKeyFromPem } from '../../pki/keys/keys.js';
import { commonNameOf, type Identity } from '../../pki/names/identity.js';
import { peersOf, serversOf } from '../../pki/names/server.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import type { Manifest, ManifestCertificate } from '../../store/manifest/manifest.js';
import type { Finding, SetProblem } from '../report/finding.js';
import { authoritiesOf, chainProblems } from './authorities.js';
import { setFinding } from './finding.js';
import type { Source } from './source.js';

/** Each certificate with its key, its chain, purpose, names and time. */
export async function certificateFindings(source: Source, now: Date): Promise<Finding[]> {
  const { subject, manifest } = source;
  const authorities = await authoritiesOf(source);
  const expected: Expected = { authorities, names: namesOf(manifest), now };
  const findings: Finding[] = [];
  for (const entry of manifest.certificates) {
    const { name, flaw } = entry;
    const problems: SetProblem[] = [];
    for (const files of Object.values(entry.files)) {
      problems.push(...(await fileProblems(source, entry, files, expected)));
    }
    findings.push(
      setFinding(subject, { kind: 'certificate', name, flaw }, { kind: 'certificate', flaw }, problems),
    );
  }
  return findings;
}

/** What certificates are held against. */
interface Expected {
  readonly authorities: readonly Certificate[];
  /** By the name of a server or peer. */
  readonly names: ReadonlyMap<string, readonly Identity[]>;
  readonly now: Date;
}

/** What is wrong with a certificate's files in one layout. */
async function fileProblems(
  { read, withoutKey }: Source,
  entry: ManifestCertificate,
  { certificate: path = '', key: keyPath }: { readonly certificate?: string; readonly key?: string },
  expected: Expected,
): Promise<SetProblem[]> {
  const blocks = await readCertificates(read(path) ?? '');
  const [certificate] = blocks;
  if (blocks.length === 0) return [{ kind: 'no-certificate', path }];
  if (certificate === undefined) return [{ kind: 'unreadable-certificate', path }];
  const problems = [
    ...certificateProblems(certificate, entry, expected),
    ...chainProblems(blocks, entry, expected.authorities),
  ];
  if (keyPath !== undefined && !withoutKey.has(keyPath)) {
    const key = privateKeyFromPem(read(keyPath) ?? '');
    if (key === undefined) problems.push({ kind: 'no-key', path: keyPath });
    else if (!certificate.isOf(key)) problems.push({ kind: 'other-key', path: keyPath, certificate: path });
  }
  return problems;
}

const PURPOSES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function certificateProblems(
  certificate: Certificate,
  entry: ManifestCertificate,
  { authorities, names, now }: Expected,
): SetProblem[] {
  const problems: SetProblem[] = [];
  const x509 = certificate.x509Certificate;
  if (certificate.sha256 !== entry.sha256) problems.push({ kind: 'other-certificate' });
  // A flawed one is wrong on purpose: the handshakes tell whether it is refused.
  if (entry.flaw !== null) return problems;
  // The root is the first, and what bears no CA's name as its issuer is held against it.
  const authority = authorities.find(({ subject }) => subject === certificate.issuer) ?? authorities[0];
  if (authority === undefined) problems.push({ kind: 'no-authority' });
  else if (!x509.verify(authority.x509Certificate.publicKey)) problems.push({ kind: 'not-signed' });
  else if (certificate.issuer !== authority.subject) problems.push({ kind: 'other-issuer' });
  if (now >= certificate.notAfter) problems.push({ kind: 'ended', at: certificate.notAfter, now });
  if (now < certificate.notBefore) problems.push({ kind: 'begins', at: certificate.notBefore, now });
  if (x509.ca !== (entry.role === 'ca')) problems.push({ kind: x509.ca ? 'is-ca' : 'no-ca' });
  const uses = entry.role === 'peer' ? (['server', 'client'] as const) : [entry.role];
  for (const use of uses) {
    if ((use === 'server' || use === 'client') && !x509.keyUsage?.includes(PURPOSES[use])) {
      problems.push({ kind: 'not-for-use', use });
    }
  }
  if (entry.role === 'server' || entry.role === 'peer') {
    problems.push(...nameProblems(certificate, names.get(entry.name) ?? []));
  }
  return problems;
}

/** The names that servers and peers were asked for with, by the party's name: no two share one. */
function namesOf({ request }: Manifest): Map<string, readonly Identity[]> {
  return new Map([...serversOf(request), ...peersOf(request)].map(({ name, names }) => [name, names]));
}

function nameProblems(certificate: Certificate, identities: readonly Identity[]): SetProblem[] {
  const missing = serverAltNames(identities)
    .map(({ type, value }) => `${type}:${value}`)
    .filter((name) => !certificate.subjectAltNames.includes(name));
  const problems: SetProblem[] = missing.map((name) => ({ kind: 'not-for-name', name }));
  const common = identities[0] === undefined ? undefined : commonNameOf(identities[0]);
  // Below name constraints the CN may have to be left out: nothing reads it where there is a SAN.
  if (
    common !== undefined &&
    certificate.subject.startsWith('CN=') &&
    certificate.subject !== `CN=${common}`
  ) {
    problems.push({ kind: 'other-common-name', expected: common });
  }
  return problems;
}
