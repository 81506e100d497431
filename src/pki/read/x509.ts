// What is read of certificates and revocation lists that anybody may have made, @peculiar/x509 reads. What is
// written, this program writes itself (der.ts): from the same inputs the same bytes, in a hundredth of the time.
//
// The library resolves its algorithms through a container that needs the Reflect metadata calls to be there
// when it loads.
import 'reflect-metadata';
import { AsnConvert } from '@peculiar/asn1-schema';
import { id_ce_nameConstraints, NameConstraints } from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';

export { x509 };

function constraintsOf(certificate: x509.X509Certificate): NameConstraints | undefined {
  const extension = certificate.getExtension(id_ce_nameConstraints);
  return extension === null ? undefined : AsnConvert.parse(extension.value, NameConstraints);
}

/** The DNS names that a CA's certificate excludes. */
export function readExcludedDnsNames(certificate: x509.X509Certificate): string[] {
  return [...(constraintsOf(certificate)?.excludedSubtrees ?? [])].flatMap(({ base }) => base.dNSName ?? []);
}

/** What kinds of names a CA's certificate constrains beside DNS names, in words; nothing where there are none. */
export function readOtherConstraints(certificate: x509.X509Certificate): string | undefined {
  const { permittedSubtrees, excludedSubtrees } = constraintsOf(certificate) ?? {};
  const kinds = [...(permittedSubtrees ?? []), ...(excludedSubtrees ?? [])].flatMap(({ base }) => {
    if (base.dNSName !== undefined) return [];
    if (base.iPAddress !== undefined) return ['IP addresses'];
    if (base.rfc822Name !== undefined) return ['e-mail addresses'];
    return [base.directoryName === undefined ? 'URIs or other names' : 'distinguished names'];
  });
  return kinds.length === 0 ? undefined : [...new Set(kinds)].join(' and ');
}

/** The DNS names that a CA's certificate permits; nothing where it has no name constraints. */
export function readPermittedDnsNames(certificate: x509.X509Certificate): string[] | undefined {
  const constraints = constraintsOf(certificate);
  if (constraints === undefined) return undefined;
  return [...(constraints.permittedSubtrees ?? [])].flatMap(({ base }) => base.dNSName ?? []);
}
