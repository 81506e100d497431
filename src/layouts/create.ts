import type { ParsedRequest } from '../pki/request.js';
import type { CertificateSet } from '../pki/set.js';
import type { IssuingWork } from '../pki/workers/work.js';

/** Makes a set in memory, of a request that was checked already. */
export async function createSet(
  request: ParsedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  // The certificate libraries take most of the start: only a run that makes something loads them.
  const { issueSet } = await import('../pki/issue/issue.js');
  return issueSet(request, now, work);
}
