import { domainToASCII } from 'node:url';
import { GenerateCertsError, quote } from '../../errors.js';
import { nameText } from '../asn1/distinguished-name.js';
import { type Attributes, looksLikeName, parseDistinguishedName } from './parse-name.js';

/** One subject alternative name (RFC 5280 section 4.2.1.6). */
export interface SubjectAltName {
  readonly type: 'DNS' | 'IP' | 'email' | 'URI';
  /** Canonical text: DNS names in A-labels and lower case, IPv6 addresses as RFC 5952 writes them. */
  readonly value: string;
}

/** A name as a person types it, told apart and made canonical, with the CN and SAN that follow from it. */
export interface Identity {
  readonly kind: 'dns' | 'ip' | 'email' | 'uri' | 'plain' | 'dn';
  /** The canonical form of what was typed, without the names that stand behind it. */
  readonly value: string;
  /** What the identity puts into the SAN: one name and those behind it; of a plain or distinguished name only those. */
  readonly subjectAltNames: readonly SubjectAltName[];
  /** The whole canonical text, where names stand behind the value. */
  readonly text?: string | undefined;
  /** The subject of a distinguished name. */
  readonly subject?: Attributes | undefined;
}

/** What an identity is, as it would be typed. */
export function identityText({ value, text }: Identity): string {
  return text ?? value;
}

/** The value of an identity's text: what stands before the names that are added to it. */
export function identityName(text: string): string {
  return text.split(ADDED)[0] ?? text;
}

/** A plus that begins another name: not one of an e-mail address or a URI, and not an escaped one. */
const ADDED = /(?<!\\)\+(?=(?:dns|uri|email|ip):)/i;

/** The DNS names by which a certificate of this identity is held against name constraints. */
export function dnsNamesOf({ subject, subjectAltNames }: Identity): string[] {
  const names = subjectAltNames.flatMap(({ type, value }) => (type === 'DNS' ? value : []));
  // OpenSSL takes a CN that looks like a DNS name for one where the SAN has none (error 47).
  const common = (subject ?? [])
    .flat()
    .flatMap(({ type, value }) => (type === COMMON_NAME && typeof value === 'string' ? value : []));
  return [
    ...names,
    ...common
      .filter((value) => /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/.test(value))
      .map((value) => value.toLowerCase()),
  ];
}

/** The attribute type CN. */
export const COMMON_NAME = '2.5.4.3';

// X.520 ub-common-name; RFC 5280 appendix A.1.
const LONGEST_COMMON_NAME = 64;
// RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text.
const LONGEST_DNS_NAME = 253;
const LONGEST_URI = 2048;

/** The common name of an identity, or nothing where it is longer than a CN may be. */
export function commonNameOf(identity: Identity): string | undefined {
  return [...identity.value].length <= LONGEST_COMMON_NAME ? identity.value : undefined;
}

/**
 * Reads the name of an endpoint: a DNS name (a wildcard may be its leftmost label; international
 * names become A-labels), an IPv4 or an IPv6 address.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function parseEndpointName(typed: unknown): Identity {
  const text = textOf(typed, 'name');
  const ip = ipAddress(text);
  if (ip !== undefined) return ip;
  if (/^https?:\/\//i.test(text)) {
    throw invalid(text, 'is a URL, not a name', 'give the host alone, such as api.test');
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw invalid(
      text,
      'is a URI, not a name of the endpoint',
      "give a DNS name or an address; a client's identity may be a URI: --client spiffe://example.test/alice",
    );
  }
  if (/^[0-9a-f:]+%/i.test(text)) {
    throw invalid(
      text,
      'has a zone',
      'certificates know no zones: give the address without %…, such as fe80::1',
    );
  }
  if (/^\[.*\]/.test(text)) throw invalid(text, 'is in brackets', 'give the address alone, such as ::1');
  if (/^[^:]+:\d+$/.test(text)) {
    throw invalid(text, 'ends in a port', 'certificates know no ports: leave it out');
  }
  return dnsIdentity(text, { wildcard: true });
}

/**
 * Reads a name of a server with an id or of a peer: as {@link parseEndpointName}, and URIs, such as a SPIFFE ID.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function parseServerName(typed: unknown): Identity {
  const isUri = typeof typed === 'string' && /^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i.test(typed);
  return isUri ? uriIdentity(typed) : parseEndpointName(typed);
}

/**
 * Reads the identity of a client: with an attribute type and `=` a distinguished name (RFC 4514), with `@` an e-mail
 * address, with `scheme:` a URI (a SPIFFE ID is one), an IPv4 or IPv6 address, with a dot a DNS name, anything else a
 * plain name. More names of its SAN may stand behind it: `alice+dns:worker.test+uri:spiffe://example.test/alice`.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function parseClientIdentity(typed: unknown): Identity {
  const [first = '', ...added] = textOf(typed, 'client').split(ADDED);
  return withNames(
    clientIdentity(first),
    added.map((text) => {
      const at = text.indexOf(':');
      return { kind: text.slice(0, at).toLowerCase() as AddedKind, value: text.slice(at + 1) };
    }),
  );
}

/** The kinds of names that may stand behind an identity. */
type AddedKind = 'dns' | 'uri' | 'email' | 'ip';

/** A name behind an identity. */
export interface AddedName {
  readonly kind: AddedKind;
  readonly value: string;
}

/**
 * The same identity with more names for its SAN. Each is one name of its kind, whatever its text looks like.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function withNames(identity: Identity, added: readonly AddedName[]): Identity {
  if (added.length === 0) return identity;
  const more = added.map((name) => ({ kind: name.kind, identity: addedIdentity(name) }));
  const all = [...identity.subjectAltNames, ...more.flatMap((one) => one.identity.subjectAltNames)];
  return {
    ...identity,
    text: [identityText(identity), ...more.map((one) => `${one.kind}:${one.identity.value}`)].join('+'),
    subjectAltNames: [...new Map(all.map((name) => [`${name.type}:${name.value}`, name])).values()],
  };
}

/** The same identity with a name for the SAN where it brings none (`URI:urn:generate-certs:alice`). */
export function withPlainSan(identity: Identity): Identity {
  if (identity.subjectAltNames.length > 0) return identity;
  return { ...identity, subjectAltNames: [plainUri(identity.value)] };
}

/** Reads the identity of a client of a set that was asked for so. */
export function readClientIdentity(typed: unknown, { plainSan }: { readonly plainSan: boolean }): Identity {
  const identity = parseClientIdentity(typed);
  return plainSan ? withPlainSan(identity) : identity;
}

/** The SAN of an identity that has none: below name constraints BoringSSL refuses a leaf without one. */
export function plainUri(value: string): SubjectAltName {
  return { type: 'URI', value: `urn:generate-certs:${encodeURIComponent(value)}` };
}

/** The identity that a name of a kind is by itself. */
export function addedIdentity({ kind, value }: AddedName): Identity {
  const identity = ADDED_KINDS[kind](textOf(value, 'client'));
  if (identity !== undefined) return identity;
  throw invalid(`${kind}:${value}`, 'is not an address', 'an address is like 10.0.0.7 or ::1');
}

/** The identity of a distinguished name that was read: through the same checks as one that is typed. */
export function identityOfName(subject: Attributes): Identity {
  return clientIdentity(nameText(subject));
}

const ADDED_KINDS = {
  dns: (text: string) => dnsIdentity(text, { wildcard: false }),
  uri: uriIdentity,
  email: emailIdentity,
  ip: ipAddress,
} as const;

/**
 * Reads an identity without names behind it.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`
 */
export function clientIdentity(text: string): Identity {
  if (text === '') throw invalid(text, 'is empty', 'give a name before the names that are added to it');
  if (looksLikeName(text)) {
    const subject = parseDistinguishedName(text);
    return { kind: 'dn', value: nameText(subject), subject, subjectAltNames: [] };
  }
  // Addresses first: fe80::1 begins like a scheme. URIs before e-mail: a colon cannot stand in an
  // unquoted local part, while a URI may hold an @.
  const ip = ipAddress(text);
  if (ip !== undefined) return ip;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return uriIdentity(text);
  if (text.includes('@')) return emailIdentity(text);
  if (text.includes('.')) return dnsIdentity(text, { wildcard: false });
  return plainIdentity(text);
}

/**
 * The name of a client's files, without the extension: every character outside `A-Z a-z 0-9 . _ @ -`
 * turned into `-`, runs of `-` folded, dots and dashes at both ends dropped. It never holds a
 * separator and is never `.` or `..`.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` where nothing is left, or more than a
 * file system takes
 */
export function clientFileName(identity: Identity): string {
  const name = identity.value
    .replace(/[^A-Za-z0-9._@-]/g, '-')
    .replace(/-+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '');
  if (name === '') {
    throw invalid(identity.value, 'leaves no file name', 'use at least one letter a-z or digit');
  }
  // 255 bytes is NAME_MAX on every common file system; four go to the extension.
  if (name.length > 251) {
    throw invalid(identity.value, 'makes a file name over 255 characters', 'use a shorter identity');
  }
  return name;
}

function textOf(typed: unknown, what: 'name' | 'client'): string {
  if (typeof typed !== 'string') {
    throw invalid(typed, 'is not text', `give each ${what} as a string`);
  }
  if (typed === '') {
    const example = what === 'name' ? 'localhost or 10.0.0.7' : 'alice or alice@example.test';
    throw invalid(typed, 'is empty', `give a ${what} such as ${example}`);
  }
  return typed;
}

function ipAddress(text: string): Identity | undefined {
  const value = ipv4(text) ?? ipv6(text);
  return value === undefined ? undefined : { kind: 'ip', value, subjectAltNames: [{ type: 'IP', value }] };
}

function ipv4(text: string): string | undefined {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text) ? text : undefined;
}

function ipv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return undefined;
  // The URL parser knows every form of an IPv6 address and writes it as RFC 5952 does.
  const url = URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`) : undefined;
  return url?.hostname.slice(1, -1);
}

function dnsIdentity(text: string, options: { wildcard: boolean }): Identity {
  const value = dnsName(text, text, options);
  return { kind: 'dns', value, subjectAltNames: [{ type: 'DNS', value }] };
}

/** `whole` is what was typed, for the message; `text` the part of it that must be a DNS name. */
function dnsName(text: string, whole: string, { wildcard }: { wildcard: boolean }): string {
  const example = wildcard ? 'api.test, *.api.test or 10.0.0.7' : 'client.test';
  const reject = (problem: string, hint = `use a DNS name or an address such as ${example}`) =>
    invalid(whole, problem, hint);

  const ascii = toAscii(text, reject).toLowerCase();
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length > LONGEST_DNS_NAME) {
    throw reject(`has ${name.length} characters`, `a DNS name has at most ${LONGEST_DNS_NAME}`);
  }
  const labels = name.split('.');
  const first = labels[0];
  if (labels.length > 1 && labels.includes('*')) {
    if (!wildcard) throw reject('is a wildcard', 'a client is one name: give each client its own');
    if (labels.lastIndexOf('*') > 0) {
      throw reject(
        'has a wildcard outside its leftmost label',
        'a wildcard stands first and alone: *.api.test',
      );
    }
  }
  for (const label of first === '*' && labels.length > 1 ? labels.slice(1) : labels) {
    checkLabel(label, reject);
  }
  const last = labels.at(-1) ?? '';
  // A name whose last label is a number is an IPv4 address to every URL parser, and this one is none.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(last)) {
    throw reject('looks like an IPv4 address and is none', 'an IPv4 address is four numbers from 0 to 255');
  }
  return name;
}

type Reject = (problem: string, hint?: string) => GenerateCertsError;

function toAscii(text: string, reject: Reject): string {
  const international = /[^\0-\x7f]/.test(text);
  if (!international && !/(?:^|\.)xn--/i.test(text)) return text;
  const invisible = /[\p{Default_Ignorable_Code_Point}\p{C}]/u.exec(text);
  if (invisible !== null) throw reject('holds an invisible character');
  // domainToASCII decodes per cent signs and cuts at separators: only what may stand in a name gets there.
  const odd = /[^A-Za-z0-9._*\x80-\u{10ffff}-]/u.exec(text);
  if (odd !== null) throw reject(problemOf(odd[0]));
  const ascii = domainToASCII(text);
  if (ascii === '') throw reject('is not a valid international name (UTS 46)');
  return ascii;
}

function checkLabel(label: string, reject: Reject): void {
  if (label === '') throw reject('has an empty label');
  if (label.length > 63) {
    throw reject(`has a label of ${label.length} characters`, 'a label of a DNS name has at most 63');
  }
  const odd = /[^a-z0-9_-]/.exec(label);
  if (odd !== null) {
    throw odd[0] === '*'
      ? reject('has a wildcard inside a label', 'a wildcard stands first and alone: *.api.test')
      : reject(problemOf(odd[0]));
  }
  if (label.startsWith('-') || label.endsWith('-'))
    throw reject('has a label that begins or ends with a dash');
}

function problemOf(character: string): string {
  if (character === ' ') return 'holds a space';
  if (character === '\n' || character === '\r') return 'holds a line break';
  return character === '\0' ? 'holds a NUL' : `holds ${quote(character)}`;
}

function emailIdentity(text: string): Identity {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const hint = 'an e-mail address is like alice@example.test';
  // RFC 5322 section 3.2.3 dot-atom: an rfc822Name is ASCII (RFC 5280 section 4.2.1.6), and quoted
  // local parts would not survive the tools that read it.
  if (!/^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local)) {
    throw invalid(text, 'is not an e-mail address: what stands before the @ is not valid', hint);
  }
  // RFC 5321 section 4.5.3.1.1.
  if (local.length > 64) throw invalid(text, 'has more than 64 characters before the @', hint);
  const value = `${local}@${dnsName(text.slice(at + 1), text, { wildcard: false })}`;
  return { kind: 'email', value, subjectAltNames: [{ type: 'email', value }] };
}

// RFC 3986 section 2: unreserved, reserved and percent-encoded characters.
const URI_CHARACTERS = /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;

function uriIdentity(text: string): Identity {
  const hint = 'a URI is like spiffe://example.test/alice, its other characters percent-encoded';
  if (!URI_CHARACTERS.test(text)) throw invalid(text, 'holds a character that no URI has', hint);
  if (ADDED.test(text)) {
    throw invalid(text, 'holds what begins another name', 'percent-encode the + in it as %2B');
  }
  if (text.length > LONGEST_URI) throw invalid(text, `has over ${LONGEST_URI} characters`, hint);
  if (/^[^:]+:$/.test(text)) throw invalid(text, 'has nothing after its scheme', hint);
  if (!URL.canParse(text)) throw invalid(text, 'is not a valid URI', hint);
  if (/^spiffe:/i.test(text)) checkSpiffeId(text);
  return { kind: 'uri', value: text, subjectAltNames: [{ type: 'URI', value: text }] };
}

/** The SPIFFE ID standard, sections 2.1 to 2.4. */
function checkSpiffeId(text: string): void {
  if (!/^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[\w.-]+)*$/.test(text) || /\/\.{1,2}(?:\/|$)/.test(text)) {
    throw invalid(
      text,
      'is not a valid SPIFFE ID',
      'a SPIFFE ID is spiffe://trust-domain/path: a lower-case domain, no port, no query, no trailing slash',
    );
  }
}

function plainIdentity(text: string): Identity {
  const hint = 'a plain name has at most 64 letters, digits, _, - or spaces';
  const value = text.normalize('NFC');
  // The common case first: tables of Unicode take half a millisecond to set up.
  const odd = /^[\w -]*$/.test(value) ? null : /[^\p{L}\p{M}\p{Nd}_ -]/u.exec(value);
  if (odd !== null) {
    if (odd[0] === '*')
      throw invalid(text, 'is a wildcard', 'a client is one name: give each client its own');
    throw invalid(text, problemOf(odd[0]), hint);
  }
  if (value.startsWith(' ') || value.endsWith(' ')) throw invalid(text, 'begins or ends with a space', hint);
  if ([...value].length > LONGEST_COMMON_NAME) {
    throw invalid(text, `has ${[...value].length} characters`, hint);
  }
  return { kind: 'plain', value, subjectAltNames: [] };
}

function invalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  const subject = typed === '' ? 'the name' : quote(typed);
  return new GenerateCertsError('ERR_IDENTITY_INVALID', `${subject} ${problem}`, hint);
}
