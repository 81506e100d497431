import { layoutFolder, layoutOf } from '../../layouts/index.js';
import { partsOfParty } from '../../layouts/layout.js';
import type { Credential } from '../../pki/credential.js';
import type { CertificateSet } from '../../pki/set.js';
import { isoSeconds } from '../../util/moments.js';
import type { ManifestCertificate, ManifestFile } from './manifest.js';

/** A file that stays as it is, and whose content was not read. */
export interface KeptFile {
  /** Relative to the set's folder, with `/`. */
  readonly path: string;
  readonly sha256: string;
  readonly mode: number;
}

interface KeptParty {
  readonly entry: ManifestCertificate;
  /** By layout. */
  readonly files: ReadonlyMap<string, readonly KeptFile[]>;
  readonly places: ManifestCertificate['files'];
}

/**
 * Parties that stay as they are, by what a manifest says of them and of their files. A party of which it does not
 * name every file that the layouts give it is not among them: an earlier version may have made it.
 */
export class KeptParties {
  readonly #set: CertificateSet;
  readonly #entries: ReadonlyMap<string, ManifestCertificate>;
  readonly #files: ReadonlyMap<string, ManifestFile>;
  readonly #known = new Map<Credential, KeptParty>();

  constructor(set: CertificateSet, entries: readonly ManifestCertificate[], files: readonly ManifestFile[]) {
    this.#set = set;
    // No two parties of a set share a name.
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.#files = new Map(entries.length === 0 ? [] : files.map((file) => [file.path, file]));
  }

  /** What a party has in a layout before the set is whole; nothing where the party is not kept. */
  filesOf(credential: Credential, layout: string): readonly KeptFile[] | undefined {
    return this.#find(credential)?.files.get(layout);
  }

  /** Its line in the manifest; nothing where it is not kept. */
  entryOf(credential: Credential): ManifestCertificate | undefined {
    const kept = this.#find(credential);
    if (kept === undefined) return undefined;
    const { entry, places: files } = kept;
    const revokedAt = this.#set.revocationList.revokedAt(entry.serialNumber);
    return { ...entry, revokedAt: revokedAt === undefined ? null : isoSeconds(revokedAt), files };
  }

  #find(credential: Credential): KeptParty | undefined {
    const known = this.#known.get(credential);
    if (known !== undefined) return known;
    const entry = this.#entries.get(credential.name);
    const kept = entry?.role === credential.role ? this.#keep(credential, entry) : undefined;
    if (kept !== undefined) this.#known.set(credential, kept);
    return kept;
  }

  #keep(credential: Credential, entry: ManifestCertificate): KeptParty | undefined {
    const { layouts } = this.#set.request;
    const files = new Map<string, readonly KeptFile[]>();
    const places: Record<string, Record<string, string>> = {};
    for (const layout of layouts) {
      const folder = layoutFolder(layout, layouts);
      const kept: KeptFile[] = [];
      for (const { name, part, isOfSet } of partsOfParty(layoutOf(layout), credential)) {
        const path = folder === '' ? name : `${folder}/${name}`;
        const file = this.#files.get(path);
        if (file === undefined) return undefined;
        places[layout] = { ...places[layout], [part]: path };
        if (!isOfSet) kept.push({ path, sha256: file.sha256, mode: Number.parseInt(file.mode, 8) });
      }
      files.set(layout, kept);
    }
    return { entry, files, places };
  }
}
