import { types } from 'node:util';
import { GenerateCertsError, quote } from '../errors.js';
import { CertificateSet } from '../pki/set.js';
import { isInstance } from '../util/options.js';

/**
 * The set that a caller gave: from JavaScript anything may come, and most often a promise that was not waited for.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 */
export function requireSet(set: unknown): CertificateSet {
  if (isInstance(set, CertificateSet)) return set;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the set is ${types.isPromise(set) ? 'a promise' : quote(set)}`,
    'give what createCertificateSet or loadCertificateSet resolves to: await it first',
  );
}
