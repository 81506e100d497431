// A set's CAs, as its certificates and revocation lists are held against them.
import type { Certificate } from '../../pki/issue/certificate.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import type { Manifest, ManifestRevocationList } from '../../store/manifest/manifest.js';
import type { SetProblem } from '../report/finding.js';

/** The certificates of all CAs in the manifest's order, the root first; those that cannot be read are left out. */
export async function authoritiesOf({
  manifest,
  read,
}: {
  readonly manifest: Manifest;
  readonly read: (path: string) => string | undefined;
}): Promise<Certificate[]> {
  const entries = manifest.certificates.filter(({ role }) => role === 'ca');
  const found = await Promise.all(
    entries.map(
      async ({ files }) => (await readCertificates(read(files.authority?.certificate ?? '') ?? ''))[0],
    ),
  );
  return found.filter((certificate) => certificate !== undefined);
}

/** Whether a leaf's file leads up to a root. */
export function chainProblems(
  [leaf, ...others]: readonly (Certificate | undefined)[],
  { role, flaw }: Manifest['certificates'][number],
  authorities: readonly Certificate[],
): SetProblem[] {
  if (role === 'ca' || flaw !== null) return [];
  const nextOf = (certificate: Certificate) =>
    others.find((other) => other?.subject === certificate.issuer && other.sha256 !== certificate.sha256);
  const isRoot = ({ subject }: Certificate) =>
    authorities.some((root) => root.subject === subject && root.issuer === subject);
  const passed = new Set<Certificate>();
  for (let top = leaf; top !== undefined; top = nextOf(top)) {
    const { issuer } = top;
    if (isRoot(top) || authorities.some((root) => root.subject === issuer && root.issuer === issuer))
      return [];
    if (passed.has(top)) break;
    passed.add(top);
  }
  return [{ kind: 'chain-broken' }];
}

/** The lists that a file of them must hold, in their order: of the CA that signs leaves first. */
export function expectedLists(
  { revocationList, rotation, request }: Manifest,
  authorities: readonly Certificate[],
) {
  const of = (list: ManifestRevocationList, from: number) =>
    authorities
      .slice(from, from + request.intermediates + 1)
      .toReversed()
      .map((authority, index) => ({
        authority,
        revoked:
          index === 0
            ? list.revocations.map(({ serialNumber }) => serialNumber)
            : [list.reservedSerialNumber],
      }));
  const own = of(revocationList, 0);
  return rotation === undefined ? own : [...own, ...of(rotation.revocationList, own.length)];
}
