import type { Credential } from '../pki/credential.js';
import type { CertificateSet } from '../pki/set.js';
import type { LayoutRules } from '../request/layout-rules.js';
import { DEFAULT_STORE_PASSWORD, type StorePassword } from '../request/password.js';

/** One holder of a certificate, by what its files are named after. */
export interface Party {
  readonly role: Credential['role'];
  /** The name of its files or of its folder. */
  readonly fileName: string;
  /** As the set has it: a client's is its identity. */
  readonly name?: string;
  /** The layouts that have its files; all of the set's when absent or null. */
  readonly layouts?: readonly string[] | null;
  /** Whether its private key is not in the set. */
  readonly isKeyElsewhere?: boolean;
  /** The name or address by which clients reach it: of a server or a peer. */
  readonly host?: string;
}

/** What a file holds. */
export type FilePart =
  | 'certificate'
  | 'key'
  | 'authority'
  | 'combined'
  | 'keystore'
  | 'truststore'
  | 'password'
  | 'configuration'
  | 'revocationList'
  | 'parameters';

/** What every file of a layout says of itself. */
interface FileRules {
  readonly part: FilePart;
  /** Whether only its owner may read it, as a private key. */
  readonly secret?: boolean;
  /** Permissions that the consumer demands; without, 0600 for a secret and 0644 for everything else. */
  readonly mode?: number;
}

/** A file that each party has. */
export interface PartyFile extends FileRules {
  /** Relative to the party's folder, or to the layout's where it is flat. */
  readonly name: (party: Party) => string;
  /** The roles that have it; all without. */
  readonly roles?: readonly Party['role'][];
  /**
   * What it holds: of the party alone, so that it can be written while others are still being made, or else
   * of the whole set.
   */
  readonly content:
    | { readonly ofParty: (party: Credential, password: StorePassword) => string | Buffer }
    | { readonly ofSet: (set: CertificateSet, party: Credential) => string | Buffer };
}

/** A file that a set has once in a layout. */
export interface SharedFile extends FileRules {
  /** Relative to the layout's folder. */
  readonly name: string;
  /** Whether it is one of the CA's files, as the manifest lists them, or the consumer's own. */
  readonly of: 'ca' | 'consumer';
  readonly content: (set: CertificateSet) => string | Buffer;
}

/**
 * A set as one consumer wants it: its files, the keys it takes, and what to do with them next. One file of this folder
 * says everything of a layout; the index lists it.
 */
export interface Layout extends LayoutRules {
  /**
   * Whether all files are in the layout's folder, or each party has a folder below it. Such folders are beside the
   * set's own where it has a single layout: `authority` is then a reserved name.
   */
  readonly shape: 'flat' | 'folder-per-party';
  readonly partyFiles: readonly PartyFile[];
  readonly sharedFiles: readonly SharedFile[];
  /**
   * Files with which the consumer signs as the set's CA does, made where they are asked for. They hold its private key, and
   * are with that key, never in the layout's folder.
   */
  readonly issuerFiles?: readonly SharedFile[];
  /** What to do next with the files. */
  nextSteps(context: NextStepContext): NextStep[];
  /** The files that NGINX needs to be a front with mutual TLS, where the layout has them. */
  readonly front?: FrontFiles;
}

/** Files by which NGINX lets in the clients of a set, relative to the layout's folder, beside a server's pair. */
export interface FrontFiles {
  readonly clientCa: string;
  readonly revocationList: string;
}

export interface NextStepContext {
  /** The layout's folder, absolute. */
  readonly folder: string;
  /** The set's folder, as the user named it. */
  readonly out: string;
  /** Whether the layout's folder is the set's own, in which the CA's key is too. */
  readonly isAlone: boolean;
  /** Whether the layout's files for signing were made, could be asked for, or would be refused: the CA's key is elsewhere. */
  readonly issuer: 'made' | 'possible' | 'refused';
  /** The first name of the layout's first server. */
  readonly name: string;
  /** Writes a word so that a POSIX shell takes it as it is. */
  readonly quote: (word: string) => string;
  /**
   * Who can read `server.key`: only the user who made the set, only the owner it was given to (`uid` or
   * `uid:gid`), or everybody.
   */
  readonly keyReader: 'self' | 'everybody' | { readonly owner: string };
  /** Whether the keystores have the default password. */
  readonly hasDefaultPassword: boolean;
  /** The file that another password was read from, where it was. */
  readonly passwordFile?: string | undefined;
  /** The parties that have files in the layout and are not revoked, in the order in which they are listed. */
  readonly parties: () => readonly Party[];
}

/** What to do with the files: a command or a part of one for a shell, or lines of a configuration, ready to paste. */
export type NextStep = {
  readonly title: string;
  /** Long, and only for some: shown where the layout is the only one asked for, and by `show --next`. */
  readonly onlyIfAsked?: boolean;
} & (
  | {
      /** Its lines, without the marks that continue them. */
      readonly command: readonly string[];
    }
  | { readonly lines: readonly string[] }
);

/** A file of a layout, laid out. */
export interface LayoutFile extends FileRules {
  /** Relative to the layout's folder, with `/`. */
  readonly name: string;
  readonly content: string | Buffer;
  readonly of: Credential | 'ca' | 'consumer';
}

/** The files of a party that can be written before the set is whole. */
export function filesOfParty(
  layout: Layout,
  party: Credential,
  password: StorePassword = DEFAULT_STORE_PASSWORD,
): LayoutFile[] {
  return partyFilesOf(layout, party).flatMap(({ content, ...file }) =>
    'ofParty' in content ? [layOut(layout, file, party, content.ofParty(party, password))] : [],
  );
}

/** All the other files of a set. */
export function filesOfSet(layout: Layout, set: CertificateSet): LayoutFile[] {
  const late = layout.partyFiles.some(({ content }) => 'ofSet' in content);
  const ofParties = (late ? set.credentials : []).flatMap((party) =>
    partyFilesOf(layout, party).flatMap(({ content, ...file }) =>
      'ofSet' in content ? [layOut(layout, file, party, content.ofSet(set, party))] : [],
    ),
  );
  const shared = layout.sharedFiles.map(({ content, ...file }) => ({ ...file, content: content(set) }));
  return [...ofParties, ...shared];
}

/** The files with which a layout's consumer signs as the set's CA does; none where they were not asked for. */
export function issuerFilesOf({ issuerFiles = [] }: Layout, set: CertificateSet): LayoutFile[] {
  if (!set.request.issuer) return [];
  return issuerFiles.map(({ content, ...file }) => ({ ...file, content: content(set) }));
}

/** The names of a party's files, relative to the layout's folder. */
export function namesOfParty(layout: Layout, party: Party): string[] {
  return partyFilesOf(layout, party).map((file) => nameOf(layout, file, party));
}

/** A party's files: their names, what they hold, and whether that follows from the whole set. */
export function partsOfParty(
  layout: Layout,
  party: Party,
): { readonly name: string; readonly part: FilePart; readonly isOfSet: boolean }[] {
  return partyFilesOf(layout, party).map((file) => ({
    name: nameOf(layout, file, party),
    part: file.part,
    isOfSet: 'ofSet' in file.content,
  }));
}

/** The name of the files or of the folder of the first server; of the first peer where only peers are there. */
export function firstServer(parties: readonly Party[]): string {
  return (firstOf('server', parties) ?? firstOf('peer', parties))?.fileName ?? 'server';
}

/** The first party of a role, one whose private key is in the set if there is any. */
export function firstOf(role: Party['role'], parties: readonly Party[]): Party | undefined {
  const all = parties.filter((party) => party.role === role);
  return all.find(({ isKeyElsewhere }) => isKeyElsewhere !== true) ?? all[0];
}

/** The certificate and the key of a party in PEM, beside the other parties' and named after it. */
export const PEM_PAIR: readonly PartyFile[] = [
  {
    name: ({ fileName }) => `${fileName}.pem`,
    part: 'certificate',
    content: { ofParty: ({ pem }) => pem },
  },
  {
    name: ({ fileName }) => `${fileName}.key`,
    part: 'key',
    secret: true,
    content: { ofParty: ({ privateKey }) => privateKey.pem },
  },
];

function partyFilesOf({ name, partyFiles }: Layout, party: Party): PartyFile[] {
  if (party.layouts?.includes(name) === false) return [];
  return partyFiles.filter(
    ({ roles, part }) =>
      (roles === undefined || roles.includes(party.role)) &&
      !(party.isKeyElsewhere === true && PARTS_OF_KEY.has(part)),
  );
}

/** What cannot be made without a party's private key. */
const PARTS_OF_KEY: ReadonlySet<FilePart> = new Set(['key', 'combined', 'keystore']);

function nameOf({ shape }: Layout, { name }: Pick<PartyFile, 'name'>, party: Party): string {
  return shape === 'flat' ? name(party) : `${party.fileName}/${name(party)}`;
}

function layOut(
  layout: Layout,
  file: Omit<PartyFile, 'content'>,
  party: Credential,
  content: string | Buffer,
): LayoutFile {
  const { name: _, roles: __, ...rules } = file;
  return { ...rules, name: nameOf(layout, file, party), content, of: party };
}
