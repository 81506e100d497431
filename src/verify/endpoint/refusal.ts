// Why a valid client may have been refused, as far as what was seen tells it.
import { X509Certificate } from 'node:crypto';
import type { Refusal } from '../report/finding.js';
import type { Cause } from '../wire/outcome.js';

/** Alerts that say that the certificate's CA is not the one that the endpoint trusts (RFC 8446 section 6.2). */
const UNTRUSTED_ALERTS = new Set([
  42, // bad certificate
  46, // certificate unknown: Java's for a chain that leads nowhere
  48, // unknown CA
  51, // decrypt error: a signature that is not the trusted key's
]);
const REVOKED = 44;
const EXPIRED = 45;
const NO_CERTIFICATE_SEEN = new Set([41, 116]);

/** @param certificate the client's, in PEM */
export function whyRefused(cause: Cause, certificate: string | undefined): Refusal {
  switch (cause.kind) {
    case 'alert':
      return ofAlert(cause.number, certificate);
    case 'http':
      return ofHttp(cause);
    case 'status':
      return cause.refuses === true ? 'allow-list' : 'unknown';
    case 'closed':
      return 'closed';
    default:
      return 'unknown';
  }
}

function ofAlert(number: number, certificate: string | undefined): Refusal {
  if (UNTRUSTED_ALERTS.has(number)) return 'other-ca';
  if (number === REVOKED) return 'revoked';
  if (NO_CERTIFICATE_SEEN.has(number)) return 'not-asked-in-time';
  // OpenSSL has this one alert for a certificate that has ended, and for a revocation list that has.
  if (number === EXPIRED && certificate !== undefined) {
    const ends = Date.parse(new X509Certificate(certificate).validTo);
    return ends > Date.now() ? 'list-ended' : 'ended';
  }
  return 'unknown';
}

function ofHttp({ status, reason }: Cause & { kind: 'http' }): Refusal {
  if (reason !== undefined && /post-handshake/i.test(reason)) return 'post-handshake';
  if (reason !== undefined && /certificate/i.test(reason)) return 'front';
  if (status === 401 || status === 403) return 'allow-list';
  return status === 400 || status === 495 || status === 496 ? 'front' : 'unknown';
}
