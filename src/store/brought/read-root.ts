import { GenerateCertsError, quote } from '../../errors.js';
import { type Authority, authorityWithoutKey } from '../../pki/issue/authority.js';
import type { ManifestCertificate } from '../manifest/manifest.js';
import { type Problem, readAuthority } from '../manifest/read-parts.js';
import { readBroughtAuthority } from './read-folder.js';

/**
 * Reads the root of a set that another folder's CA signs, with the key from there. Where it is not to be had, what
 * needs the key throws.
 *
 * @param ca the CA's folder
 */
export async function readBroughtRoot(
  folder: string,
  entry: ManifestCertificate,
  ca: string,
): Promise<Authority | Problem> {
  const read = await readAuthority(folder, entry);
  if ('problem' in read) return read;
  const { certificate } = read;
  let failure: unknown;
  try {
    const { authority } = await readBroughtAuthority(ca, new Date());
    if (certificate.isOf(authority.privateKey)) return { ...authority, certificate };
    failure = anotherAuthority(ca);
  } catch (error) {
    failure = error;
  }
  return authorityWithoutKey(certificate, () => {
    throw failure;
  });
}

/** The CA of a folder is not the one that signed the set. */
export function anotherAuthority(ca: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_CA_INVALID',
    `the CA in ${quote(ca)} is another one than that of the set`,
    "run 'generate-certs' with the set's --out, and it issues everything by that CA",
  );
}
