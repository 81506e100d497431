import type { CertificateSet } from '../set.js';
import { randomSerialNumber } from './certificate.js';
import { hierarchyFor, issueUnder, lifeOf } from './issue.js';
import { parsedOf, reissue, remainsOf, renewRotation, restOfLife, revocationsOf } from './renew.js';
import { signRevocationLists } from './rotation.js';

/** Makes a next CA, and has both sides trust it beside the one that signs. Nothing else is issued. */
export async function trustNext(set: CertificateSet, now: Date): Promise<CertificateSet> {
  const parsed = parsedOf(set);
  const { validity, expiresAt } = restOfLife(set, parsed.backdate, now);
  const other = await hierarchyFor(parsed, { validity });
  const revokedSerialNumber = randomSerialNumber();
  const revocationLists = signRevocationLists(other, {
    number: 1,
    revocations: [{ serialNumber: revokedSerialNumber, revokedAt: validity.notBefore }],
    revokedSerialNumber,
    thisUpdate: validity.notBefore,
    nextUpdate: expiresAt,
  });
  const previousParties = new Map<string, string>();
  const rotation = { step: 'trust', other, revocationLists, revokedSerialNumber, previousParties } as const;
  const hierarchy = { ...set.hierarchy, alsoTrusted: [other.root.certificate] };
  return reissue('missing', { ...remainsOf(set), hierarchy, rotation }, parsed, now);
}

/** Has the next CA issue everything, for a new life. The previous one is still trusted. */
export async function issueByNext(set: CertificateSet, now: Date): Promise<CertificateSet> {
  const { rotation, servers, peers, clients, hierarchy, revocationList, revokedSerialNumber } = set;
  if (rotation === undefined) return set;
  const parsed = parsedOf(set);
  const life = lifeOf(parsed, now);
  const next = await renewRotation(rotation, life);
  const previous = await renewRotation(
    {
      step: 'issue',
      other: hierarchy,
      revocationLists: [revocationList],
      revokedSerialNumber,
      previousParties: new Map(
        [...servers, ...peers, ...clients].map(({ name, certificate }) => [name, certificate.serialNumber]),
      ),
    },
    life,
  );
  const { revokedParties } = remainsOf(set);
  const { number = 0, revocations = [] } = next.revocationLists[0] ?? {};
  const alsoTrusted = [previous.other.root.certificate];
  return issueUnder(parsed, life, {
    hierarchy: Promise.resolve({ ...next.other, alsoTrusted }),
    rotation: previous,
    revokedSerialNumber: rotation.revokedSerialNumber,
    lastListNumber: number,
    revocationsOf: (issued) => [...revocations, ...revocationsOf(issued, revokedParties, revocations)],
  });
}

/** Ends the trust in the previous CA. Nothing is issued. */
export async function dropPrevious(set: CertificateSet, now: Date): Promise<CertificateSet> {
  const { root, intermediates } = set.hierarchy;
  const remains = { ...remainsOf(set), hierarchy: { root, intermediates }, rotation: undefined };
  return reissue('missing', remains, parsedOf(set), now);
}
