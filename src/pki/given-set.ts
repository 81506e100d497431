import { types } from 'node:util';
import { GenerateCertsError, quote } from '../errors.js';
import { type CertificateSet, SET_MARK, SET_SHAPE } from './set.js';

/**
 * The set that a caller gave: from JavaScript anything may come, and most often a promise that was not waited for.
 *
 * A set of another copy of this package is one too: a test runner may load a package that is a symbolic link twice, and each
 * copy has a class of its own.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 */
export function requireSet(set: unknown): CertificateSet {
  const shape = shapeOf(set);
  if (shape === SET_SHAPE) return set as CertificateSet;
  if (shape !== undefined) {
    throw invalid(
      'of another version of this package',
      'make and use it with the same version: npm ls generate-certs lists those that are installed',
    );
  }
  throw invalid(
    types.isPromise(set) ? 'a promise' : quote(set),
    'give what createCertificateSet or loadCertificateSet resolves to: await it first',
  );
}

/** What is no object has none, and neither has one that throws when it is looked at. */
function shapeOf(set: unknown): number | undefined {
  try {
    return (set as CertificateSet)[SET_MARK];
  } catch {
    return undefined;
  }
}

function invalid(what: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', `the set is ${what}`, hint);
}
