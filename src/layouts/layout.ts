import type { Credential } from '../pki/credential.js';
import type { KeyType } from '../pki/key-types.js';
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
  /** The files of a set, by names relative to the layout's folder. */
  files(set: CertificateSet): LayoutFile[];
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

/** The certificate and the key of every leaf of a set, as all layouts have them. */
export function credentialFiles(set: CertificateSet): LayoutFile[] {
  return set.credentials.flatMap((credential): LayoutFile[] => [
    { name: `${credential.fileName}.pem`, content: credential.pem, of: credential, part: 'certificate' },
    { name: `${credential.fileName}.key`, content: credential.privateKey.pem, of: credential, part: 'key' },
  ]);
}
