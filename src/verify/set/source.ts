// A set as it is checked: its manifest, and a way to its files. From memory or from a folder.
import { join } from 'node:path';
import type { CertificateSet } from '../../pki/set.js';
import { type Damage, findDamages } from '../../store/manifest/damages.js';
import { requireManifest } from '../../store/manifest/find.js';
import { isWithAuthorityKey, type Manifest } from '../../store/manifest/manifest.js';
import { planSet } from '../../store/manifest/plan.js';
import { readConsistently } from '../../store/transaction/consistent.js';
import { readIfRegular } from '../../util/regular-file.js';
import type { Finding } from '../report/finding.js';
import { setFinding } from './finding.js';

/** A set as its manifest describes it, with a way to its files. */
export interface Source {
  readonly subject: string;
  readonly manifest: Manifest;
  /** What happened to its files since they were made. */
  readonly fileFindings: readonly Finding[];
  /** The text of a file; nothing where it is not there. */
  readonly read: (path: string) => string | undefined;
  /** Paths of keys that are not to be had, and need not be. */
  readonly withoutKey: ReadonlySet<string>;
}

export function memorySource(set: CertificateSet): Source {
  const { files, manifest } = planSet(set, { access: { mode: 0o600, rules: [] }, ignoredByGit: false });
  const contents = new Map(
    files.flatMap((file) => ('content' in file ? [[file.path, file.content.toString()] as const] : [])),
  );
  return {
    subject: 'set',
    manifest,
    fileFindings: [],
    read: (path) => contents.get(path),
    withoutKey: new Set(),
  };
}

/** @throws {@link GenerateCertsError} `ERR_SET_NOT_FOUND`, `ERR_MANIFEST_INVALID` and what reading a folder throws */
export async function folderSource(folder: string): Promise<Source> {
  // All of it from one set, while others may be writing.
  const { manifest, damages, contents } = await readConsistently(folder, async () => {
    const found = requireManifest(folder);
    const texts = new Map<string, string>();
    for (const { path } of found.files) {
      const text = readIfRegular(join(folder, path));
      if (text !== '') texts.set(path, text);
    }
    return { manifest: found, damages: await findDamages(folder, found.files), contents: texts };
  });
  const withoutKey = new Set<string>();
  const findings = [...damages].map(([path, damage]): Finding => {
    const finding = damageFinding(folder, path, damage);
    const note = noteOfTolerable(manifest, path, damage);
    if (note === undefined) return finding;
    withoutKey.add(path);
    return { ...finding, verdict: 'warning', severity: 'policy', note };
  });
  if (findings.length === 0) {
    const tried = { kind: 'files', count: manifest.files.length } as const;
    findings.push({
      ...setFinding(folder, tried, { kind: 'all-unchanged' }),
      observed: { kind: 'unchanged' },
    });
  }
  return {
    subject: folder,
    manifest,
    fileFindings: findings,
    read: (path) => contents.get(path),
    withoutKey,
  };
}

function damageFinding(folder: string, path: string, damage: Damage): Finding {
  return {
    ...setFinding(folder, { kind: 'file', path }, { kind: 'unchanged' }, [{ kind: 'damage', damage }]),
    observed: { kind: 'damaged', damage },
  };
}

/** The set can be used without the CA's key, and without keys that are another user's: what that means. */
function noteOfTolerable(manifest: Manifest, path: string, damage: Damage): Finding['note'] {
  const isCaKey = isWithAuthorityKey(manifest, path);
  if (damage.kind !== 'unreadable' && !(isCaKey && damage.kind === 'missing')) return undefined;
  return { kind: isCaKey ? 'needs-ca-key' : 'needs-key' };
}
