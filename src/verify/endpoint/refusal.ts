// Why a valid client may have been refused, as far as what was seen tells it.
import { X509Certificate } from 'node:crypto';
import type { Refusal } from '../report/finding.js';
import { readCertificateRequest } from '../wire/certificate-request.js';
import type { Cause } from '../wire/outcome.js';
import { loadClient } from '../wire/tls.js';
import type { Attempt } from './attempt.js';
import type { Proof } from './proof.js';
import { trustedNames } from './trusted-names.js';

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
      if (cause.refuses !== true) return 'unknown';
      if (cause.protocol !== 'gRPC') return 'no-login';
      return cause.status === 'UNAUTHENTICATED' ? 'unknown-caller' : 'allow-list';
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
  if (status === 401) return 'unknown-caller';
  if (status === 403) return 'allow-list';
  return status === 400 || status === 495 || status === 496 ? 'front' : 'unknown';
}

const BY_APPLICATION: ReadonlySet<Refusal> = new Set(['allow-list', 'no-login', 'unknown-caller']);

/** Where the refusal itself leaves it open, what the endpoint asks for tells more. */
const OPEN_REASONS: ReadonlySet<Refusal> = new Set([
  ...(['front', 'closed', 'other-ca', 'unknown'] as const),
  ...BY_APPLICATION,
]);

/** A refused attempt of a valid client, with what the endpoint's request for a certificate tells of it. */
export async function explained(proof: Proof, refused: Attempt): Promise<Attempt> {
  const { outcome, tls, tried, note } = refused;
  if (outcome.kind !== 'refused' || tls === null || tried.material === undefined || note !== undefined) {
    return refused;
  }
  const why = whyRefused(outcome.cause, tried.material.cert);
  // It reads TLS that comes first.
  if (!OPEN_REASONS.has(why) || proof.endpoint.protocol.begin !== undefined) return refused;
  const loaded = loadClient({ ca: tried.material.ca }, tls);
  if ('outcome' in loaded) return refused;
  const asked = await readCertificateRequest(proof.endpoint, loaded.context, proof.timeoutMs);
  if (asked.kind === 'not-asked') return { ...refused, note: { kind: 'valid-refused', why: 'not-asked' } };
  if (asked.kind !== 'asked' || asked.authorities.length === 0 || BY_APPLICATION.has(why)) return refused;
  const own = trustedNames(proof.set);
  const isOwn = asked.authorities.some((name) => own.some((one) => one.equals(name)));
  return { ...refused, note: { kind: 'valid-refused', why: isOwn ? 'asked-for' : 'asked-for-others' } };
}
