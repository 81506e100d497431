import { readTexts } from '../../util/options.js';
import { amqp } from './amqp.js';
import { grpc } from './grpc.js';
import { kafka } from './kafka.js';
import { ldap, ldaps } from './ldap.js';
import { mongodb } from './mongodb.js';
import { mqtt } from './mqtt.js';
import { mysql } from './mysql.js';
import { nats } from './nats.js';
import { endpointInvalid } from './places.js';
import { postgres } from './postgres.js';
import type { Endpoint, Protocol } from './protocol.js';
import { redis } from './redis.js';
import { rest } from './rest.js';
import { smtp, smtps } from './smtp.js';
import { tls } from './tls.js';

const TABLE = [
  grpc,
  rest,
  postgres,
  mysql,
  mongodb,
  redis,
  kafka,
  amqp,
  mqtt,
  nats,
  ldap,
  ldaps,
  smtp,
  smtps,
  tls,
] as const;

/** The protocols that endpoints are proved by, in the order of the help text. */
export const PROTOCOLS: readonly Protocol[] = TABLE;

/** The name of a protocol that endpoints are proved by. */
export type ProtocolName = (typeof TABLE)[number]['name'];

/** The protocols that an option of their own names endpoints of. */
export const SHORT_PROTOCOLS = [grpc, rest] as const;
export type ShortName = (typeof SHORT_PROTOCOLS)[number]['name'];

/** Schemes of the URLs that {@link parseEndpoint} reads. */
export const SCHEMES: readonly string[] = PROTOCOLS.flatMap(({ schemes }) => schemes);

const EXAMPLES = SHORT_PROTOCOLS.map(({ example }) => example);

/**
 * Reads an endpoint's URL.
 *
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`
 */
export function parseEndpoint(typed: unknown): Endpoint {
  const examples = `give a URL such as ${EXAMPLES.join(' or ')}`;
  if (typeof typed !== 'string') throw endpointInvalid(typed, 'is not text', examples);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed)?.[1]?.toLowerCase();
  if (scheme === undefined) throw endpointInvalid(typed, 'is not a URL', examples);
  const protocol = PROTOCOLS.find(({ schemes }) => schemes.includes(scheme));
  if (protocol === undefined) {
    throw endpointInvalid(typed, 'has an unknown scheme', `known: ${SCHEMES.join(', ')}`);
  }
  return { protocol, address: typed, ...protocol.parse(typed) };
}

/** What may name endpoints: URLs, and for some protocols a short form of their own. */
export type NamedEndpoints = { readonly [Name in ShortName | 'url']?: Named };
type Named = string | readonly string[] | undefined;

/**
 * Reads all endpoints that were named.
 *
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`
 */
export function parseEndpoints(named: NamedEndpoints): Endpoint[] {
  const short = SHORT_PROTOCOLS.flatMap((protocol) =>
    list(named[protocol.name]).map(
      (typed): Endpoint => ({ protocol, address: typed, ...protocol.short.parse(typed) }),
    ),
  );
  return [...short, ...list(named.url).map(parseEndpoint)];
}

function list(value: Named): readonly string[] {
  if (value === undefined) return [];
  const example = `['${PROTOCOLS[0]?.example}']`;
  return typeof value === 'string' ? [value] : readTexts('the list of endpoints', value, example);
}
