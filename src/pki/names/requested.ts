// The party that a certification request comes to. Everything in it goes through the checks of what a person types.
import { GenerateCertsError } from '../../errors.js';
import type { ReadRequest } from '../read/read-request.js';
import type { ParsedServer } from '../request.js';
import { type Identity, parseClientIdentity } from './identity.js';
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
  const own = name ?? subjectText(subject);
  const [first, ...others] = names;
  if (own === undefined && first === undefined) throw nameless();
  const base = own ?? (first?.value as string);
  const more = (own === undefined ? others : names).filter(({ value }) => value !== base);
  const extras = more.map(({ type, value }) => `+${type}:${value}`).join('');
  return {
    party: parseClientIdentity(`${base}${extras}`),
    leftOut: name === undefined ? leftOut : [...replaced(subject, name), ...leftOut],
  };
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
  const own = names.filter(({ type }) => type !== 'email').map(({ value }) => value);
  leftOut.push(...names.filter(({ type }) => type === 'email').map(({ value }) => `e-mail address ${value}`));
  const common: string[] = [];
  for (const [type, value] of subject.flat()) {
    // As a CN any text may stand; only one that is a name of an endpoint is one of the server's.
    if (type === 'CN' && /^[A-Za-z0-9*_:.-]+$/.test(value)) common.push(value);
    else leftOut.push(`${type}=${value} of the subject`);
  }
  const all = [...new Set([...common, ...own])];
  if (all.length === 0) throw nameless();
  const name = id ?? (all[0] as string).replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
  return { party: parseServer(role, { id: name, names: all }), leftOut };
}

/** The subject as a person would type it: a single CN alone, any other as a distinguished name (RFC 4514). */
function subjectText(subject: Asked['subject']): string | undefined {
  const [only, ...others] = subject;
  if (only === undefined) return undefined;
  const [type, value] = only[0] ?? [];
  if (others.length === 0 && only.length === 1 && type === 'CN' && value !== undefined) return value;
  return subject
    .toReversed()
    .map((rdn) => rdn.map(([kind, text]) => `${kind}=${escapeValue(text)}`).join('+'))
    .join(',');
}

/** RFC 4514 section 2.4. */
function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;=]|^[ #]| $/g, '\\$&');
}

function replaced(subject: Asked['subject'], name: string): string[] {
  const text = subjectText(subject);
  return text === undefined || text === name ? [] : [`subject ${text}`];
}

function nameless(): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_REQUEST_INVALID',
    'the request is refused: it has neither a subject nor a subjectAltName',
    "give the party's name with --name, or make the request with one: -subj '/CN=alice'",
  );
}
