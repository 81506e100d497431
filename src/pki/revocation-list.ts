import { AsnConvert } from '@peculiar/asn1-schema';
import { CRLNumber, id_ce_cRLNumber } from '@peculiar/asn1-x509';
import { type Certificate, encodePem } from './certificate.js';
import type { Signer } from './signer.js';
import { provider, x509 } from './x509.js';

/** One line of a revocation list. */
export interface Revocation {
  /** Hex, as in the certificate. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
}

/** A certificate revocation list with what is on it (RFC 5280 section 5). */
export class RevocationList {
  /** The list in DER. */
  readonly der: Buffer;
  /** The CRL number: a later list of the same CA has a higher one (RFC 5280 section 5.2.3). */
  readonly number: number;
  readonly revocations: readonly Revocation[];

  constructor(der: Uint8Array, number: number, revocations: readonly Revocation[]) {
    this.der = Buffer.from(der);
    this.number = number;
    this.revocations = revocations;
  }

  /**
   * PEM with the label `X509 CRL` (RFC 7468 section 6). NGINX and OpenSSL read no other; the
   * library's own would be `CRL` (measured with `@peculiar/x509` 2.2).
   */
  get pem(): string {
    return encodePem('X509 CRL', this.der);
  }
}

/** The DER of a revocation list in PEM; nothing where there is none. */
export function readRevocationListDer(pem: string): Buffer | undefined {
  const block = /-----BEGIN X509 CRL-----([\s\S]*?)-----END X509 CRL-----/.exec(pem);
  return block === null ? undefined : Buffer.from(block[1] ?? '', 'base64');
}

/** Who issued a revocation list in PEM; nothing where there is none that can be read. */
export function readRevocationListIssuer(pem: string): string | undefined {
  const der = readRevocationListDer(pem);
  try {
    return der === undefined ? undefined : new x509.X509Crl(der).issuer;
  } catch {
    return undefined;
  }
}

/** Signs a version 2 revocation list. */
export async function signRevocationList(
  list: {
    readonly number: number;
    readonly revocations: readonly Revocation[];
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
  },
  signer: Signer,
): Promise<RevocationList> {
  const { number, revocations, thisUpdate, nextUpdate } = list;
  const crl = await x509.X509CrlGenerator.create(
    {
      issuer: signer.name,
      thisUpdate,
      nextUpdate,
      entries: revocations.map(({ serialNumber, revokedAt }) => ({
        serialNumber,
        revocationDate: revokedAt,
      })),
      extensions: [
        new x509.AuthorityKeyIdentifierExtension(signer.keyIdentifier),
        new x509.Extension(id_ce_cRLNumber, false, AsnConvert.serialize(new CRLNumber(number))),
      ],
      signingKey: signer.key,
      signingAlgorithm: signer.algorithm,
    },
    provider,
  );
  return new RevocationList(new Uint8Array(crl.rawData), number, revocations);
}

/** What is wrong with a revocation list of a CA, in words; nothing where it is right. */
export async function verifyRevocationList(
  der: Buffer,
  authority: Certificate,
  now: Date,
): Promise<string[]> {
  let list: x509.X509Crl;
  try {
    list = new x509.X509Crl(new Uint8Array(der));
  } catch {
    return ['it cannot be read'];
  }
  const publicKey = new x509.PublicKey(
    authority.x509Certificate.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const problems: string[] = [];
  if (!(await list.verify({ publicKey }))) problems.push('the CA did not sign it');
  if (list.nextUpdate === undefined || now >= list.nextUpdate) problems.push('it has ended');
  if (now < list.thisUpdate) problems.push('it has not begun');
  return problems;
}
