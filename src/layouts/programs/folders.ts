// What the layouts with a folder for each party have in common.
import type { KeyType } from '../../pki/keys/key-types.js';
import { RSA_TYPES } from '../../pki/keys/key-types.js';
import { parseClientIdentity } from '../../pki/names/identity.js';
import { DEFAULT_STORE_PASSWORD, type StorePassword } from '../../request/password.js';
import { firstOf, firstServer, type NextStepContext, type Party, type PartyFile } from '../layout.js';
import { clientCommonName } from './subjects.js';

/** What such a layout has that says nothing else of itself. */
export const FOLDERS = {
  madeByDefault: false,
  shape: 'folder-per-party',
  // The quickest to make first of those that everything reads: all of them work.
  keyTypes: ['ec-p256', 'ec-p384', ...RSA_TYPES, 'ec-p521', 'ed25519'],
  keyTypeProblem: (_: KeyType): string | undefined => undefined,
  // With a single layout a party's folder is beside these of the set; with the CA's key in it, it could not be handed over.
  reservedNames: ['ca.pem', 'set.json', 'authority'],
  sharedFiles: [],
} as const;

/** Where a configuration that is written beside the files expects them: the party's folder, mounted in a container. */
const MOUNT = '/certs';

/**
 * The side that a file is for: a party to refuse is on the side that it pretends to be. A peer has the server's files,
 * and uses the same certificate as a client; some files are for peers, or for servers without them, alone.
 */
type Side = 'server' | 'client' | 'peer' | 'server-alone';

const ROLES: Readonly<Record<Side, readonly Party['role'][]>> = {
  server: ['server', 'peer', 'untrusted-server'],
  client: ['client', 'untrusted'],
  peer: ['peer'],
  'server-alone': ['server', 'untrusted-server'],
};

/** The certificate with its chain, its key and the CAs that it trusts in PEM, for one side or for both. */
export function pemFiles(
  { certificate, key, authority }: { certificate: string; key: string; authority: string },
  side?: Side,
): PartyFile[] {
  const roles = side && { roles: ROLES[side] };
  return [
    { ...roles, name: () => certificate, part: 'certificate', content: { ofParty: ({ pem }) => pem } },
    {
      ...roles,
      name: () => key,
      part: 'key',
      secret: true,
      content: { ofParty: ({ privateKey }) => privateKey.pem },
    },
    {
      ...roles,
      name: () => authority,
      part: 'authority',
      content: { ofParty: ({ trustedPem }) => trustedPem },
    },
  ];
}

/** Certificate, chain and key in one file. */
export function combinedFile(name: string, side?: Side): PartyFile {
  return {
    ...(side && { roles: ROLES[side] }),
    name: () => name,
    part: 'combined',
    secret: true,
    content: { ofParty: ({ combinedPem }) => combinedPem },
  };
}

/** The revocation lists of all CAs, which a server checks its clients against. */
export function revocationFile(name: string): PartyFile {
  return {
    roles: ROLES.server,
    name: () => name,
    part: 'revocationList',
    content: { ofSet: ({ revocationLists }) => revocationLists.map(({ pem }) => pem).join('') },
  };
}

/** A configuration for one side, of which the files' folder is a part. */
export interface Configuration {
  readonly name: string;
  /** Both sides without. */
  readonly side?: Side;
  /** What begins a comment; nothing where the format has none. */
  readonly comment?: string;
  readonly secret?: boolean;
  readonly lines: (folder: string, password?: Pick<StorePassword, 'isDefault'>) => readonly string[];
}

/** A configuration as a file beside those that it names. */
export function configurationFile({ name, side, comment = '#', secret, lines }: Configuration): PartyFile {
  const head = comment === '' ? [] : [`${comment} For a container that has this folder at ${MOUNT}.`];
  const textWith = (password: Pick<StorePassword, 'isDefault'>) =>
    `${[...head, ...lines(MOUNT, password)].join('\n')}\n`;
  // Parties by the thousand have the same text.
  const usual = textWith(DEFAULT_STORE_PASSWORD);
  const own = textWith({ isDefault: false });
  return {
    ...(side && { roles: ROLES[side] }),
    name: () => name,
    part: 'configuration',
    ...(secret === true && { secret }),
    content: { ofParty: (_party, { isDefault }) => (isDefault ? usual : own) },
  };
}

/** The folders of the first server, peer and client to let in, and the names by which they are known. */
export function placesOf({ folder, name, parties }: NextStepContext): {
  server: string;
  peer: string | undefined;
  client: string | undefined;
  /** The name of the client's folder. */
  clientName: string;
  /** The first client as the set has it. */
  clientIdentity: string;
  /** The CN of its certificate; the name of its folder where it has none. */
  clientCommonName: string;
  /** The name of the server as a client connects to it. */
  host: string;
  /** The same of the peer; of the server where there is none. */
  peerHost: string;
} {
  const all = parties();
  const client = firstOf('client', all);
  const peer = firstOf('peer', all);
  const placeOf = (party: Party | undefined) => party && `${folder}/${party.fileName}`;
  const clientName = client?.fileName ?? '';
  const clientIdentity = client?.name ?? clientName;
  return {
    server: `${folder}/${firstServer(all)}`,
    peer: placeOf(peer),
    client: placeOf(client),
    clientName,
    clientIdentity,
    clientCommonName: (client && clientCommonName(parseClientIdentity(clientIdentity))) ?? clientName,
    host: withoutWildcard(name),
    peerHost: withoutWildcard(peer?.host ?? name),
  };
}

const withoutWildcard = (host: string) => host.replace(/^\*/, 'www');

/** The host as it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A value in double quotes, with what would end it escaped. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
