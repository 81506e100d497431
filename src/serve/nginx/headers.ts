// The headers by which proxies tell a backend who called. A caller's own are dropped, all of them: a backend that
// believes one would believe whatever a client writes. Then NGINX sets a few that are true.
import { IDENTITY_HEADERS } from '../../verify/endpoint/probes/identity-headers.js';
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
  const spellings = IDENTITY_HEADERS.flatMap((name) => (protocol === 'grpc' ? spellingsOf(name) : [name]));
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
