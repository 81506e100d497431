import { resolve } from 'node:path';
import { GenerateCertsError, quote } from '../errors.js';
import { type FlawName, findFlaw, findServerFlaw, type ServerFlawName } from '../pki/flaws/flaws.js';
import { MOST_INTERMEDIATES } from '../pki/names/authority-names.js';
import { type Identity, parseClientIdentity, parseEndpointName } from '../pki/names/identity.js';
import { defaultLayouts, findLayout, type LayoutRegistry } from './layout-rules.js';

/** More numbered clients than this are refused: their files would be more than a folder is good for. */
const MOST_NUMBERED_CLIENTS = 100_000;

/** The endpoint's names, each once. */
export function parseNames(given: unknown = ['localhost']): Identity[] {
  const names = list('names', given).map(parseEndpointName);
  if (names.length === 0) throw empty('names', 'a set needs at least one name');
  return [...new Map(names.map((identity) => [identity.value, identity])).values()];
}

/** The names of layouts, each once, in the order of the known ones. */
export function parseLayouts(given: unknown, layouts: LayoutRegistry): string[] {
  const chosen = list('layouts', given ?? defaultLayouts(layouts)).map((typed) => findLayout(layouts, typed));
  const known = layouts.map(({ name }) => name);
  if (chosen.length === 0) throw empty('layouts', `known: ${known.join(', ')}`);
  return known.filter((name) => chosen.some((layout) => layout.name === name));
}

export function parseClients(given: unknown = ['client']): Identity[] {
  return list('clients', given).map(parseClientIdentity);
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
  if (given === undefined || given instanceof AbortSignal) return given;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option 'signal' is ${quote(given)}, not an AbortSignal`,
    'give the signal of an AbortController, or AbortSignal.timeout(60_000)',
  );
}

function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option '${name}' is ${quote(value)}, not a list`,
    `give a list, such as ${name}: ['${typeof value === 'string' ? value.slice(0, 40) : '…'}']`,
  );
}

function empty(name: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', `the option '${name}' is an empty list`, hint);
}
