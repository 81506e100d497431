import { GenerateCertsError } from '../../errors.js';
import { layoutFolder, layoutOf } from '../../layouts/index.js';
import { filesOfParty, filesOfSet, issuerFilesOf, type LayoutFile } from '../../layouts/layout.js';
import type { Credential } from '../../pki/credential.js';
import type { Authority } from '../../pki/issue/authority.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import type { Hierarchy } from '../../pki/issue/hierarchy.js';
import type { RevocationList } from '../../pki/issue/revocation-list.js';
import type { Rotation } from '../../pki/issue/rotation.js';
import { keyTypeOf } from '../../pki/keys/keys.js';
import { authorityNames, type Generation } from '../../pki/names/authority-names.js';
import type { CertificateSet } from '../../pki/set.js';
import { fitAccess } from '../../request/fit-access.js';
import {
  type Access,
  accessFor,
  formatMode,
  type KeyAccess,
  type Owner,
  recordAccess,
} from '../../request/key-access.js';
import { DEFAULT_STORE_PASSWORD, type StorePassword } from '../../request/password.js';
import { isoSeconds } from '../../util/moments.js';
import type { KeptFile, KeptParties } from './kept-parties.js';
import {
  authorityKeyPath,
  GITIGNORE_NAME,
  issuerFilePath,
  LARGEST_MANIFEST,
  MANIFEST_NAME,
  type Manifest,
  type ManifestCertificate,
  type ManifestRevocationList,
  type ManifestRotation,
  serializeManifest,
} from './manifest.js';
import { sha256 } from './sha256.js';

/** A file as it is to stand in the set's folder. */
export interface PlannedFile {
  /** Relative to the set's folder, with `/`. */
  readonly path: string;
  readonly content: string | Buffer;
  /** SHA-256 over the content, lower-case hex. */
  readonly sha256: string;
  readonly mode: number;
  /** The user who runs the program, when absent. */
  readonly owner?: Owner | undefined;
  /** Whose private key is in it, where one is. */
  readonly keyOf?: { readonly role: string; readonly name: string } | undefined;
}

/** The files of a set, with the manifest that names them. */
export interface SetPlan {
  readonly files: readonly (PlannedFile | KeptFile)[];
  readonly manifest: Manifest;
}

/** Keeps a folder that a run made out of a repository. */
export const GITIGNORE = '*\n';

/** A file of a layout, or of a CA by its name. */
type PlacedFile = Omit<LayoutFile, 'of'> & { readonly of: LayoutFile['of'] | string };

/** The place of the CA's own files, which are no layout's. */
const AUTHORITY = 'authority';

const PUBLIC_MODE = 0o644;
const SECRET_MODE = 0o600;

/** Lays a set out: every layout's files, the authority's own, and the manifest over all of them. */
export function planSet(
  set: CertificateSet,
  options: { readonly access: KeyAccess; readonly ignoredByGit: boolean },
): SetPlan {
  return new SetPlanner(set.request.layouts, options.access).plan(set, options.ignoredByGit);
}

/** Lays a set out while it is made: the files of its credentials as they come, the rest at the end. */
export class SetPlanner {
  readonly #layouts: readonly string[];
  readonly #access: KeyAccess;
  readonly #password: StorePassword;
  /** By {@link placeOf}; of each layout, in the order of the layouts. */
  readonly #credentials = new Map<string, readonly (readonly PlannedFile[])[]>();
  readonly #places = new Map<string, Record<string, Record<string, string>>>();

  constructor(layouts: readonly string[], access: KeyAccess, password = DEFAULT_STORE_PASSWORD) {
    this.#layouts = layouts;
    this.#access = access;
    this.#password = password;
  }

  /** The files of a credential in every layout. */
  filesOf(credential: Credential): readonly PlannedFile[] {
    return this.#byLayout(credential).flat();
  }

  /** @param kept parties that are in the folder already, and stay as they are */
  plan(set: CertificateSet, ignoredByGit: boolean, kept?: KeptParties): SetPlan {
    const files: (PlannedFile | KeptFile)[] = namedAuthorities(set).flatMap(([name, authority]) => {
      const content = name === 'ca' ? set.trustedPem : authority.certificate.pem;
      const certificate = { name: `${name}.pem`, content, of: name, part: 'certificate' } as const;
      // The key of another folder's CA stays there.
      if (name === 'ca' && set.request.ca !== null) return [this.#place(certificate, AUTHORITY)];
      const key = authority.privateKey.pem;
      const file = {
        name: authorityKeyPath(name),
        content: key,
        of: name,
        part: 'key',
        secret: true,
      } as const;
      return [this.#place(certificate, AUTHORITY), this.#place(file, AUTHORITY)];
    });
    this.#layouts.forEach((layout, index) => {
      for (const credential of set.credentials) {
        files.push(...(kept?.filesOf(credential, layout) ?? this.#byLayout(credential)[index] ?? []));
      }
      for (const file of filesOfSet(layoutOf(layout), set)) files.push(this.#place(file, layout));
      for (const file of issuerFilesOf(layoutOf(layout), set)) {
        files.push(this.#place({ ...file, name: issuerFilePath(layout, file.name) }, AUTHORITY));
      }
    });
    if (ignoredByGit) files.push(publicFile(GITIGNORE_NAME, GITIGNORE));
    // With one layout the authority's certificate and the layout's may be the same file.
    const distinct = [...new Map(files.map((file) => [file.path, file])).values()];
    return { files: distinct, manifest: describeSet(set, distinct, this.#places, this.#access, kept) };
  }

  #byLayout(credential: Credential): readonly (readonly PlannedFile[])[] {
    const known = this.#credentials.get(placeOf(credential));
    if (known !== undefined) return known;
    const planned = this.#layouts.map((layout) =>
      filesOfParty(layoutOf(layout), credential, this.#password).map((file) => this.#place(file, layout)),
    );
    this.#credentials.set(placeOf(credential), planned);
    return planned;
  }

  /** Plans a file, and notes for the manifest where that part of its credential is. */
  #place({ name, content, of, part, secret = false, mode }: PlacedFile, place: string): PlannedFile {
    const folder = place === AUTHORITY ? '' : layoutFolder(place, this.#layouts);
    const path = folder === '' ? name : `${folder}/${name}`;
    const owner = placeOf(of);
    const places = this.#places.get(owner) ?? {};
    this.#places.set(owner, places);
    places[place] = { ...places[place], [part]: path };
    const keyOf = secret && typeof of === 'object' ? { role: of.role, name: of.name } : undefined;
    const access: Access =
      keyOf === undefined
        ? { mode: secret ? SECRET_MODE : PUBLIC_MODE }
        : fitAccess(accessFor(this.#access, keyOf), layoutOf(place));
    return {
      path,
      content,
      sha256: sha256(content),
      mode: mode ?? access.mode,
      owner: access.owner,
      keyOf,
    };
  }
}

/** Whose files these are: a party's, by which its credential may be made again, or a CA's. */
function placeOf(of: LayoutFile['of'] | string): string {
  return typeof of === 'string' ? of : `${of.role} ${of.name}`;
}

/** A file that everybody may read. */
export function publicFile(path: string, content: string): PlannedFile {
  return { path, content, sha256: sha256(content), mode: PUBLIC_MODE };
}

/**
 * The manifest's own file.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` where it would be larger than what is read
 */
export function manifestFile(manifest: Manifest): PlannedFile {
  const file = publicFile(MANIFEST_NAME, serializeManifest(manifest));
  const size = Buffer.byteLength(file.content);
  if (size <= LARGEST_MANIFEST) return file;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the manifest of so many clients would have ${Math.ceil(size / 1e6)} MB`,
    `it may have ${LARGEST_MANIFEST / 1e6}: ask for fewer clients, or for shorter names`,
  );
}

function describeSet(
  set: CertificateSet,
  files: readonly (PlannedFile | KeptFile)[],
  places: ReadonlyMap<string, ManifestCertificate['files']>,
  access: KeyAccess,
  kept: KeptParties | undefined,
): Manifest {
  const authorities = namedAuthorities(set).map(([name, { certificate }]) => ({
    ...describeCertificate(set, certificate, {
      key: keyTypeOf(certificate.x509Certificate.publicKey),
    }),
    role: 'ca' as const,
    name,
    flaw: null,
    files: places.get(name) ?? {},
  }));
  const describeLeaf = (credential: Credential) => ({
    ...describeCertificate(set, credential.certificate, keyOf(credential)),
    role: credential.role,
    name: credential.name,
    ...(credential.identity !== credential.name && { identity: credential.identity }),
    flaw: credential.flaw,
    files: places.get(placeOf(credential)) ?? {},
  });
  const leaves = set.credentials.map((credential) => kept?.entryOf(credential) ?? describeLeaf(credential));
  return {
    version: 2,
    createdAt: isoSeconds(set.createdAt),
    expiresAt: isoSeconds(set.expiresAt),
    request: { ...set.request, ...recordAccess(access) },
    certificates: [...authorities, ...leaves].map(({ role, name, flaw, ...others }) => ({
      role,
      name,
      flaw,
      ...others,
    })),
    revocationList: describeList(set.revocationList, set.revokedSerialNumber),
    ...(set.rotation !== undefined && { rotation: describeRotation(set.rotation) }),
    files: files.map(({ path, mode, sha256 }) => ({ path, mode: formatMode(mode), sha256 })),
  };
}

/** The type of a credential's key; where someone else holds it, the public half instead. */
function keyOf(credential: Credential): Pick<ManifestCertificate, 'key' | 'publicKey'> {
  if (!credential.isKeyElsewhere) return { key: credential.privateKey.type };
  const { publicKeyDer } = credential.certificate.publicKey;
  return { key: null, publicKey: publicKeyDer.toString('base64') };
}

function describeList(
  list: RevocationList | undefined,
  reservedSerialNumber: string,
): ManifestRevocationList {
  const { number = 1, revocations = [] } = list ?? {};
  return {
    number,
    reservedSerialNumber,
    revocations: revocations.map(({ serialNumber, revokedAt }) => ({
      serialNumber,
      revokedAt: isoSeconds(revokedAt),
    })),
  };
}

function describeRotation(rotation: Rotation): ManifestRotation {
  const { step, revocationLists, revokedSerialNumber, previousParties } = rotation;
  return {
    step,
    revocationList: describeList(revocationLists[0], revokedSerialNumber),
    clients: [...previousParties].map(([name, serialNumber]) => ({ name, serialNumber })),
  };
}

/** Every CA of a set with its name there: the root first, and the other ones of a rotation last. */
function namedAuthorities({
  hierarchy,
  rotation,
}: CertificateSet): (readonly [name: string, authority: Authority])[] {
  const named = ({ root, intermediates }: Hierarchy, generation: Generation) => {
    const names = authorityNames(generation, intermediates.length);
    return [root, ...intermediates].map((authority, index) => [names[index] ?? '', authority] as const);
  };
  if (rotation === undefined) return named(hierarchy, 'own');
  return [
    ...named(hierarchy, 'own'),
    ...named(rotation.other, rotation.step === 'trust' ? 'next' : 'previous'),
  ];
}

function describeCertificate(
  set: CertificateSet,
  certificate: Certificate,
  key: Pick<ManifestCertificate, 'key' | 'publicKey'>,
) {
  const revokedAt = set.revokedAt(certificate);
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    subjectAltNames: certificate.subjectAltNames,
    ...key,
    serialNumber: certificate.serialNumber,
    sha256: certificate.sha256,
    notBefore: isoSeconds(certificate.notBefore),
    notAfter: isoSeconds(certificate.notAfter),
    revokedAt: revokedAt === undefined ? null : isoSeconds(revokedAt),
  };
}
