import { resolve } from 'node:path';
import { GenerateCertsError, quote } from '../errors.js';
import { type FlawName, findFlaw, findServerFlaw, type ServerFlawName } from '../pki/flaws/flaws.js';
import { MOST_INTERMEDIATES } from '../pki/names/authority-names.js';
import {
  type Identity,
  parseClientIdentity,
  parseEndpointName,
  parseServerName,
} from '../pki/names/identity.js';
import { isServerId, parseServer, type ServerOptions } from '../pki/names/server.js';
import type { ParsedServer, ServerRequest } from '../pki/request.js';
import { parseDuration } from '../util/duration.js';
import { isInstance, readList, readOptions, textOf } from '../util/options.js';
import { isPlainText } from '../util/text.js';
import { defaultLayouts, findLayout, type LayoutRegistry } from './layout-rules.js';

/** More numbered clients than this are refused: their files would be more than a folder is good for. */
const MOST_NUMBERED_CLIENTS = 100_000;

/** The endpoint's names, each once; nothing where none are given, for the default depends on the servers. */
export function parseNames(given: unknown): Identity[] | undefined {
  if (given === undefined) return undefined;
  const names = list('names', given).map(parseServerName);
  // An endpoint has a name or an address; a URI may stand beside them in its SAN.
  if (names.length > 0 && names.every(({ kind }) => kind === 'uri')) parseEndpointName(names[0]?.value);
  return [...new Map(names.map((identity) => [identity.value, identity])).values()];
}

/** The servers or peers that are asked for. */
export function parseServers(role: 'server' | 'peer', given: unknown = []): ParsedServer[] {
  return listServers(role, given).map((server) => parseServer(role, server));
}

/** The servers or peers of an option, in any of its forms, one by one. */
export function listServers(role: 'server' | 'peer', given: unknown): ServerOptions[] {
  const option = `${role}s`;
  const read = readOptions({ [option]: given }, [option], `{ ${option}: { api: ['api.test'] } }`)[option];
  return Array.isArray(read) ? read.map((one) => serverOf(role, one)) : byId(option, read);
}

function byId(option: string, given: unknown): ServerOptions[] {
  if (given === null || typeof given !== 'object') {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `the option '${option}' is ${quote(given)}, not servers by their id`,
      `give ids with names, such as ${option}: { api: ['api.test'] }`,
    );
  }
  return Object.entries(given).map(([id, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? { ...checkedFields(option, id, value), id }
      : { id, names: value },
  );
}

/** A server in a list: with its id, or as text. */
function serverOf(role: 'server' | 'peer', given: unknown): ServerOptions {
  if (typeof given === 'string') {
    const at = given.indexOf('=');
    if (at < 0) {
      throw new GenerateCertsError(
        'ERR_OPTION_INVALID',
        `${quote(given)} has no '=' between the id and the names of a ${role}`,
        `give the id and its names: ${role === 'peer' ? 'node-1=node-1.test' : 'api=api.test,localhost'}`,
      );
    }
    const names = given.slice(at + 1);
    return { id: given.slice(0, at), names: names === '' ? [] : names.split(',') };
  }
  if (given === null || typeof given !== 'object') {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${quote(given)} is not a ${role}`,
      `give its id and names, such as { id: 'api', names: ['api.test'] }`,
    );
  }
  const { id, ...fields } = given as Partial<ServerOptions>;
  return { ...checkedFields(`${role}s`, textOf(id), fields), id: id as string };
}

function checkedFields(option: string, id: string, fields: object): Omit<ServerOptions, 'id'> {
  const example = `${option}: { '${id}': { names: ['api.test'] } }`;
  return readOptions(fields as Omit<ServerOptions, 'id'>, ['names', 'layouts'], example);
}

/** The names of layouts, each once, in the order of the known ones. */
export function parseLayouts(given: unknown, layouts: LayoutRegistry): string[] {
  const chosen = list('layouts', given ?? defaultLayouts(layouts)).map((typed) => findLayout(layouts, typed));
  const known = layouts.map(({ name }) => name);
  if (chosen.length === 0) throw empty('layouts', `known: ${known.join(', ')}`);
  return known.filter((name) => chosen.some((layout) => layout.name === name));
}

export function parseClients(given: unknown = ['client']): Identity[] {
  return list('clients', given).map((typed) => parseClientIdentity(typed));
}

/** The identities of so many numbered clients. */
export function parseExtraClients(given: unknown = 0): Identity[] {
  if (!Number.isInteger(given) || (given as number) < 0 || (given as number) > MOST_NUMBERED_CLIENTS) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${quote(given)} is not a number of clients`,
      `use a whole number from 0 to ${MOST_NUMBERED_CLIENTS}`,
    );
  }
  return Array.from({ length: given as number }, (_, index) => parseClientIdentity(`client-${index + 1}`));
}

/**
 * How long before it is made everything begins, as typed and in seconds.
 *
 * @throws {@link GenerateCertsError} `ERR_DURATION_INVALID`
 */
export function parseBackdate(given: unknown = DEFAULT_BACKDATE): {
  readonly text: string;
  readonly seconds: number;
} {
  return { text: given as string, seconds: parseDuration(given) };
}

/** For clocks that differ by no more. */
export const DEFAULT_BACKDATE = '5m';

/** How many CAs stand between the root and the leaves. */
export function parseIntermediates(given: unknown = 0): number {
  if (isIntermediates(given)) return given;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(given)} is not a number of intermediates`,
    `use a whole number from 0 to ${MOST_INTERMEDIATES}`,
  );
}

export function isIntermediates(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_INTERMEDIATES;
}

/** Whether a value read from a manifest is a list of servers or peers that this program could have written. */
export function isServerList(value: unknown): value is readonly ServerRequest[] {
  return Array.isArray(value) && value.every(isServerRequest);
}

function isServerRequest(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  const { id, names, layouts } = value as Record<string, unknown>;
  const isTextList = (list: unknown) => Array.isArray(list) && list.length > 0 && list.every(isPlainText);
  return isServerId(id) && isTextList(names) && (layouts === null || isTextList(layouts));
}

/** The folder of the CA that is to sign, absolute; null for a CA of the set's own. */
export function parseAuthorityFolder(given: unknown = null): string | null {
  if (given === null) return null;
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return resolve(given);
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option 'ca' is ${quote(given)}, not a folder`,
    "give the folder of a CA, such as ca: 'certs'",
  );
}

/** Flaws asked for by name, and whether all that are possible are asked for. */
export interface UntrustedChoice<Name> {
  readonly named: ReadonlySet<Name>;
  readonly all: boolean;
}

export function parseUntrusted(given: unknown = ['unknown-ca']): UntrustedChoice<FlawName> {
  return parseFlaws('untrusted', given, (word) => findFlaw(word).name);
}

export function parseUntrustedServers(given: unknown = 'none'): UntrustedChoice<ServerFlawName> {
  return parseFlaws('untrustedServers', given, (word) => findServerFlaw(word).name);
}

function parseFlaws<Name>(
  option: string,
  given: unknown,
  find: (word: unknown) => Name,
): UntrustedChoice<Name> {
  const words = typeof given === 'string' ? [given] : list(option, given);
  if (words.includes('none')) {
    if (words.some((word) => word !== 'none')) {
      throw new GenerateCertsError(
        'ERR_OPTION_INVALID',
        "'none' was given together with other flaws",
        "give 'none' alone, or leave it out",
      );
    }
    return { named: new Set(), all: false };
  }
  const named = words.filter((word) => word !== 'all').map(find);
  return { named: new Set(named), all: words.includes('all') };
}

/** A signal that stops the work. */
export function parseSignal(given: unknown): AbortSignal | undefined {
  if (given === undefined || isInstance(given, AbortSignal)) return given;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option 'signal' is ${quote(given)}, not an AbortSignal`,
    'give the signal of an AbortController, or AbortSignal.timeout(60_000)',
  );
}

function list(name: string, value: unknown): readonly unknown[] {
  const example = typeof value === 'string' ? value.slice(0, 40) : '…';
  return readList(`the option '${name}'`, value, `${name}: ['${example}']`);
}

function empty(name: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', `the option '${name}' is an empty list`, hint);
}
