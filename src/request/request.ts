import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { LAYOUT_NAMES, type LayoutName, layoutOf, parseLayoutName } from '../layouts/index.js';
import { FLAWS, type FlawName, findFlaw } from '../pki/flaws/flaws.js';
import { KEY_TYPES, type KeyType, parseKeyType } from '../pki/keys/key-types.js';
import { nameClients } from '../pki/names/client-names.js';
import { type Identity, parseClientIdentity, parseEndpointName } from '../pki/names/identity.js';
import type { ParsedClient, ParsedRequest } from '../pki/request.js';
import { LONGEST_QUIET_LIFE, parseDuration } from '../util/duration.js';
import { checkFlag, checkOptionNames } from '../util/options.js';

/**
 * What a set may be asked to be. Everything has a default; `{}` is a set for localhost.
 *
 * @example
 * ```ts
 * const options: CertificateSetOptions = { names: ['api.test', '10.0.0.7'], clients: ['alice'], validFor: '30m' };
 * const set = await createCertificateSet(options);
 * ```
 */
export interface CertificateSetOptions {
  /**
   * The endpoint's names: DNS names (a wildcard may be the leftmost label; international names become
   * A-labels), IPv4 and IPv6 addresses. The first is the server's CN, all are its SAN; `localhost`
   * brings 127.0.0.1 and ::1 with it.
   * @default ['localhost']
   */
  readonly names?: readonly string[] | undefined;
  /**
   * Who will read the files. Also decides the default key type.
   * @default ['nginx', 'grpc']
   */
  readonly layouts?: readonly LayoutName[] | undefined;
  /**
   * Clients to let in: plain names, e-mail addresses, DNS names, addresses or URIs.
   * @default ['client']
   */
  readonly clients?: readonly string[] | undefined;
  /**
   * How many more clients to let in: `client-1` to `client-n`.
   * @default 0
   */
  readonly extraClients?: number | undefined;
  /**
   * Clients to refuse, by what is wrong with them; `all` for the whole catalogue, `none` for none.
   * @default ['unknown-ca']
   */
  readonly untrusted?: readonly (FlawName | 'all' | 'none')[] | 'all' | 'none' | undefined;
  /**
   * The key type of servers and clients.
   * @default the first type that every chosen layout accepts
   */
  readonly key?: KeyType | undefined;
  /**
   * The CA's own key type.
   * @default 'ec-p256'
   */
  readonly caKey?: KeyType | undefined;
  /**
   * How long the set lives: a whole number and a unit (`90s`, `30m`, `12h`, `1d`), at most 30 days.
   * @default '1d'
   */
  readonly validFor?: string | undefined;
  /**
   * A CA that may sign only the DNS names asked for (RFC 5280 section 4.2.1.10), for those who put it
   * into a trust store.
   * @default false
   */
  readonly nameConstraints?: boolean | undefined;
  /**
   * Take the private keys of an earlier set of the same request, made in this process with this option
   * too, instead of making new ones: for suites that make many sets with RSA keys. Certificates, names
   * and serial numbers are new all the same, so that no set's CA vouches for another set's clients.
   * @default false
   */
  readonly reuseKeys?: boolean | undefined;
}

/** A parsed request with what is worth telling about it. */
export interface CheckedRequest extends ParsedRequest {
  readonly layouts: readonly LayoutName[];
  readonly warnings: readonly Warning[];
}

export const OPTION_NAMES = [
  'names',
  'layouts',
  'clients',
  'extraClients',
  'untrusted',
  'key',
  'caKey',
  'validFor',
  'nameConstraints',
  'reuseKeys',
] as const satisfies readonly (keyof CertificateSetOptions)[];

const DEFAULT_CA_KEY: KeyType = 'ec-p256';
const DEFAULT_LIFE = '1d';
/** File names that no client may take, whichever layouts are chosen. */
export const RESERVED_NAMES = [
  ...new Set(['ca', ...LAYOUT_NAMES.flatMap((name) => layoutOf(name).reservedNames)]),
];
/** More numbered clients than this are refused: their files would be more than a folder is good for. */
export const MOST_NUMBERED_CLIENTS = 100_000;
/** With those that are named one by one. */
const MOST_CLIENTS = 110_000;

/**
 * Checks a request whole, before any key is made, and fills in its defaults.
 *
 * @throws {@link GenerateCertsError} with the code of the first option that is wrong
 */
export function checkRequest(options: CertificateSetOptions): CheckedRequest {
  checkOptionNames(options, OPTION_NAMES, "{ names: ['localhost'] }");
  const names = unique(list('names', options.names ?? ['localhost']).map(parseEndpointName));
  if (names.length === 0) throw empty('names', 'a set needs at least one name');
  const layouts = [...new Set(list('layouts', options.layouts ?? LAYOUT_NAMES).map(parseLayoutName))];
  if (layouts.length === 0) throw empty('layouts', `known: ${LAYOUT_NAMES.join(', ')}`);
  layouts.sort((a, b) => LAYOUT_NAMES.indexOf(a) - LAYOUT_NAMES.indexOf(b));
  const clients = parseClients([
    ...list('clients', options.clients ?? ['client']),
    ...numberedClients(options.extraClients ?? 0),
  ]);
  const key = options.key === undefined ? defaultKeyType(layouts) : parseKeyType(options.key);
  const caKey = parseKeyType(options.caKey ?? DEFAULT_CA_KEY);
  const validFor = options.validFor ?? DEFAULT_LIFE;
  const lifetime = parseDuration(validFor);
  const nameConstraints = checkFlag('nameConstraints', options.nameConstraints ?? false);
  const untrusted = parseUntrusted(options.untrusted ?? ['unknown-ca'], nameConstraints);
  if (nameConstraints && ![...names, ...clients.map(({ identity }) => identity)].some(isDns)) {
    throw new GenerateCertsError(
      'ERR_NAME_CONSTRAINTS_EMPTY',
      'name constraints need a DNS name, and there is none',
      'add a DNS name such as localhost, or leave the name constraints out',
    );
  }
  return {
    request: {
      names: names.map(({ value }) => value),
      layouts,
      clients: clients.map(({ identity }) => identity.value),
      untrusted: untrusted.flaws,
      key,
      caKey,
      validFor,
      nameConstraints,
    },
    names,
    layouts,
    clients,
    lifetime,
    reservedNames: RESERVED_NAMES,
    reuseKeys: checkFlag('reuseKeys', options.reuseKeys ?? false),
    warnings: [
      ...layouts.flatMap((layout) => keyTypeWarning(layout, key, layouts)),
      ...lifeWarning(validFor, lifetime),
      ...names.flatMap(wildcardWarning),
      ...untrusted.left.map(leftOutWarning),
    ],
  };
}

/** Whether every one of the layouts' consumers accepts a key type. */
export function acceptsKeyType(layouts: readonly string[], type: KeyType): boolean {
  return layouts.every((name) => layoutOf(parseLayoutName(name)).keyTypeProblem(type) === undefined);
}

/** The first key type in the layouts' own order that all of them accept. */
export function defaultKeyType(layouts: readonly LayoutName[]): KeyType {
  const [first, ...others] = layouts.map((name) => layoutOf(name).keyTypes);
  const common = first?.find((type) => others.every((accepted) => accepted.includes(type)));
  return common ?? KEY_TYPES[0];
}

function numberedClients(count: unknown): string[] {
  if (!Number.isInteger(count) || (count as number) < 0 || (count as number) > MOST_NUMBERED_CLIENTS) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${quote(count)} is not a number of clients`,
      `use a whole number from 0 to ${MOST_NUMBERED_CLIENTS}`,
    );
  }
  return Array.from({ length: count as number }, (_, index) => `client-${index + 1}`);
}

function parseClients(typed: readonly unknown[]): ParsedClient[] {
  if (typed.length > MOST_CLIENTS) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${typed.length} clients are too many`,
      `a set has at most ${MOST_CLIENTS}`,
    );
  }
  return nameClients(typed.map(parseClientIdentity), RESERVED_NAMES);
}

function parseUntrusted(typed: unknown, nameConstraints: boolean): { flaws: FlawName[]; left: FlawName[] } {
  const words = typeof typed === 'string' ? [typed] : list('untrusted', typed);
  if (words.includes('none')) {
    if (words.some((word) => word !== 'none')) {
      throw new GenerateCertsError(
        'ERR_OPTION_INVALID',
        "'none' was given together with other flaws",
        "give 'none' alone, or leave it out",
      );
    }
    return { flaws: [], left: [] };
  }
  const named = new Set(words.filter((word) => word !== 'all').map((word) => findFlaw(word).name));
  const all = words.includes('all');
  const possible = FLAWS.filter((flaw) => nameConstraints || flaw.needsNameConstraints !== true);
  const impossible = FLAWS.filter((flaw) => !possible.includes(flaw)).map(({ name }) => name);
  const asked = impossible.find((name) => named.has(name));
  if (asked !== undefined) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `the flaw '${asked}' needs a CA with name constraints`,
      'add the option --name-constraints (nameConstraints: true), or leave the flaw out',
    );
  }
  const flaws = possible.map(({ name }) => name).filter((name) => all || named.has(name));
  return { flaws, left: all ? impossible : [] };
}

function keyTypeWarning(name: LayoutName, key: KeyType, chosen: readonly LayoutName[]): Warning[] {
  const layout = layoutOf(name);
  const problem = layout.keyTypeProblem(key);
  if (problem === undefined) return [];
  return [
    {
      message: `${layout.consumer} does not work with ${key} keys: ${problem}`,
      hint: `leave out --key for ${defaultKeyType(chosen)}, unless your configuration differs`,
    },
  ];
}

function lifeWarning(typed: string, seconds: number): Warning[] {
  if (seconds <= LONGEST_QUIET_LIFE) return [];
  return [
    {
      message: `the set lives for ${typed}, longer than a day`,
      hint: 'test keys that live long get copied and kept: make them anew instead',
    },
  ];
}

function wildcardWarning({ value }: Identity): Warning[] {
  if (!/^\*\.[^.]+$/.test(value)) return [];
  return [
    {
      message: `most clients take no wildcard right below a top-level name: '${value}'`,
      hint: `use a deeper one, such as *.api${value.slice(1)}, or name the hosts`,
    },
  ];
}

function leftOutWarning(flaw: FlawName): Warning {
  return {
    message: `'all' leaves out the flaw '${flaw}'`,
    hint: 'it needs a CA with name constraints: add --name-constraints (nameConstraints: true)',
  };
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

function unique(identities: readonly Identity[]): Identity[] {
  return [...new Map(identities.map((identity) => [identity.value, identity])).values()];
}

function isDns({ kind }: Identity): boolean {
  return kind === 'dns';
}
