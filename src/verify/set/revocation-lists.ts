import { readRevocationListDers, verifyRevocationList } from '../../pki/issue/revocation-list.js';
import { revocationListPaths } from '../../store/manifest/read-hierarchy.js';
import type { Finding, SetProblem } from '../report/finding.js';
import { authoritiesOf, expectedLists } from './authorities.js';
import { setFinding } from './finding.js';
import type { Source } from './source.js';

/** Each file of revocation lists: signed by the CAs, not ended, with every revocation. */
export async function revocationListFindings(source: Source, now: Date): Promise<Finding[]> {
  const { subject, manifest, read } = source;
  const expected = expectedLists(manifest, await authoritiesOf(source));
  const findings: Finding[] = [];
  for (const path of revocationListPaths(manifest)) {
    const ders = readRevocationListDers(read(path) ?? '');
    const problems: SetProblem[] = [];
    if (ders.length === 0) problems.push({ kind: 'no-list' });
    else if (ders.length !== expected.length) {
      problems.push({ kind: 'list-count', found: ders.length, expected: expected.length });
    }
    for (const [index, der] of ders.entries()) {
      const { authority, revoked } = expected[index] ?? {};
      if (authority === undefined || revoked === undefined) problems.push({ kind: 'no-authority' });
      else {
        const found = verifyRevocationList(der, authority, revoked, now);
        problems.push(...found.map((text) => ({ kind: 'list', text }) as const));
      }
    }
    findings.push(setFinding(subject, { kind: 'revocation-list', path }, { kind: 'list' }, problems));
  }
  return findings;
}
