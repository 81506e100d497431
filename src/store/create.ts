import { createSet } from '../layouts/create.js';
import { type CertificateSetOptions, checkOptions } from '../layouts/requests.js';
import type { CertificateSet } from '../pki/set.js';

/**
 * Makes a set in memory: a test CA, a server's certificate, clients to let in and clients to refuse.
 * Nothing is written to the disk, see {@link writeCertificateSet} for that; only the folder of `ca` is read.
 *
 * @throws {@link GenerateCertsError} before any key is made, where an option is wrong
 * @example
 * ```ts
 * const set = await createCertificateSet({ names: ['localhost'], clients: ['alice'] });
 * const server = https.createServer(set.server.tlsOptions({ clientAuth: 'require' }), handler);
 * ```
 */
export async function createCertificateSet(options: CertificateSetOptions = {}): Promise<CertificateSet> {
  const checked = checkOptions(options);
  const now = new Date();
  if (checked.request.ca === null) return createSet(checked, now);
  const { withBroughtAuthority } = await import('./brought/read-folder.js');
  return createSet((await withBroughtAuthority(checked, now)).request, now);
}
