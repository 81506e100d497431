import { type LayoutName, layoutFolder, layoutOf } from '../layouts/index.js';
import type { LayoutFile } from '../layouts/layout.js';
import { isoSeconds } from '../moments.js';
import type { Certificate } from '../pki/certificate.js';
import type { CertificateSet } from '../pki/set.js';
import { formatMode, type KeyAccess, type Owner } from './key-access.js';
import type { Manifest, ManifestCertificate, ManifestFile } from './manifest.js';
import { sha256 } from './sha256.js';

/** A file as it is to stand in the set's folder. */
export interface PlannedFile {
  /** Relative to the set's folder, with `/`. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /** The user who runs the program, when absent. */
  readonly owner?: Owner | undefined;
}

/** The files of a set, with the manifest that names them. */
export interface SetPlan {
  readonly files: readonly PlannedFile[];
  readonly manifest: Manifest;
}

/** Keeps a folder that a run made out of a repository. */
export const GITIGNORE = '*\n';

const PUBLIC_MODE = 0o644;
const SECRET_MODE = 0o600;

/** Lays a set out: every layout's files, the authority's own, and the manifest over all of them. */
export function planSet(
  set: CertificateSet,
  options: { readonly access: KeyAccess; readonly ignoredByGit: boolean },
): SetPlan {
  const layouts = set.request.layouts as LayoutName[];
  const files = new Map<string, PlannedFile>();
  const places = new Map<LayoutFile['of'], Record<string, Record<string, string>>>();
  const add = (path: string, folder: string, { content, of, part }: Omit<LayoutFile, 'name'>) => {
    files.set(path, plannedFile(path, content, of, part, options.access));
    const placesOf = places.get(of) ?? {};
    places.set(of, placesOf);
    placesOf[folder] = { ...placesOf[folder], [part]: path };
  };

  const { certificate, privateKey } = set.authority;
  add('ca.pem', 'authority', { content: certificate.pem, of: 'ca', part: 'certificate' });
  add('ca.key', 'authority', { content: privateKey.pem, of: 'ca', part: 'key' });
  for (const layout of layouts) {
    const folder = layoutFolder(layout, layouts);
    for (const file of layoutOf(layout).files(set)) {
      add(folder === '' ? file.name : `${folder}/${file.name}`, layout, file);
    }
  }
  if (options.ignoredByGit) {
    add('.gitignore', 'authority', { content: GITIGNORE, of: 'consumer', part: 'parameters' });
  }

  const planned = [...files.values()];
  return { files: planned, manifest: describeSet(set, planned, places, options.access) };
}

function plannedFile(
  path: string,
  content: string,
  of: LayoutFile['of'],
  part: LayoutFile['part'],
  access: KeyAccess,
): PlannedFile {
  if (part !== 'key') return { path, content, mode: PUBLIC_MODE };
  const serverKey = typeof of === 'object' && of.role === 'server';
  return serverKey
    ? { path, content, mode: access.mode, owner: access.owner }
    : { path, content, mode: SECRET_MODE };
}

function describeSet(
  set: CertificateSet,
  files: readonly PlannedFile[],
  places: ReadonlyMap<LayoutFile['of'], ManifestCertificate['files']>,
  access: KeyAccess,
): Manifest {
  const { authority } = set;
  const ca = {
    ...describeCertificate(set, authority.certificate, authority.privateKey.type),
    role: 'ca',
    name: 'ca',
    flaw: null,
    files: places.get('ca') ?? {},
  } as const;
  const leaves = set.credentials.map((credential) => ({
    ...describeCertificate(set, credential.certificate, credential.privateKey.type),
    role: credential.role,
    name: credential.name,
    flaw: credential.flaw,
    files: places.get(credential) ?? {},
  }));
  return {
    version: 1,
    createdAt: isoSeconds(set.createdAt),
    expiresAt: isoSeconds(set.expiresAt),
    request: { ...set.request, keyMode: formatMode(access.mode), owner: access.owner?.text ?? null },
    certificates: [ca, ...leaves].map(({ role, name, flaw, ...others }) => ({ role, name, flaw, ...others })),
    revocationList: {
      number: set.revocationList.number,
      reservedSerialNumber: set.revokedSerialNumber,
      revocations: set.revocationList.revocations.map(({ serialNumber, revokedAt }) => ({
        serialNumber,
        revokedAt: isoSeconds(revokedAt),
      })),
    },
    files: files.map(describeFile),
  };
}

function describeCertificate(set: CertificateSet, certificate: Certificate, key: string) {
  const revokedAt = set.revokedAt(certificate);
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    subjectAltNames: certificate.subjectAltNames,
    key,
    serialNumber: certificate.serialNumber,
    sha256: certificate.sha256,
    notBefore: isoSeconds(certificate.notBefore),
    notAfter: isoSeconds(certificate.notAfter),
    revokedAt: revokedAt === undefined ? null : isoSeconds(revokedAt),
  };
}

function describeFile({ path, mode, content }: PlannedFile): ManifestFile {
  return { path, mode: formatMode(mode), sha256: sha256(content) };
}
