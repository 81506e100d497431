import { GenerateCertsError, quote } from '../../../errors.js';
import { textOf } from '../../../util/options.js';
import { hintForUnknown } from '../../../util/suggest.js';
import { ldap, ldaps } from './ldap.js';
import { mysql } from './mysql.js';
import { nats } from './nats.js';
import { postgres } from './postgres.js';
import type { ServedProtocol } from './protocol.js';
import { redis } from './redis.js';
import { smtp, smtps } from './smtp.js';
import { TLS_ALONE } from './tls-alone.js';
import { grpc, https } from './web.js';

const SERVED: readonly ServedProtocol[] = [
  ...[https, grpc, postgres, mysql, redis, nats, ldap, ldaps, smtp, smtps],
  ...TLS_ALONE,
];

/** What `--protocol` knows. */
export const SERVED_NAMES: readonly string[] = SERVED.map(({ name }) => name);

/**
 * The protocol that the servers for clients speak; HTTPS when none is named.
 *
 * @throws {@link GenerateCertsError} `ERR_PROTOCOL_UNKNOWN`
 */
export function servedProtocol(name: unknown = https.name): ServedProtocol {
  const found = SERVED.find((protocol) => protocol.name === name);
  if (found !== undefined) return found;
  throw new GenerateCertsError(
    'ERR_PROTOCOL_UNKNOWN',
    `${quote(name)} is not a protocol that the servers for clients speak`,
    hintForUnknown(textOf(name), SERVED_NAMES),
  );
}

/** Where a client is led to. */
export function urlOf({ scheme, path = '' }: ServedProtocol, host: string, port: number): string {
  return `${scheme}://${host}:${port}${path}`;
}
