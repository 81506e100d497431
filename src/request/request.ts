import { GenerateCertsError, type Warning } from '../errors.js';
import { FLAWS, SERVER_FLAWS } from '../pki/flaws/flaws.js';
import { KEY_TYPES, type KeyType } from '../pki/keys/key-types.js';
import { nameClients } from '../pki/names/client-names.js';
import type { Identity } from '../pki/names/identity.js';
import type { ParsedClient, ParsedRequest } from '../pki/request.js';
import { checkOptionNames } from '../util/options.js';
import type { Parsed } from './field.js';
import { SET_FIELDS } from './fields.js';
import { chooseFlaws } from './flaws.js';
import { defaultKeyType, findLayout, type LayoutRegistry, reservedNames } from './layout-rules.js';
import type { RequestOptions } from './options.js';
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
  checkOptionNames(options, Object.keys(SET_FIELDS), OPTIONS_EXAMPLE);
  const {
    names,
    layouts,
    extraClients,
    caKey,
    validFor,
    nameConstraints,
    intermediates,
    ca,
    reuseKeys,
    ...parsed
  } = parseFields(options, known);
  const reserved = reservedNames(known);
  const clients = nameAll([...parsed.clients, ...extraClients], reserved);
  const chosen = layouts.map((name) => findLayout(known, name));
  const fitting = defaultKeyType(chosen) ?? KEY_TYPES[0];
  const key = parsed.key ?? fitting;
  const environment = { nameConstraints, intermediates };
  const untrusted = chooseFlaws(FLAWS, parsed.untrusted, environment);
  const untrustedServers = chooseFlaws(SERVER_FLAWS, parsed.untrustedServers, environment);
  if (nameConstraints && ca !== null) throw constrainedAlready();
  if (nameConstraints) requireDnsName([...names, ...clients.map(({ identity }) => identity)]);
  const request: ParsedRequest = {
    request: {
      names: names.map(({ value }) => value),
      layouts,
      clients: clients.map(({ identity }) => identity.value),
      untrusted: untrusted.flaws,
      untrustedServers: untrustedServers.flaws,
      key,
      caKey,
      validFor: validFor.text,
      nameConstraints,
      intermediates,
      ca,
    },
    names,
    clients,
    lifetime: validFor.seconds,
    reservedNames: reserved,
    reuseKeys,
  };
  const warnings = [
    ...chosen.flatMap((layout) => keyTypeWarning(layout, key, fitting)),
    ...lifeWarning(validFor.text, validFor.seconds),
    ...names.flatMap(wildcardWarning),
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

/** Whether every one of the layouts' consumers accepts a key type. */
export function acceptsKeyType(chosen: LayoutRegistry, type: KeyType): boolean {
  return chosen.every((layout) => layout.keyTypeProblem(type) === undefined);
}

function nameAll(identities: readonly Identity[], reserved: readonly string[]): ParsedClient[] {
  if (identities.length > MOST_CLIENTS) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${identities.length} clients are too many`,
      `a set has at most ${MOST_CLIENTS}`,
    );
  }
  return nameClients(identities, reserved);
}

function constrainedAlready(): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_OPTION_INVALID',
    'name constraints are for a new CA, and the CA of another folder is to sign',
    'leave --name-constraints or --ca out',
  );
}

function requireDnsName(identities: readonly Identity[]): void {
  if (identities.some(({ kind }) => kind === 'dns')) return;
  throw new GenerateCertsError(
    'ERR_NAME_CONSTRAINTS_EMPTY',
    'name constraints need a DNS name, and there is none',
    'add a DNS name such as localhost, or leave the name constraints out',
  );
}
