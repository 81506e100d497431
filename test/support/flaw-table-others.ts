// What verifiers of other languages say of each flaw: the second table in docs/refused-clients.md. Measured with Go 1.26,
// OpenJDK 17, NSS 3.87, Erlang 25 and rustls 0.23.
import type { FlawName } from '../../src/index.js';
import { ACCEPTED } from './flaw-probes.js';

export interface OtherFlawRow {
  /** crypto/x509. */
  readonly go: string;
  /** The trust manager of JSSE. */
  readonly java: string;
  /** `vfychain -pp -u 0`: the number of its error, where that is the same each time. */
  readonly nss: string;
  /** `ssl`, as RabbitMQ sets it up: its alert, or what it says of the certificate. */
  readonly erlang: string;
  /** `WebPkiClientVerifier`. Measured by hand: see `verifiers/rustls/`. */
  readonly rustls: string;
}

const NO_CHAIN = 'certificate signed by unknown authority';

export const OTHER_FLAW_TABLE: Record<FlawName, OtherFlawRow> = {
  'unknown-ca': {
    ...{ go: NO_CHAIN, java: 'Path does not chain', nss: 'Chain is bad', erlang: 'unknown_ca' },
    rustls: 'BadSignature',
  },
  'self-signed': {
    ...{
      go: NO_CHAIN,
      java: 'unable to find valid certification path',
      nss: '-8156',
      erlang: 'bad_certificate',
    },
    rustls: 'UnknownIssuer',
  },
  expired: {
    go: 'has expired or is not yet valid',
    ...{ java: 'validity check failed', nss: '-8181', erlang: 'certificate_expired' },
    rustls: 'certificate expired',
  },
  'not-yet-valid': {
    go: 'has expired or is not yet valid',
    ...{ java: 'validity check failed', nss: '-8181', erlang: 'certificate_expired' },
    rustls: 'certificate not valid yet',
  },
  'wrong-usage': {
    go: 'incompatible key usage',
    java: 'Extended key usage does not permit use for TLS client authentication',
    ...{ nss: '-8101', erlang: 'invalid_ext_key_usage' },
    rustls: 'does not allow extended key usage',
  },
  tampered: {
    ...{ go: NO_CHAIN, java: 'signature check failed', nss: '-8182', erlang: 'bad_certificate' },
    rustls: 'BadSignature',
  },
  'issued-by-client': {
    ...{ go: NO_CHAIN, java: 'keyCertSign bit is not set', nss: '-8156', erlang: 'invalid_key_usage' },
    rustls: 'EndEntityUsedAsCa',
  },
  'critical-extension': {
    go: 'unhandled critical extension',
    ...{ java: 'unrecognized critical extension', nss: '-8151', erlang: 'unsupported_certificate' },
    rustls: 'UnsupportedCriticalExtension',
  },
  'missing-intermediate': {
    ...{ go: NO_CHAIN, java: 'unable to find valid certification path', nss: '-8179', erlang: 'unknown_ca' },
    rustls: 'UnknownIssuer',
  },
  'sub-ca': {
    go: 'too many intermediates for path length constraint',
    ...{ java: ACCEPTED, nss: '-8155', erlang: ACCEPTED },
    rustls: ACCEPTED,
  },
  'outside-names': {
    go: 'is not permitted by any constraint',
    ...{ java: ACCEPTED, nss: 'Chain is bad', erlang: ACCEPTED },
    rustls: 'NameConstraintViolation',
  },
  revoked: { go: ACCEPTED, java: ACCEPTED, nss: ACCEPTED, erlang: ACCEPTED, rustls: ACCEPTED },
  'weak-key': { go: ACCEPTED, java: ACCEPTED, nss: ACCEPTED, erlang: ACCEPTED, rustls: ACCEPTED },
  'weak-signature': {
    go: NO_CHAIN,
    java: ACCEPTED,
    nss: ACCEPTED,
    erlang: ACCEPTED,
    rustls: 'UnsupportedSignatureAlgorithm',
  },
};

/** The second table of docs/refused-clients.md. */
export function renderOtherFlawTable(): string {
  const cell = (said: string) => (said === ACCEPTED ? '**lets it in**' : said);
  const rows = Object.entries(OTHER_FLAW_TABLE).map(([flaw, { go, java, nss, erlang, rustls }]) => {
    return `| \`${flaw}\` | ${[go, java, nss, erlang, rustls].map(cell).join(' | ')} |`;
  });
  return [
    '| flaw | Go | Java | NSS | RabbitMQ (Erlang) | rustls |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
