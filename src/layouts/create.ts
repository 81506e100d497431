import type { CertificateSet } from '../pki/set.js';
import type { IssuingWork } from '../pki/workers/work.js';
import type { CheckedRequest } from '../request/request.js';
import { type CertificateSetOptions, checkOptions } from './requests.js';

/**
 * Makes a set in memory: a test CA, a server's certificate, clients to let in and clients to refuse.
 * Nothing touches the disk; see {@link writeCertificateSet} for that.
 *
 * @throws {@link GenerateCertsError} before any key is made, where an option is wrong
 * @example
 * ```ts
 * const set = await createCertificateSet({ names: ['localhost'], clients: ['alice'] });
 * const server = https.createServer(set.server.tlsOptions({ clientAuth: 'require' }), handler);
 * ```
 */
export async function createCertificateSet(options: CertificateSetOptions = {}): Promise<CertificateSet> {
  return createSet(checkOptions(options), new Date());
}

/** As {@link createCertificateSet}, of a request that was checked already. */
export async function createSet(
  request: CheckedRequest,
  now: Date,
  work: IssuingWork = {},
): Promise<CertificateSet> {
  // The certificate libraries take most of the start: only a run that makes something loads them.
  const { issueSet } = await import('../pki/issue/issue.js');
  return issueSet(request, now, work);
}
