// What each verifier says of each flaw: what the tests expect, and the table in docs/refused-clients.md. The first of
// several is what was measured (OpenSSL 3.0, GnuTLS 3.7, nginx 1.22, gRPC C-core 1.51 and 1.84, Node 20);
// the others mean the same flaw in other versions.
import type { FlawName } from '../../src/index.js';
import { ACCEPTED } from './flaw-probes.js';

export interface FlawRow {
  /** `openssl verify -x509_strict`, with `-crl_check` for `revoked` and `-auth_level 2` for the weak ones. */
  readonly openssl: readonly string[];
  /** `certtool --verify`, with `--load-crl` for `revoked`. */
  readonly gnutls: readonly string[];
  /** NGINX without `ssl_crl`: HTTP 400, and the number in its log. */
  readonly nginx: readonly string[];
  /** NGINX with `ssl_crl` and `ssl_verify_depth 1`, as the example has it. */
  readonly nginxCrl: readonly string[];
  /** gRPC C-core on OpenSSL. */
  readonly coreOpenssl: readonly string[];
  /** gRPC C-core on BoringSSL. */
  readonly coreBoringssl: readonly string[];
  /** Node's tls server with the options of `set.server.tlsOptions()`, which hold the CRL. */
  readonly node: readonly string[];
}

const issuer = 'issuer is unknown';
const constraints = "violates the signer's constraints";
const failed = ['certificate verify failed'];

export const FLAW_TABLE: Record<FlawName, FlawRow> = {
  'unknown-ca': {
    openssl: ['20'],
    gnutls: [issuer],
    nginx: ['21', '20'],
    nginxCrl: ['21', '20'],
    coreOpenssl: failed,
    coreBoringssl: ['unable to get local issuer certificate'],
    node: ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  },
  'self-signed': {
    openssl: ['18'],
    gnutls: [issuer],
    nginx: ['18'],
    nginxCrl: ['3', '18'],
    coreOpenssl: failed,
    coreBoringssl: ['unable to get local issuer certificate', 'self signed certificate'],
    node: ['UNABLE_TO_GET_CRL', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  },
  expired: {
    openssl: ['10'],
    gnutls: ['expired certificate'],
    nginx: ['10'],
    nginxCrl: ['10'],
    coreOpenssl: failed,
    coreBoringssl: ['certificate has expired'],
    node: ['CERT_HAS_EXPIRED'],
  },
  'not-yet-valid': {
    openssl: ['9'],
    gnutls: ['not yet valid certificate'],
    nginx: ['9'],
    nginxCrl: ['9'],
    coreOpenssl: failed,
    coreBoringssl: ['certificate is not yet valid'],
    node: ['CERT_NOT_YET_VALID'],
  },
  'wrong-usage': {
    openssl: ['26'],
    gnutls: ['does not match the intended purpose'],
    nginx: ['26'],
    nginxCrl: ['26'],
    coreOpenssl: failed,
    coreBoringssl: ['unsupported certificate purpose'],
    node: ['INVALID_PURPOSE'],
  },
  tampered: {
    openssl: ['7'],
    gnutls: ['signature in the certificate is invalid'],
    nginx: ['7'],
    nginxCrl: ['7'],
    coreOpenssl: ['EVP lib', ...failed],
    coreBoringssl: ['certificate signature failure'],
    node: ['CERT_SIGNATURE_FAILURE'],
  },
  'issued-by-client': {
    openssl: ['79', '26', '25', '32'],
    gnutls: [constraints],
    nginx: ['32', '79', '26', '25'],
    nginxCrl: ['32', '79', '26', '25', '3'],
    coreOpenssl: failed,
    coreBoringssl: ['unable to get local issuer certificate', 'invalid CA certificate'],
    node: ['UNSPECIFIED', 'INVALID_CA', 'INVALID_PURPOSE', 'UNABLE_TO_GET_CRL'],
  },
  'critical-extension': {
    openssl: ['34'],
    gnutls: ['unknown critical extension'],
    nginx: ['34'],
    nginxCrl: ['34'],
    coreOpenssl: failed,
    coreBoringssl: ['unhandled critical extension'],
    node: ['UNSPECIFIED'],
  },
  'missing-intermediate': {
    openssl: ['20'],
    gnutls: [issuer],
    nginx: ['21', '20'],
    nginxCrl: ['21', '20', '3'],
    coreOpenssl: failed,
    coreBoringssl: ['unable to get local issuer certificate'],
    node: ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_CRL'],
  },
  'sub-ca': {
    openssl: ['25'],
    gnutls: [constraints],
    nginx: ['25'],
    nginxCrl: ['3', '25'],
    coreOpenssl: failed,
    coreBoringssl: [ACCEPTED],
    node: ['UNABLE_TO_GET_CRL', 'PATH_LENGTH_EXCEEDED'],
  },
  'outside-names': {
    openssl: ['47'],
    gnutls: [constraints],
    nginx: ['47'],
    nginxCrl: ['47'],
    coreOpenssl: failed,
    coreBoringssl: ['permitted subtree violation'],
    node: ['UNSPECIFIED'],
  },
  revoked: {
    openssl: ['23'],
    gnutls: ['is revoked'],
    nginx: [ACCEPTED],
    nginxCrl: ['23'],
    coreOpenssl: [ACCEPTED],
    coreBoringssl: [ACCEPTED],
    node: ['CERT_REVOKED'],
  },
  'weak-key': {
    openssl: ['66'],
    gnutls: [ACCEPTED],
    nginx: ['66'],
    nginxCrl: ['66'],
    coreOpenssl: failed,
    coreBoringssl: [ACCEPTED],
    // Node 24 has security level 2 where 20 and 22 have 1.
    node: [ACCEPTED, 'UNSPECIFIED'],
  },
  'weak-signature': {
    openssl: ['68'],
    gnutls: ['insecure algorithm'],
    nginx: ['68'],
    nginxCrl: ['68'],
    coreOpenssl: failed,
    coreBoringssl: [ACCEPTED],
    node: ['UNSPECIFIED'],
  },
};

/** The table of docs/refused-clients.md. */
export function renderFlawTable(): string {
  const cell = ([first = '']: readonly string[]) => (first === ACCEPTED ? '**lets it in**' : first);
  const rows = Object.entries(FLAW_TABLE).map(([flaw, row]) => {
    const cells = [
      row.openssl,
      row.gnutls,
      row.nginx,
      row.nginxCrl,
      row.coreOpenssl,
      row.coreBoringssl,
      row.node,
    ];
    return `| \`${flaw}\` | ${cells.map(cell).join(' | ')} |`;
  });
  return [
    '| flaw | OpenSSL | GnuTLS | NGINX | NGINX with `ssl_crl` | C-core, OpenSSL | C-core, BoringSSL | Node |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
