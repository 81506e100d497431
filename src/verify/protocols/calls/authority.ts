import type { Endpoint } from '../protocol.js';

/** What names the endpoint in a request: the Host of HTTP/1.1, the :authority of HTTP/2. */
export function authorityOf({ host, port }: Endpoint, defaultPort: number | undefined): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}
