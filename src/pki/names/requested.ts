// The party that a certification request comes to. Everything in it goes through the checks of what a person types.
import { GenerateCertsError, quote } from '../../errors.js';
import { nameText } from '../asn1/distinguished-name.js';
import type { ReadRequest } from '../read/read-request.js';
import type { ParsedServer } from '../request.js';
import {
  type AddedName,
  addedIdentity,
  COMMON_NAME,
  clientIdentity,
  type Identity,
  identityOfName,
  parseClientIdentity,
  parseServerName,
  withNames,
} from './identity.js';
import { type Attributes, looksLikeName } from './parse-name.js';
import { parseServer } from './server.js';

/** What of a request a certificate says, and what it leaves out. */
export interface Granted<Party> {
  readonly party: Party;
  /** In words. */
  readonly leftOut: readonly string[];
}

type Asked = Pick<ReadRequest, 'subject' | 'names' | 'leftOut'>;

/**
 * The identity of the client that a request is for.
 *
 * @param name in the place of the request's subject
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` or `ERR_REQUEST_INVALID`
 */
export function requestedIdentity(asked: Asked, name: string | undefined): Granted<Identity> {
  const { subject, names, leftOut } = asked;
  const own = subject.length === 0 ? undefined : subjectIdentity(subject);
  const base = name === undefined ? own : parseClientIdentity(name);
  const [first, ...others] = names;
  if (base === undefined && first === undefined) throw nameless();
  const party =
    base === undefined
      ? withNames(addedIdentity(first as AddedName), others)
      : withNames(
          base,
          names.filter(({ value }) => value !== base.value),
        );
  const replaced = name !== undefined && own !== undefined && own.value !== base?.value;
  return { party, leftOut: replaced ? [`subject ${own.value}`, ...leftOut] : leftOut };
}

/**
 * The server or the peer that a request is for.
 *
 * @param id made of its first name when absent
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` or `ERR_REQUEST_INVALID`
 */
export function requestedServer(
  role: ParsedServer['role'],
  asked: Asked,
  id: string | undefined,
): Granted<ParsedServer> {
  const { subject, names } = asked;
  const leftOut = [...asked.leftOut];
  const own = names.filter(({ kind }) => kind !== 'email');
  leftOut.push(...names.filter(({ kind }) => kind === 'email').map(({ value }) => `e-mail address ${value}`));
  for (const { kind, value } of own) {
    // What is asked for as one kind of name is not taken as another.
    if (parseServerName(value).kind !== kind) throw notOfKind(value, kind);
  }
  const common: string[] = [];
  for (const attribute of subject.flat()) {
    const { type, value } = attribute;
    // As a CN any text may stand; only one that is a name of an endpoint is one of the server's.
    const isName = type === COMMON_NAME && typeof value === 'string' && /^[A-Za-z0-9*_:.-]+$/.test(value);
    if (isName) common.push(value);
    else leftOut.push(`${nameText([[attribute]])} of the subject`);
  }
  const all = [...new Set([...common, ...own.map(({ value }) => value)])];
  if (all.length === 0) throw nameless();
  const name = id ?? (all[0] as string).replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
  return { party: parseServer(role, { id: name, names: all }), leftOut };
}

/** A single CN is an identity by itself, unless it looks like a longer name; any other subject is a distinguished name. */
function subjectIdentity(subject: Attributes): Identity {
  const [[only, ...beside] = [], ...others] = subject;
  const isCommonName = only?.type === COMMON_NAME && beside.length === 0 && others.length === 0;
  const value = isCommonName ? only.value : undefined;
  return typeof value === 'string' && !looksLikeName(value) ? clientIdentity(value) : identityOfName(subject);
}

function notOfKind(value: string, kind: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_REQUEST_INVALID',
    `the request is refused: its subjectAltName has ${quote(value)} as a name of type ${kind}, which it is not`,
    'make the request with the right type, such as subjectAltName=DNS:api.test,IP:10.0.0.7',
  );
}

function nameless(): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_REQUEST_INVALID',
    'the request is refused: it has neither a subject nor a subjectAltName',
    "give the party's name with --name, or make the request with one: -subj '/CN=alice'",
  );
}
