// The headers by which proxies tell a backend who called: one list for what the front drops and for what is forged here.

const under = (prefix: string, parts: string) => parts.split(' ').map((part) => `${prefix}-${part}`);

const CERTIFICATE_PARTS =
  'Verify Cert Certificate Cert-Chain Chain Raw-Cert Escaped-Cert Dn S-DN I-DN Subject Issuer Subject-DN Issuer-DN ' +
  'S-DN-CN I-DN-CN CN SAN Serial M-Serial Fingerprint SHA1 SHA256 Hash Not-Before Not-After NotBefore NotAfter ' +
  'V-Start V-End V-Remain S-DN-Legacy I-DN-Legacy';

/** Every header that says who called, as proxies and load balancers spell them. */
export const IDENTITY_HEADERS: readonly string[] = [
  ...under('X-SSL-Client', CERTIFICATE_PARTS),
  ...under('SSL-Client', CERTIFICATE_PARTS),
  ...['X-SSL-Client', 'SSL-Client'],
  ...['Client-Cert', 'Client-Cert-Chain', 'Client-Verify', 'Client-DN', 'Forwarded', 'True-Client-IP'],
  ...['CF-Connecting-IP', 'Fastly-Client-IP'],
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
  ...under('X-Amzn-Mtls-Clientcert', 'Leaf Serial-Number Subject Issuer Validity'),
  'X-Amzn-Mtls-Clientcert',
];

/** Who the headers of a request say that the caller is. */
export interface ForgedIdentity {
  readonly name: string;
  /** Absent where there is none to say. */
  readonly certificate?: {
    readonly pem: string;
    readonly der: Buffer;
    readonly fingerprint: string;
    readonly serial: string;
  };
}

/**
 * As many headers a request: servers bound them in number (Apache and HAProxy to about 100) and in size (8 kB), and would
 * refuse what is larger for that alone.
 */
const MOST_HEADERS = 40;
const LARGEST_HEADERS = 4500;

/** The headers that say who called, with this identity, in groups that a request may have. */
export function forgedHeaders(identity: ForgedIdentity): Record<string, string>[] {
  const all = IDENTITY_HEADERS.flatMap((name) => {
    const value = forgedValue(name.toLowerCase(), identity);
    return value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });
  const known = (name: string) => all.find(([one]) => one === name)?.[1] ?? '';
  // HAProxy says it by the number of the error, and whether there is TLS at all; applications of CGI take both spellings.
  const haproxy = [
    ['x-ssl-client-verify', '0'],
    ['x-ssl', '1'],
    ['x-ssl-client', '1'],
    ...['x-ssl-client-cn', 'x-ssl-client-s-dn', 'x-ssl-client-dn'].map((name) => [name, known(name)]),
    ...SPELLED.map((name) => [name.replaceAll('-', '_'), known(name)]),
  ].map(([name = '', value = '']) => [name, value] as const);
  return [...split(all), Object.fromEntries(haproxy)];
}

const SPELLED = [
  ...[
    'x-ssl-client-verify',
    'x-ssl-client-s-dn',
    'ssl-client-verify',
    'ssl-client-s-dn',
    'ssl-client-subject-dn',
  ],
  ...['remote-user', 'x-remote-user', 'x-forwarded-user'],
];

function split(all: readonly (readonly [string, string])[]): Record<string, string>[] {
  const groups: Record<string, string>[] = [];
  let size = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const [name, value] of all) {
    size += name.length + value.length + 4;
    count++;
    if (size > LARGEST_HEADERS || count > MOST_HEADERS) {
      groups.push({});
      size = name.length + value.length + 4;
      count = 1;
    }
    const group = groups.at(-1);
    if (group !== undefined) group[name] = value;
  }
  return groups;
}

/** What a header says of an identity; nothing where it says something else of a request. */
function forgedValue(header: string, { name, certificate }: ForgedIdentity): string | undefined {
  if (/issuer|i-dn|not-?(?:before|after)|v-(?:start|end|remain)|validity/.test(header)) return undefined;
  if (/verify$/.test(header)) return 'SUCCESS';
  if (header === 'forwarded') return 'for=127.0.0.1;proto=https';
  if (header === 'x-forwarded-client-cert') return envoyElement(name, certificate?.fingerprint);
  if (header === 'x-forwarded-tls-client-cert-info') return encodeURIComponent(`Subject="CN=${name}"`);
  if (/(?:ip|addr|address|forwarded-for|original-for|for-original)$/.test(header)) return '127.0.0.1';
  if (/(?:dn|subject|dn-legacy)$/.test(header)) return `CN=${name}`;
  if (/(?:-cn|-san|user|email|username)$/.test(header)) return name;
  if (certificate === undefined) return undefined;
  if (/serial(?:-number)?$/.test(header)) return certificate.serial;
  if (/(?:fingerprint|sha1|sha256|hash)$/.test(header)) return certificate.fingerprint;
  // RFC 9440 section 2.1: a byte sequence of structured fields.
  if (header === 'client-cert') return `:${certificate.der.toString('base64')}:`;
  if (/(?:cert|certificate|leaf)$/.test(header)) return encodeURIComponent(certificate.pem);
  return undefined;
}

function envoyElement(name: string, fingerprint: string | undefined): string {
  const hash = fingerprint === undefined ? '' : `Hash=${fingerprint.toLowerCase()};`;
  return `${hash}Subject="CN=${name}";URI=;DNS=${name}`;
}
