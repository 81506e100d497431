// A change to a set of thousands need not read what it does not touch: such a client is its line in the manifest,
// and its files are read when they are first asked for.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CredentialMaterial, KeyOrSource } from '../../pki/credential.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { readOwnCertificate } from '../../pki/read/own-certificate.js';
import { certificateDers } from '../../pki/read/read-certificate.js';
import { damaged } from './damaged.js';
import { type Damage, statInside } from './damages.js';
import type { ManifestCertificate, ManifestFile } from './manifest.js';
import { type Copy, isCopyOf, type Problem, readKeyOf, readText } from './read-parts.js';
import { sha256 } from './sha256.js';

/** The set that clients are of which are read later. */
export interface UnreadSet {
  /** Absolute: where the process changes its folder it is still there. */
  readonly folder: string;
  /** As it was named. */
  readonly named: string;
  readonly files: ReadonlyMap<string, ManifestFile>;
}

/** The certificate and the key of a client whose files nothing has looked at yet. */
export class UnreadClient implements CredentialMaterial {
  readonly fileName: string;
  readonly isKeyElsewhere: boolean;
  /** What is between it and the root is the set's. */
  readonly chain: readonly Certificate[] = [];
  readonly #from: UnreadSet;
  readonly #entry: ManifestCertificate;
  #certificate: Certificate | undefined;
  #privateKey: KeyOrSource | undefined;

  constructor(from: UnreadSet, entry: ManifestCertificate) {
    this.fileName = partyFileName('client', entry.name);
    this.isKeyElsewhere = entry.key === null;
    this.#from = from;
    this.#entry = entry;
  }

  /** @throws {@link GenerateCertsError} `ERR_SET_DAMAGED` */
  get certificate(): Certificate {
    this.#certificate ??= this.#first(({ certificate: path = '' }) => {
      const pem = this.#textOf(path);
      if (typeof pem !== 'string') return pem;
      const [der] = certificateDers(pem);
      return (der && readOwnCertificate(der)) ?? { problem: `${path} cannot be read` };
    });
    return this.#certificate;
  }

  /** @throws {@link GenerateCertsError} `ERR_SET_DAMAGED` */
  get privateKey(): KeyOrSource {
    if (this.isKeyElsewhere) return 'elsewhere';
    this.#privateKey ??= this.#first(({ certificate = '', key = '' }) => {
      const text = this.#textOf(key);
      if (typeof text !== 'string' && !('without' in text && text.without === 'unreadable')) return text;
      return readKeyOf(this.#from.folder, this.certificate, { certificate, key });
    });
    return this.#privateKey;
  }

  /** What the first of its copies gives; what is wrong with that copy where none gives anything. */
  #first<T>(read: (copy: Copy) => T | Problem): T {
    let problem = 'the manifest names no files of a client';
    const copies: Copy[] = Object.values(this.#entry.files).filter((copy) => isCopyOf(this.#entry, copy));
    for (const copy of copies.reverse()) {
      const found = read(copy);
      if (!isProblem(found)) return found;
      problem = found.problem;
    }
    throw damaged(this.#from.named, problem);
  }

  #textOf(path: string): ReturnType<typeof readText> {
    const text = readText(this.#from.folder, path);
    if (typeof text !== 'string') return text;
    return sha256(text) === this.#from.files.get(path)?.sha256 ? text : { problem: `${path} was changed` };
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** The files of these clients that are not there, or are no files, by one look into each folder. */
export function findMissing(folder: string, files: readonly ManifestFile[]): Map<string, Damage> {
  const present = new Map<string, ReadonlySet<string>>();
  const lost = new Map<string, Damage>();
  for (const { path } of files) {
    const parent = dirname(path);
    const names = present.get(parent) ?? filesIn(folder, parent);
    present.set(parent, names);
    if (names.has(path.slice(parent === '.' ? 0 : parent.length + 1))) continue;
    const text = statInside(folder, path) === undefined ? 'is missing' : 'is not a regular file any more';
    lost.set(path, { kind: text === 'is missing' ? 'missing' : 'irregular', text });
  }
  return lost;
}

function filesIn(folder: string, parent: string): ReadonlySet<string> {
  if (parent !== '.' && statInside(folder, parent)?.isDirectory() !== true) return new Set();
  const entries = readdirSync(join(folder, parent), { withFileTypes: true });
  return new Set(entries.flatMap((entry) => (entry.isFile() ? entry.name : [])));
}
