import type { Credential } from '../pki/credential.js';
import type { KeyType } from '../pki/keys/key-types.js';
import type { CertificateSet } from '../pki/set.js';

/** A set as one consumer wants it: its files, the keys it takes, and how it is told of them. */
export interface Layout {
  readonly name: string;
  /** Who reads these files, as a person would say it. */
  readonly consumer: string;
  /** The key types of servers and clients that the consumer accepts, the best first. */
  readonly keyTypes: readonly KeyType[];
  /** Why it does not accept a type, for a warning; nothing for a type that it accepts. */
  keyTypeProblem(type: KeyType): string | undefined;
  /** File names, without the extension, that a client must not take. */
  readonly reservedNames: readonly string[];
  /** The files that it has beside those of the credentials, by names relative to the layout's folder. */
  ownFiles(set: CertificateSet): LayoutFile[];
  /** What to do next with the files. */
  nextSteps(context: NextStepContext): NextStep[];
}

export interface NextStepContext {
  /** The layout's folder, absolute. */
  readonly folder: string;
  /** Writes a word so that a POSIX shell takes it as it is. */
  readonly quote: (word: string) => string;
  /**
   * Who can read `server.key`: only the user who made the set, only the owner it was given to (`uid` or
   * `uid:gid`), or everybody.
   */
  readonly keyReader: 'self' | 'everybody' | { readonly owner: string };
}

/** One command or part of one, ready to paste into a shell. */
export interface NextStep {
  readonly title: string;
  /** Its lines, without the marks that continue them. */
  readonly command: readonly string[];
}

export interface LayoutFile {
  readonly name: string;
  readonly content: string;
  /** What the file is of: a credential, or the CA. */
  readonly of: Credential | 'ca' | 'consumer';
  readonly part: 'certificate' | 'key' | 'revocationList' | 'parameters';
}

/** All files of a set as a layout has them. */
export function layoutFiles(layout: Layout, set: CertificateSet): LayoutFile[] {
  return [...set.credentials.flatMap(credentialFiles), ...layout.ownFiles(set)];
}

/** The certificate and the key of a leaf, the same in every layout. */
export function credentialFiles(credential: Credential): LayoutFile[] {
  const { fileName, pem, privateKey } = credential;
  return [
    { name: `${fileName}.pem`, content: pem, of: credential, part: 'certificate' },
    { name: `${fileName}.key`, content: privateKey.pem, of: credential, part: 'key' },
  ];
}
