// The headers by which proxies tell a backend who called. A caller's own are dropped, all of them: a backend that
// believes one would believe whatever a client writes. Then NGINX sets a few that are true.
import type { Protocol } from '../plan.js';

/** What the backend is told of the caller. */
const TOLD: Readonly<Record<string, string>> = {
  'X-Real-IP': '$remote_addr',
  'X-Scheme': '$scheme',
  'X-Forwarded-For': '$remote_addr',
  'X-Forwarded-Proto': '$scheme',
  'X-SSL-Client-Verify': '$ssl_client_verify',
  'X-SSL-Client-S-DN': '$ssl_client_s_dn',
};

const under = (prefix: string, parts: string) => parts.split(' ').map((part) => `${prefix}-${part}`);

const CERTIFICATE_PARTS =
  'Verify Cert Certificate Cert-Chain Chain Raw-Cert Escaped-Cert Dn S-DN I-DN Subject Issuer Subject-DN Issuer-DN ' +
  'S-DN-CN I-DN-CN CN SAN Serial M-Serial Fingerprint SHA1 SHA256 Hash Not-Before Not-After NotBefore NotAfter ' +
  'V-Start V-End V-Remain S-DN-Legacy I-DN-Legacy';

/** Every header that says who called, as proxies and load balancers spell them. */
const IDENTITY = [
  ...[
    'Forwarded',
    'Client-Cert',
    'Client-Cert-Chain',
    'True-Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
  ],
  ...['Remote-User', 'Remote-Addr', 'Client-IP', 'SSL-Cert', 'Cert-Subject'],
  ...under(
    'X',
    'Real-IP Real-Port Scheme Client-IP Remote-IP Remote-Addr Cluster-Client-IP ProxyUser-Ip Remote-User',
  ),
  ...under(
    'X',
    'Authenticated-User Auth-Request-User Auth-Request-Email Auth-Request-Groups User Client-DN SSL-Cert',
  ),
  ...under(
    'X',
    'SSL-Subject SSL-Issuer SSL-Protocol SSL-Cipher SSL Client-Cert Client-Cert-Chain Client-Verify',
  ),
  ...under(
    'X',
    'Tls-Client-Cert ARR-ClientCert ARR-SSL Original-Forwarded-For Original-Host Envoy-External-Address',
  ),
  ...under('X', 'Envoy-Peer-Metadata Envoy-Internal Proxied-Https'),
  ...under('X-Client-Cert', 'Subject Issuer Serial Fingerprint DN CN'),
  ...under('X-Client', 'Certificate Subject Issuer Serial Fingerprint CN SAN'),
  ...under(
    'X-Forwarded',
    'For Host Port Proto Protocol Scheme Ssl Server By Prefix Path Uri Method User Email Groups ' +
      'Preferred-Username Access-Token Client-Cert Client-Cert-Chain Client-IP Tls-Client-Cert ' +
      'Tls-Client-Cert-Info Certificate Original-For For-Original',
  ),
  ...under('X-SSL-Client', CERTIFICATE_PARTS),
  ...under('SSL-Client', CERTIFICATE_PARTS),
  ...under('X-Amzn-Mtls-Clientcert', 'Leaf Serial-Number Subject Issuer Validity'),
  ...['X-Amzn-Mtls-Clientcert', 'X-SSL-Client', 'SSL-Client'],
];

/**
 * The directives that drop what a caller says of itself and set what is true.
 *
 * A header in its other spelling, `X_Real_IP`, is the same to a backend that turns headers into variables (CGI,
 * WSGI). NGINX drops those for REST by itself; gRPC metadata may hold underscores, so that each is named here.
 */
export function identityHeaders(protocol: Protocol): string {
  const directive = protocol === 'grpc' ? 'grpc_set_header' : 'proxy_set_header';
  const told = Object.entries(TOLD).map(([name, value]) => `${directive} ${name} ${value};`);
  const known = new Set(Object.keys(TOLD).map((name) => name.toLowerCase()));
  const spellings = IDENTITY.flatMap((name) => (protocol === 'grpc' ? spellingsOf(name) : [name]));
  const dropped = [...new Set(spellings.map((name) => name.toLowerCase()))].filter(
    (name) => !known.has(name),
  );
  return [...told, ...dropped.map((name) => `${directive} ${name} "";`)]
    .map((line) => `      ${line}\n`)
    .join('');
}

/** A name with each of its hyphens as it is or as an underscore: a backend takes all of them for one. */
function spellingsOf(name: string): string[] {
  return name
    .split('-')
    .reduce<string[]>(
      (known, part) =>
        known.length === 0 ? [part] : known.flatMap((start) => [`${start}-${part}`, `${start}_${part}`]),
      [],
    );
}
