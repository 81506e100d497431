// The subject of a client's certificate, which many programs take for the client's name.
import { quote, type Warning } from '../../errors.js';
import { leafAttributes, nameText } from '../../pki/asn1/distinguished-name.js';
import { findAttributeType } from '../../pki/names/attributes.js';
import { commonNameOf, type Identity, identityText, parseClientIdentity } from '../../pki/names/identity.js';
import type { Attributes } from '../../pki/names/parse-name.js';
import type { ParsedRequest } from '../../pki/request.js';

/** The attributes of a client's subject, in the order of their encoding. */
export function subjectOf(identity: Identity): Attributes {
  return identity.subject ?? leafAttributes(commonNameOf(identity));
}

/** The attributes of the subject of a server or a peer. */
export function nodeSubject([first]: readonly Identity[]): Attributes {
  return leafAttributes(first && commonNameOf(first));
}

/** The CN of a client, which many programs take for the user's name; nothing where its subject has none. */
export function clientCommonName(identity: Identity): string | undefined {
  const named = subjectOf(identity)
    .flat()
    .find(({ type }) => findAttributeType(type)?.name === 'CN');
  return typeof named?.value === 'string' ? named.value : undefined;
}

/** What to tell where a program would know a client by the CN that it does not have. */
export function withoutCommonName(consumer: string, { clients }: ParsedRequest): Warning[] {
  const without = clients.find(({ identity }) => clientCommonName(identity) === undefined);
  if (without === undefined) return [];
  return [
    {
      message: `${consumer} takes a client's CN for the name of its user, and ${quote(identityText(without.identity))} has none`,
      hint: "give it one: --client 'CN=alice,O=clients'",
    },
  ];
}

/** The subject of the client of an identity as RFC 4514 writes it: `CN=app,O=billing`. */
export function subjectText(identity: string): string {
  return nameText(subjectOf(parseClientIdentity(identity)));
}

/** The same as OpenSSL writes it on one line: `/O=billing/CN=app`; nothing where a value is not plain ASCII. */
export function onelineSubject(identity: string): string | undefined {
  const attributes = subjectOf(parseClientIdentity(identity));
  const parts = attributes.map(([{ type, value } = NONE, ...others]) =>
    others.length === 0 && typeof value === 'string' && /^[ -~]+$/.test(value)
      ? `/${findAttributeType(type)?.name ?? type}=${value}`
      : undefined,
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

const NONE = { type: '', value: '' };

/** The common names of all certificates that a request is for, each as a distinguished name writes it. */
export function commonNames({ servers, peers, clients }: ParsedRequest): string[] {
  const ofServers = [...servers, ...peers].map(({ names }) => nodeSubject(names));
  return [...ofServers, ...clients.map(({ identity }) => subjectOf(identity))]
    .flatMap((attributes) => attributes.flat())
    .filter(({ type }) => findAttributeType(type)?.name === 'CN')
    .map((attribute) => nameText([[attribute]]));
}
