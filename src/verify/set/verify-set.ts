import { join } from 'node:path';
import type { Certificate } from '../../pki/issue/certificate.js';
import { readRevocationListDers, verifyRevocationList } from '../../pki/issue/revocation-list.js';
import { serverAltNames } from '../../pki/issue/server-leaf.js';
import { privateKeyFromPem } from '../../pki/keys/keys.js';
import { commonNameOf, type Identity } from '../../pki/names/identity.js';
import { peersOf, serversOf } from '../../pki/names/server.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import type { CertificateSet } from '../../pki/set.js';
import { findDamages } from '../../store/manifest/damages.js';
import { requireManifest } from '../../store/manifest/find.js';
import { loadCertificateSet } from '../../store/manifest/load.js';
import type { Manifest } from '../../store/manifest/manifest.js';
import { planSet } from '../../store/manifest/plan.js';
import { revocationListPaths } from '../../store/manifest/read-hierarchy.js';
import { readConsistently } from '../../store/transaction/consistent.js';
import { formatDistance, isoSeconds } from '../../util/moments.js';
import { readIfRegular } from '../../util/regular-file.js';
import { NOT_TRIED, type Row, summarize, type VerifyReport } from '../report/row.js';
import { authoritiesOf, chainProblems, expectedLists } from './authorities.js';
import { shakeHands } from './handshakes.js';

/**
 * How thoroughly a set is checked, and how strictly judged.
 *
 * @example
 * ```ts
 * const options: VerifySetOptions = { strict: true, handshakes: false };
 * const { result } = await verifyCertificateSet('certs', options);
 * ```
 */
export interface VerifySetOptions {
  /**
   * Whether a warning makes the result wrong.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether to make real handshakes over loopback: for valid clients, for none, and for each client to refuse.
   * @default true
   */
  readonly handshakes?: boolean | undefined;
}

/** Below this share of its life a set gets a warning. */
const SHARE_LEFT = 0.25;

/**
 * Checks a set by itself: its files, each certificate with its key, its chain, purpose, names and time, the
 * revocation list, and then real handshakes over loopback. Gives all findings, not just the first.
 *
 * @param from a set in memory, or the folder of one
 * @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID`, `ERR_OUT_INVALID` or
 * `ERR_FILE_SYSTEM`; what is wrong with the set itself is never an error but a row
 * @example
 * ```ts
 * const { result, rows } = await verifyCertificateSet(set);
 * ```
 */
export async function verifyCertificateSet(
  from: CertificateSet | string,
  { strict = false, handshakes = true }: VerifySetOptions = {},
): Promise<VerifyReport> {
  const source = typeof from === 'string' ? await folderSource(from) : memorySource(from);
  const now = new Date();
  const rows = [
    ...source.fileRows,
    ...(await certificateRows(source, now)),
    ...(await revocationRows(source, now)),
  ];
  rows.push(lifeRow(source, now));
  if (handshakes) {
    const broken = rows.some(({ verdict }) => verdict === 'wrong');
    const set = broken ? undefined : typeof from === 'string' ? await loadCertificateSet(from) : from;
    rows.push(...(set === undefined ? [notTried(source)] : await handshakeRows(source, set)));
  }
  return summarize(rows, { strict });
}

/** A set as its manifest describes it, with a way to its files. */
interface Source {
  readonly subject: string;
  readonly manifest: Manifest;
  readonly fileRows: readonly Row[];
  /** The text of a file; nothing where it is not there. */
  readonly read: (path: string) => string | undefined;
  /** Paths of keys that are not to be had, and need not be. */
  readonly withoutKey: ReadonlySet<string>;
}

function memorySource(set: CertificateSet): Source {
  const { files, manifest } = planSet(set, { access: { mode: 0o600, rules: [] }, ignoredByGit: false });
  const contents = new Map(files.map(({ path, content }) => [path, content.toString()]));
  return {
    subject: 'set',
    manifest,
    fileRows: [],
    read: (path) => contents.get(path),
    withoutKey: new Set(),
  };
}

async function folderSource(folder: string): Promise<Source> {
  // All of it from one set, while others may be writing.
  const { manifest, damages, contents } = await readConsistently(folder, async () => {
    const found = requireManifest(folder);
    const texts = new Map<string, string>();
    for (const { path } of found.files) {
      const text = readIfRegular(join(folder, path));
      if (text !== '') texts.set(path, text);
    }
    return { manifest: found, damages: await findDamages(folder, found.files), contents: texts };
  });
  const caKeys = new Set(
    manifest.certificates.flatMap(({ role, files }) => (role === 'ca' ? (files.authority?.key ?? []) : [])),
  );
  const withoutKey = new Set<string>();
  const rows = [...damages].map(([path, damage]) => {
    const { text } = damage;
    // The set can be used without the CA's key, and without keys that are another user's.
    const tolerable = damage.kind === 'unreadable' || (caKeys.has(path) && damage.kind === 'missing');
    if (!tolerable) {
      return row(folder, path, 'as it was made', [text], { observed: text });
    }
    withoutKey.add(path);
    const note = caKeys.has(path)
      ? 'renewals, revocations and new certificates need it; flaws that the set does not have are not tried'
      : 'what needs this key is not tried';
    return {
      ...row(folder, path, 'as it was made', [], { observed: text }),
      verdict: 'warning' as const,
      severity: 'policy' as const,
      note,
    };
  });
  if (rows.length === 0) {
    const all = `${manifest.files.length} files`;
    rows.push(row(folder, all, 'as they were made', [], { observed: 'as they were made' }));
  }
  return { subject: folder, manifest, fileRows: rows, read: (path) => contents.get(path), withoutKey };
}

async function certificateRows(source: Source, now: Date): Promise<Row[]> {
  const { subject, manifest, read, withoutKey } = source;
  const authorities = await authoritiesOf(source);
  const rows: Row[] = [];
  for (const entry of manifest.certificates) {
    const problems = new Set<string>();
    for (const { certificate: path = '', key: keyPath } of Object.values(entry.files)) {
      const blocks = await readCertificates(read(path) ?? '');
      const [certificate] = blocks;
      if (blocks.length === 0) problems.add(`${path} holds no certificate`);
      else if (certificate === undefined) problems.add(`${path} holds a certificate that cannot be read`);
      else {
        for (const problem of problemsOf(certificate, entry, authorities, manifest, now))
          problems.add(problem);
        for (const problem of chainProblems(blocks, entry, authorities)) problems.add(problem);
        if (keyPath !== undefined && !withoutKey.has(keyPath)) {
          const key = privateKeyFromPem(read(keyPath) ?? '');
          if (key === undefined) problems.add(`${keyPath} holds no private key`);
          else if (!certificate.isOf(key)) problems.add(`${keyPath} is not the key of ${path}`);
        }
      }
    }
    const expected =
      entry.flaw === null ? 'key, chain, purpose, names, time' : `key; wrong in one thing: ${entry.flaw}`;
    rows.push(row(subject, `certificate ${entry.name}`, expected, [...problems]));
  }
  return rows;
}

const PURPOSES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function problemsOf(
  certificate: Certificate,
  entry: Manifest['certificates'][number],
  authorities: readonly Certificate[],
  manifest: Manifest,
  now: Date,
): string[] {
  const problems: string[] = [];
  const x509 = certificate.x509Certificate;
  if (certificate.sha256 !== entry.sha256) problems.push('it is another certificate than the manifest names');
  // A flawed one is wrong on purpose: the handshakes tell whether it is refused.
  if (entry.flaw !== null) return problems;
  // The root is the first, and what bears no CA's name as its issuer is held against it.
  const authority = authorities.find(({ subject }) => subject === certificate.issuer) ?? authorities[0];
  if (authority === undefined) problems.push('there is no CA to check it against');
  else if (!x509.verify(authority.x509Certificate.publicKey)) problems.push('the CA did not sign it');
  else if (certificate.issuer !== authority.subject)
    problems.push("it does not bear the CA's name as its issuer");
  if (now >= certificate.notAfter)
    problems.push(`it ended ${formatDistance(isoSeconds(certificate.notAfter), now)}`);
  if (now < certificate.notBefore) {
    problems.push(`it begins ${formatDistance(isoSeconds(certificate.notBefore), now)}`);
  }
  if (x509.ca !== (entry.role === 'ca')) problems.push(x509.ca ? 'it is a CA' : 'it is no CA');
  const uses = entry.role === 'peer' ? (['server', 'client'] as const) : [entry.role];
  for (const use of uses) {
    if ((use === 'server' || use === 'client') && !x509.keyUsage?.includes(PURPOSES[use])) {
      problems.push(`it is not for a ${use}`);
    }
  }
  if (entry.role === 'server' || entry.role === 'peer') {
    problems.push(...nameProblems(certificate, namesOf(manifest, entry)));
  }
  return problems;
}

/** The names that a server or a peer was asked for with. */
function namesOf({ request }: Manifest, { role, name }: Manifest['certificates'][number]): Identity[] {
  const asked = role === 'peer' ? peersOf(request) : serversOf(request);
  return [...(asked.find((server) => server.name === name)?.names ?? [])];
}

function nameProblems(certificate: Certificate, identities: readonly Identity[]): string[] {
  const missing = serverAltNames(identities)
    .map(({ type, value }) => `${type}:${value}`)
    .filter((name) => !certificate.subjectAltNames.includes(name));
  const problems = missing.map((name) => `it is not for ${name}`);
  const common = identities[0] === undefined ? undefined : commonNameOf(identities[0]);
  // Below name constraints the CN may have to be left out: nothing reads it where there is a SAN.
  if (
    common !== undefined &&
    certificate.subject.startsWith('CN=') &&
    certificate.subject !== `CN=${common}`
  ) {
    problems.push(`its CN is not ${common}`);
  }
  return problems;
}

async function revocationRows(source: Source, now: Date): Promise<Row[]> {
  const { subject, manifest, read } = source;
  const expected = expectedLists(manifest, await authoritiesOf(source));
  const rows: Row[] = [];
  for (const path of revocationListPaths(manifest)) {
    const ders = readRevocationListDers(read(path) ?? '');
    const problems: string[] = [];
    if (ders.length === 0) problems.push('it holds no revocation list');
    else if (ders.length !== expected.length) {
      problems.push(`it holds ${ders.length} revocation lists, not ${expected.length}`);
    }
    for (const [index, der] of ders.entries()) {
      const { authority, revoked } = expected[index] ?? {};
      if (authority === undefined || revoked === undefined)
        problems.push('there is no CA to check it against');
      else problems.push(...(await verifyRevocationList(der, authority, revoked, now)));
    }
    rows.push(row(subject, path, 'signed by the CA, not ended, with every revocation', problems));
  }
  return rows;
}

function lifeRow({ subject, manifest }: Source, now: Date): Row {
  const [created, expires] = [Date.parse(manifest.createdAt), Date.parse(manifest.expiresAt)];
  const left = expires - now.getTime();
  const observed = `${left <= 0 ? 'ended' : 'ends'} ${formatDistance(manifest.expiresAt, now)}`;
  const base = row(
    subject,
    'time left',
    'a quarter of its life or more',
    left <= 0 ? [`the set ${observed}`] : [],
    {
      observed,
    },
  );
  if (left <= 0 || left >= (expires - created) * SHARE_LEFT) return base;
  return {
    ...base,
    verdict: 'warning',
    severity: 'policy',
    note: 'less than a quarter of its life is left: renew it',
  };
}

async function handshakeRows({ subject }: Source, set: CertificateSet): Promise<Row[]> {
  const shakes = await shakeHands(set);
  return shakes.map(({ name, expected, severity, excused, letIn, by, milliseconds }) => ({
    ...row(subject, `handshake, ${name}`, expected ? 'let in' : 'refused', []),
    observed: letIn ? 'let in' : 'refused',
    by,
    severity,
    // Whether Node lets such a flaw in is a matter of its own set-up, and nothing against the set.
    verdict: letIn === expected || excused ? ('right' as const) : ('wrong' as const),
    milliseconds,
  }));
}

function notTried({ subject }: Source): Row {
  const note = 'the set is not right: see above';
  return { ...row(subject, 'handshakes', 'made', []), observed: NOT_TRIED, verdict: 'inconclusive', note };
}

function row(
  subject: string,
  name: string,
  expected: string,
  problems: readonly string[],
  more: { readonly observed?: string } = {},
): Row {
  return {
    subject,
    protocol: 'set',
    name,
    tls: null,
    severity: 'must',
    expected,
    observed: more.observed ?? (problems.length === 0 ? 'as it must be' : 'wrong'),
    by: '',
    verdict: problems.length === 0 ? 'right' : 'wrong',
    note: problems.join('; '),
    milliseconds: 0,
  };
}
