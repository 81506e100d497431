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

/** The DNS names that a CA's certificate permits; nothing where it has no name constraints. */
export function readPermittedDnsNames(certificate: x509.X509Certificate): string[] | undefined {
  const extension = certificate.getExtension(id_ce_nameConstraints);
  if (extension === null) return undefined;
  const { permittedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
  return [...(permittedSubtrees ?? [])].flatMap(({ base }) => base.dNSName ?? []);
}
