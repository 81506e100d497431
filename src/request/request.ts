import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { FLAWS, SERVER_FLAWS } from '../pki/flaws/flaws.js';
import { KEY_TYPES, type KeyType } from '../pki/keys/key-types.js';
import {
  dnsNamesOf,
  type Identity,
  identityText,
  parseEndpointName,
  withPlainSan,
} from '../pki/names/identity.js';
import { identitiesOf, nameClients, nameServers } from '../pki/names/party-names.js';
import { DEFAULT_SERVER, defaultServer, recordOf, refuseForeignLayouts } from '../pki/names/server.js';
import type { ParsedClient, ParsedRequest, ParsedServer } from '../pki/request.js';
import { parseDuration } from '../util/duration.js';
import { readOptions } from '../util/options.js';
import type { Parsed } from './field.js';
import { SET_FIELDS } from './fields.js';
import { chooseFlaws } from './flaws.js';
import { defaultKeyType, findLayout, type LayoutRegistry, reservedNames } from './layout-rules.js';
import type { RequestOptions } from './options.js';
import { DEFAULT_BACKDATE } from './parse.js';
import { keyTypeWarning, leftOutWarning, lifeWarning, wildcardWarning } from './warnings.js';

/** A parsed request with what is worth telling about it. */
export interface CheckedRequest extends ParsedRequest {
  readonly warnings: readonly Warning[];
}

/** More clients than this are refused, the numbered ones and those that are named one by one together. */
const MOST_CLIENTS = 110_000;

/** An example of options that would be right, for hints. */
export const OPTIONS_EXAMPLE = "{ names: ['localhost'] }";

/**
 * Checks a request whole, before any key is made, and fills in its defaults.
 *
 * @param known the layouts that there are
 * @throws {@link GenerateCertsError} with the code of the first option that is wrong
 */
export function checkRequest(options: RequestOptions, known: LayoutRegistry): CheckedRequest {
  const given = readOptions(options, Object.keys(SET_FIELDS), OPTIONS_EXAMPLE);
  const {
    names,
    layouts,
    extraClients,
    caKey,
    validFor,
    backdate,
    plainSan,
    nameConstraints,
    intermediates,
    ca,
    issuer,
    reuseKeys,
    ...parsed
  } = parseFields(given, known);
  const reserved = reservedNames(known);
  const { servers, own } = withOwnServer(names, parsed.servers);
  refuseForeignLayouts([...servers, ...parsed.peers], layouts);
  nameServers([...servers.filter(({ name }) => name !== DEFAULT_SERVER), ...parsed.peers], reserved);
  const clients = nameAll(withSans([...parsed.clients, ...extraClients], plainSan), reserved, [
    ...servers,
    ...parsed.peers,
  ]);
  const identities = [...servers, ...parsed.peers, ...clients].flatMap(identitiesOf);
  const chosen = layouts.map((name) => findLayout(known, name));
  const fitting = defaultKeyType(chosen) ?? KEY_TYPES[0];
  const key = parsed.key ?? fitting;
  refuseUnreadable(chosen, key);
  refuseEarly(backdate, validFor);
  const environment = { nameConstraints, intermediates, caKey, ca };
  const untrusted = chooseFlaws(FLAWS, parsed.untrusted, environment);
  const untrustedServers = chooseFlaws(SERVER_FLAWS, parsed.untrustedServers, environment);
  if (nameConstraints && ca !== null) throw constrainedAlready();
  if (nameConstraints) requireDnsName(identities);
  if (issuer) refuseIssuer(chosen, known, ca);
  const request: ParsedRequest = {
    request: {
      names: own.map(({ value }) => value),
      servers: servers.filter(({ name }) => name !== DEFAULT_SERVER).map(recordOf),
      peers: parsed.peers.map(recordOf),
      layouts,
      clients: clients.map(({ identity }) => identityText(identity)),
      untrusted: untrusted.flaws,
      untrustedServers: untrustedServers.flaws,
      key,
      caKey,
      validFor: validFor.text,
      backdate: backdate.text,
      plainSan,
      nameConstraints,
      intermediates,
      ca,
      issuer,
    },
    servers,
    peers: parsed.peers,
    clients,
    lifetime: validFor.seconds,
    backdate: backdate.seconds,
    reservedNames: reserved,
    reuseKeys,
  };
  const warnings = [
    ...chosen.flatMap((layout) => keyTypeWarning(layout, key, fitting)),
    ...lifeWarning(validFor.text, validFor.seconds),
    ...[...servers, ...parsed.peers].flatMap(identitiesOf).flatMap(wildcardWarning),
    ...[...new Set([...untrusted.left, ...untrustedServers.left])].map(leftOutWarning),
    ...chosen.flatMap((layout) => layout.check?.(request) ?? []),
  ];
  return { ...request, warnings };
}

/** Checks every option by itself. */
function parseFields(options: RequestOptions, known: LayoutRegistry): Parsed<typeof SET_FIELDS> {
  const parsed = Object.entries(SET_FIELDS).map(([name, { parse }]) => [
    name,
    parse(options[name as keyof RequestOptions], known),
  ]);
  return Object.fromEntries(parsed) as Parsed<typeof SET_FIELDS>;
}

function withSans(identities: readonly Identity[], plainSan: boolean): readonly Identity[] {
  return plainSan ? identities.map(withPlainSan) : identities;
}

interface TypedDuration {
  readonly text: string;
  readonly seconds: number;
}

/** What begins further back than it lives is something else than a clock that differs. */
function refuseEarly(backdate: TypedDuration, validFor: TypedDuration): void {
  // The default is for lives of a few seconds, too.
  if (backdate.seconds <= Math.max(validFor.seconds, parseDuration(DEFAULT_BACKDATE))) return;
  throw new GenerateCertsError(
    'ERR_DURATION_INVALID',
    `everything would begin ${backdate.text} ago, and live for ${validFor.text}`,
    `use --backdate ${validFor.text} at most, or a longer --valid-for`,
  );
}

/** @throws {@link GenerateCertsError} `ERR_KEY_TYPE_UNREADABLE` */
function refuseUnreadable(chosen: LayoutRegistry, key: KeyType): void {
  const unable = (type: KeyType) =>
    chosen.find(({ unreadableKeyTypes = [] }) => unreadableKeyTypes.includes(type));
  const layout = unable(key);
  if (layout === undefined) return;
  const problem = layout.keyTypeProblem(key);
  const readable = KEY_TYPES.filter((type) => unable(type) === undefined);
  throw new GenerateCertsError(
    'ERR_KEY_TYPE_UNREADABLE',
    `${layout.consumer} cannot use ${key} keys: ${problem}`,
    `the layout${chosen.length === 1 ? '' : 's'} ${chosen.map(({ name }) => name).join(', ')} can have ${readable.join(', ')}`,
  );
}

/** Whether every one of the layouts' consumers accepts a key type. */
export function acceptsKeyType(chosen: LayoutRegistry, type: KeyType): boolean {
  return chosen.every((layout) => layout.keyTypeProblem(type) === undefined);
}

/**
 * The servers of a set, the one with the set's own names first, where it has them: names that are given, else
 * `localhost` where no other server is asked for.
 */
function withOwnServer(
  given: readonly Identity[] | undefined,
  asked: readonly ParsedServer[],
): { readonly servers: readonly ParsedServer[]; readonly own: readonly Identity[] } {
  const named = asked.find(({ name }) => name === DEFAULT_SERVER);
  if (named !== undefined && given !== undefined && given.length > 0) {
    throw new GenerateCertsError(
      'ERR_PARTY_CONFLICT',
      `the server '${DEFAULT_SERVER}' has the set's own names, and others were given with its id`,
      'give all names of that server in one place, or another id',
    );
  }
  if (given?.length === 0 && asked.length === 0) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      "the option 'names' is an empty list",
      'a set needs at least one name, or a server with an id',
    );
  }
  const own = named?.names ?? given ?? (asked.length === 0 ? [parseEndpointName('localhost')] : []);
  const others = asked.filter((server) => server !== named);
  return { own, servers: own.length === 0 ? others : [named ?? defaultServer(own), ...others] };
}

function nameAll(
  identities: readonly Identity[],
  reserved: readonly string[],
  others: readonly ParsedServer[],
): ParsedClient[] {
  if (identities.length > MOST_CLIENTS) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${identities.length} clients are too many`,
      `a set has at most ${MOST_CLIENTS}`,
    );
  }
  return nameClients(identities, reserved, others);
}

function constrainedAlready(): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_OPTION_INVALID',
    'name constraints are for a new CA, and the CA of another folder is to sign',
    'leave --name-constraints or --ca out',
  );
}

function refuseIssuer(chosen: LayoutRegistry, known: LayoutRegistry, ca: string | null): void {
  if (!hasIssuer(chosen)) {
    const able = known.filter(({ takesIssuer }) => takesIssuer).map(({ name }) => `--layout ${name}`);
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      'none of the chosen layouts has an issuer',
      `add ${able.join(' or ')}, or leave --issuer out`,
    );
  }
  if (ca === null) return;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `an issuer would hold a copy of the private key of the CA in ${quote(ca)}`,
    'leave --issuer out, or ask for it in the set whose CA that is',
  );
}

/** Whether one of the layouts has files with which its consumer signs. */
export function hasIssuer(chosen: LayoutRegistry): boolean {
  return chosen.some(({ takesIssuer }) => takesIssuer === true);
}

function requireDnsName(identities: readonly Identity[]): void {
  if (identities.some((identity) => dnsNamesOf(identity).length > 0)) return;
  throw new GenerateCertsError(
    'ERR_NAME_CONSTRAINTS_EMPTY',
    'name constraints need a DNS name, and there is none',
    'add a DNS name such as localhost, or leave the name constraints out',
  );
}
