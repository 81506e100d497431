import { hash } from 'node:crypto';
import {
  bitString,
  element,
  explicit,
  generalizedTime,
  implicit,
  integer,
  NULL,
  octetString,
  oid,
  sequence,
} from '../asn1/der.js';
import type { Authority } from './authority.js';
import type { Certificate, Validity } from './certificate.js';
import { keyIdentifier } from './signer.js';

/** What a CA says of one of its certificates. */
export interface CertificateStatus {
  readonly certificate: Certificate;
  /** When it was revoked; absent for a good one. */
  readonly revokedAt: Date | undefined;
  /** From when until when this is so. */
  readonly validity: Validity;
}

/**
 * Signs the response that a server staples for a client that asks (RFC 6960 section 4.2.1; RFC 6066 section 8), with the
 * CA's own key.
 *
 * @returns an OCSPResponse in DER
 */
export function signOcspResponse(status: CertificateStatus, issuer: Authority): Buffer {
  const { signer } = issuer;
  const { notBefore, notAfter } = status.validity;
  const keyHash = Buffer.from(keyIdentifier(issuer.certificate.publicKey.publicKeyDer), 'hex');
  const single = sequence(
    certificateId(status.certificate, signer.name.der, keyHash),
    // GOOD is an implicit NULL; RevokedInfo an implicit SEQUENCE.
    status.revokedAt === undefined
      ? implicit(0, Buffer.alloc(0))
      : explicit(1, generalizedTime(status.revokedAt)),
    generalizedTime(notBefore),
    explicit(0, generalizedTime(notAfter)),
  );
  const tbs = sequence(explicit(2, octetString(keyHash)), generalizedTime(notBefore), sequence(single));
  const basic = sequence(tbs, signer.algorithm, bitString(signer.sign(tbs)));
  return sequence(SUCCESSFUL, explicit(0, sequence(BASIC, octetString(basic))));
}

const SUCCESSFUL = element(0x0a, Uint8Array.of(0));
const BASIC = oid('1.3.6.1.5.5.7.48.1.1');

// OpenSSL looks for the certificate by SHA-1 alone (OCSP_cert_to_id), and so does what is built on it.
const SHA_1 = sequence(oid('1.3.14.3.2.26'), NULL);

function certificateId({ serialNumber }: Certificate, issuerName: Buffer, keyHash: Buffer): Buffer {
  const nameHash = octetString(hash('sha1', issuerName, 'buffer'));
  return sequence(SHA_1, nameHash, octetString(keyHash), integer(Buffer.from(serialNumber, 'hex')));
}
