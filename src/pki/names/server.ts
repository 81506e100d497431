import { GenerateCertsError, quote } from '../../errors.js';
import { readOptions } from '../../util/options.js';
import type { ParsedServer, ServerRequest } from '../request.js';
import { type Identity, parseServerName } from './identity.js';

/**
 * A server or a peer as it is asked for.
 *
 * @example
 * ```ts
 * const db: ServerOptions = { id: 'db', names: ['db.test', 'localhost'], layouts: ['postgres'] };
 * const set = await createCertificateSet({ layouts: ['grpc', 'postgres'], servers: [db] });
 * ```
 */
export interface ServerOptions {
  /** The name of its files: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** DNS names (a wildcard may be the leftmost label), addresses and URIs; the first is the CN, all are the SAN. */
  readonly names: readonly string[];
  /**
   * The layouts that have its files.
   * @default all of the set's
   */
  readonly layouts?: readonly string[] | null | undefined;
}

/** The id of the server with the set's own names. */
export const DEFAULT_SERVER = 'server';

/** The longest id: with a prefix and an extension it is a file name everywhere. */
const LONGEST_ID = 64;

/**
 * Checks a server or a peer by itself.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function parseServer(role: ParsedServer['role'], server: ServerOptions): ParsedServer {
  const known = ['id', 'names', 'layouts'];
  const { id, names, layouts = null } = readOptions(server, known, "{ id: 'api', names: ['api.test'] }");
  const name = parseId(role, id);
  if (
    layouts !== null &&
    !(Array.isArray(layouts) && layouts.length > 0 && layouts.every((layout) => typeof layout === 'string'))
  ) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `the layouts of the ${role} '${name}' are ${quote(layouts)}, not a list of layouts`,
      "give a list such as ['grpc'], or leave it out for all of the set's",
    );
  }
  return { role, name, fileName: name, names: parseServerNames(role, name, names), layouts };
}

/** The server with the set's own names. */
export function defaultServer(names: readonly Identity[]): ParsedServer {
  return { role: 'server', name: DEFAULT_SERVER, fileName: DEFAULT_SERVER, names, layouts: null };
}

/** A server or a peer as the manifest keeps it. */
export function recordOf({ name, names, layouts }: ParsedServer): ServerRequest {
  return { id: name, names: names.map(({ value }) => value), layouts };
}

function parseId(role: string, typed: unknown): string {
  const reject = (problem: string) =>
    invalid(
      `${quote(typed)} ${problem}`,
      `the id of a ${role} is the name of its files: letters, digits, ., _ and -, such as ${role === 'peer' ? 'node-1' : 'api'}`,
    );
  if (isServerId(typed)) return typed;
  if (typeof typed !== 'string' || typed === '') throw reject(`is not an id of a ${role}`);
  if (typed.length > LONGEST_ID)
    throw reject(`has ${typed.length} characters, and an id at most ${LONGEST_ID}`);
  const odd = /[^A-Za-z0-9._-]/.exec(typed);
  if (odd !== null) throw reject(`holds ${quote(odd[0])}`);
  throw reject('begins or ends with a mark');
}

/** Whether a text is an id, which is a file name that is safe everywhere. */
export function isServerId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= LONGEST_ID &&
    /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/.test(value)
  );
}

function parseServerNames(role: string, id: string, typed: unknown): Identity[] {
  if (!Array.isArray(typed)) {
    throw invalid(
      `the names of the ${role} '${id}' are ${quote(typed)}, not a list`,
      "give a list such as ['api.test']",
    );
  }
  // Array.from: in a sparse array a missing name is looked at, too.
  const names = Array.from(typed, parseServerName);
  if (names.length === 0) {
    throw invalid(`the ${role} '${id}' has no name`, `give at least one: ${id}=${id}.test,localhost`);
  }
  return [...new Map(names.map((identity) => [identity.value, identity])).values()];
}

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` where a server is to have files in a layout that the set lacks */
export function refuseForeignLayouts(servers: readonly ParsedServer[], layouts: readonly string[]): void {
  for (const { role, name, layouts: own } of servers) {
    const foreign = own?.find((layout) => !layouts.includes(layout));
    if (foreign !== undefined) {
      throw new GenerateCertsError(
        'ERR_OPTION_INVALID',
        `the ${role} '${name}' is for the layout ${quote(foreign)}, which the set does not have`,
        `the set has ${layouts.join(', ')}: add the layout to the set, or leave it out`,
      );
    }
  }
}

/** All servers of a recorded request, the one with the set's own names first. */
export function serversOf(request: {
  readonly names: readonly string[];
  readonly servers: readonly ServerRequest[];
}): ParsedServer[] {
  const own = request.names.length === 0 ? [] : [defaultServer(request.names.map(parseServerName))];
  return [...own, ...request.servers.map((server) => parseServer('server', server))];
}

/** All peers of a recorded request. */
export function peersOf({ peers }: { readonly peers: readonly ServerRequest[] }): ParsedServer[] {
  return peers.map((peer) => parseServer('peer', peer));
}

/** The names by which clients reach the first server of a recorded request: DNS names and addresses. */
export function endpointNamesOf(request: Parameters<typeof serversOf>[0]): string[] {
  const [first] = serversOf(request);
  return hostsOf(first?.names ?? []);
}

/** The first DNS name or address of a server. */
export function hostOf(names: readonly Identity[]): string | undefined {
  return hostsOf(names)[0];
}

function hostsOf(names: readonly Identity[]): string[] {
  return names.filter(({ kind }) => kind !== 'uri').map(({ value }) => value);
}

function invalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_IDENTITY_INVALID', message, hint);
}
