import type { CertificateSet } from '../../pki/set.js';

/** The names of the CAs that a server of this set trusts, in DER. */
export function trustedNames(set: CertificateSet): Buffer[] {
  return [...set.server.trusted, ...set.intermediates.map(({ certificate }) => certificate)].map(
    ({ subjectName }) => subjectName.der,
  );
}
