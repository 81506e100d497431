import { quote } from '../../errors.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import type { PrivateKey } from '../../pki/keys/keys.js';
import type { Material } from './files.js';
import { type FlagFinding, warning, wrong } from './finding.js';

interface Chain {
  /** The certificates of the server's file, in its order. */
  readonly chain: readonly Certificate[];
  readonly key: PrivateKey | undefined;
  /** The certificates of the CA file. */
  readonly authorities: readonly Certificate[];
}

/** Whether the server sends what a client needs, in the order of RFC 5246 section 7.4.2 (RFC 8446 section 4.4.2). */
export function chainFindings({ flag, label }: Material, found: Chain): FlagFinding[] {
  const { chain, key, authorities } = found;
  const place = placeOfLeaf(chain, key);
  // Of a certificate that is not the key's there is something else to say.
  if (place < 0) return [];
  const hint = "put the server's certificate first, then the one that signed it, and so on";
  if (place > 0) {
    const message = `${label} is in the wrong order: the server's certificate is number ${place + 1} of ${chain.length}`;
    return [wrong('chain-order', flag, message, hint)];
  }
  const index = chain.findIndex(
    (certificate, at) =>
      !isSelfIssued(certificate) &&
      chain[at + 1] !== undefined &&
      !isIssuedBy(certificate, chain[at + 1]) &&
      chain.some((other) => isIssuedBy(certificate, other)),
  );
  if (index >= 0) {
    const message = `${label} is in the wrong order: certificate ${index + 2} did not sign certificate ${index + 1}`;
    return [wrong('chain-order', flag, message, hint)];
  }
  return issuerFindings(flag, label, lastOf(chain), authorities);
}

/** The first certificate must be the key's; without a key, the one that is no CA. */
function placeOfLeaf(chain: readonly Certificate[], key: PrivateKey | undefined): number {
  return key === undefined
    ? chain[0]?.x509Certificate.ca
      ? chain.findIndex(({ x509Certificate }) => !x509Certificate.ca)
      : 0
    : chain.findIndex((certificate) => certificate.isOf(key));
}

/** The last certificate that the ones before it lead to. */
function lastOf(chain: readonly Certificate[]): Certificate | undefined {
  let last = chain[0];
  for (const next of chain.slice(1)) {
    if (last === undefined || !isIssuedBy(last, next)) break;
    last = next;
  }
  return last;
}

function issuerFindings(
  flag: string,
  label: string,
  last: Certificate | undefined,
  authorities: readonly Certificate[],
): FlagFinding[] {
  // A chain that ends in an intermediate is whole: clients have its root.
  if (last === undefined || isSelfIssued(last) || last.x509Certificate.ca) return [];
  const issuer = authorities.find((authority) => isIssuedBy(last, authority));
  if (issuer !== undefined && isSelfIssued(issuer)) return [];
  const missing = `${label} holds the server's certificate without the one that signed it, ${quote(last.issuer)}`;
  const hint = `put that certificate behind the server's in the file of ${flag}`;
  if (issuer !== undefined) {
    const message = `${missing}: an intermediate, which clients need and do not have`;
    return [wrong('intermediate-missing', flag, message, hint)];
  }
  const message = `${missing}: where that is an intermediate and no root, clients refuse the server`;
  return [warning('issuer-unknown', flag, message, `${hint}, unless clients trust it as their root`)];
}

const isSelfIssued = (certificate: Certificate) => isIssuedBy(certificate, certificate);

function isIssuedBy(certificate: Certificate, issuer: Certificate | undefined): boolean {
  return issuer !== undefined && certificate.x509Certificate.checkIssued(issuer.x509Certificate);
}
