import { FLAWS, SERVER_FLAWS } from '../pki/flaws/flaws.js';
import { identityName } from '../pki/names/identity.js';
import type { ServerRequest, SetRequest } from '../pki/request.js';
import { FIELD_ENTRIES, SET_FIELDS } from './fields.js';
import { withAddedFlaws } from './flaws.js';
import { findLayout, type LayoutRegistry } from './layout-rules.js';
import type { RequestOptions } from './options.js';
import { acceptsKeyType, type CheckedRequest, checkRequest, hasIssuer } from './request.js';

/**
 * Adds what is asked for now to a recorded request: clients and flaws join those that are there, every other option
 * that is given replaces the recorded one, and what is not given stays as recorded.
 *
 * @param known the layouts that there are
 * @throws {@link GenerateCertsError} as {@link checkRequest}
 */
export function mergeRequest(
  recorded: SetRequest,
  given: RequestOptions,
  known: LayoutRegistry,
): CheckedRequest {
  const { clients, extraClients, untrusted, untrustedServers, key, names, servers, peers, ...others } = given;
  const layouts = given.layouts ?? recorded.layouts;
  const nameConstraints = given.nameConstraints ?? recorded.nameConstraints;
  const intermediates = given.intermediates ?? recorded.intermediates;
  const caKey = given.caKey ?? recorded.caKey;
  const ca = given.ca === undefined ? recorded.ca : given.ca;
  const alone = {
    ...given,
    layouts,
    nameConstraints,
    intermediates,
    caKey,
    ca,
    untrusted: untrusted ?? 'none',
    // Where no names are needed, none are made up.
    ...(given.names?.length === 0 && { names: undefined }),
  } as const;
  const { request } = checkRequest(alone, known);
  const addedClients = clients === undefined && extraClients === undefined ? [] : request.clients;
  const chosen = request.layouts.map((name) => findLayout(known, name));
  // A key type that was asked for stays, unless other layouts are asked for now that do not take it.
  const isKept = given.layouts === undefined || acceptsKeyType(chosen, recorded.key);
  const keptKey = isKept ? recorded.key : undefined;
  const merged: RequestOptions = {
    ...recordedOptions(recorded),
    ...withoutUndefined(others),
    // Names of the set's own are only what is given as such, also with the id of that server.
    names: givesOwnNames(given, request) ? request.names : recorded.names,
    servers: joined(recorded.servers, servers === undefined ? [] : request.servers),
    peers: joined(recorded.peers, peers === undefined ? [] : request.peers),
    clients: joinClients(recorded.clients, addedClients),
    untrusted: withAddedFlaws(FLAWS, recorded.untrusted, untrusted, request),
    untrustedServers: withAddedFlaws(SERVER_FLAWS, recorded.untrustedServers, untrustedServers, request),
    key: key ?? keptKey,
    // An issuer goes with its layout, unless it is asked for.
    issuer: given.issuer ?? (recorded.issuer && hasIssuer(chosen)),
  };
  return checkRequest(merged, known);
}

function givesOwnNames({ names, servers }: RequestOptions, request: SetRequest): boolean {
  const given = (names !== undefined && names.length > 0) || servers !== undefined;
  return given && request.names.length > 0;
}

/** A client that is there already keeps the names that were asked for with it, unless others are asked for now. */
function joinClients(recorded: readonly string[], added: readonly string[]): string[] {
  const joined = new Map(recorded.map((text) => [identityName(text), text]));
  for (const text of added) {
    const name = identityName(text);
    if (text !== name || !joined.has(name)) joined.set(name, text);
  }
  return [...joined.values()];
}

/** Those that are recorded, each with what is asked for now where it is, and the new ones. */
function joined(recorded: readonly ServerRequest[], asked: readonly ServerRequest[]): ServerRequest[] {
  return [...new Map([...recorded, ...asked].map((server) => [server.id, server])).values()];
}

/** A recorded request as options that ask for the same. */
function recordedOptions(recorded: SetRequest): RequestOptions {
  const names = FIELD_ENTRIES.filter(([name, field]) => name in SET_FIELDS && field.recorded !== undefined);
  return Object.fromEntries(names.map(([name]) => [name, recorded[name as keyof SetRequest]]));
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
