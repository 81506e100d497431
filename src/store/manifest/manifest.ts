import { GenerateCertsError, quote } from '../../errors.js';
import type { Credential } from '../../pki/credential.js';
import { isServerId } from '../../pki/names/server.js';
import type { SetRequest } from '../../pki/request.js';
import type { RecordedName } from '../../request/fields.js';
import { isRecordedMode } from '../../request/key-access.js';
import { RECORDED_FIELDS, withMissing } from '../../request/recorded.js';
import { isPlainText } from '../../util/text.js';
import { WORK_FOLDER } from '../transaction/work-folder.js';

/** The manifest's file name, relative to the set's folder. */
export const MANIFEST_NAME = 'set.json';
/** Keeps a folder that a run made out of a repository; its owner may edit it. */
export const GITIGNORE_NAME = '.gitignore';
/** Where a CA's private key is, relative to the set's folder: in a folder that is never handed over. */
export const authorityKeyPath = (name: string) => `authority/${name}.key`;
/** Where a layout's files for signing are, which hold that key too. */
export const issuerFilePath = (layout: string, name: string) => `authority/${layout}/${name}`;
export const AUTHORITY_KEY = authorityKeyPath('ca');

/** Whether a file of a set is a CA's private key, or is with it: the set can be used without. */
export function isWithAuthorityKey({ certificates }: Manifest, path: string): boolean {
  if (path.startsWith('authority/')) return true;
  return certificates.some(({ role, files }) => role === 'ca' && files.authority?.key === path);
}

/** The largest manifest there may be, in bytes: 100,000 clients in two layouts have one of 112 MB. */
export const LARGEST_MANIFEST = 130_000_000;
/** A larger one must begin as this program writes it: what comes of any other JSON may fill the memory. */
const LARGEST_FOREIGN = 10_000_000;

/**
 * What was made, when it ends, and where each file is. Never holds key material.
 *
 * @example
 * ```ts
 * const { expiresAt, certificates }: Manifest = await readManifest('certs');
 * console.log(expiresAt, certificates.length);
 * ```
 */
export interface Manifest {
  /** 2; 1 in a manifest of an earlier version, which the next change rewrites. */
  readonly version: 1 | 2;
  /** ISO 8601 in UTC, whole seconds, as every moment here. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly request: ManifestRequest;
  readonly certificates: readonly ManifestCertificate[];
  readonly revocationList: ManifestRevocationList;
  /** What a rotation of the CA has done so far; absent where none is under way. */
  readonly rotation?: ManifestRotation | undefined;
  readonly files: readonly ManifestFile[];
}

/**
 * The request, and who was to read the private keys.
 *
 * @example
 * ```ts
 * const { request } = await readManifest('certs');
 * const { names, keyMode }: ManifestRequest = request;
 * ```
 */
export interface ManifestRequest extends SetRequest {
  /** Permissions of the servers' and peers' keys in four octal digits; a list where other keys have some, too. */
  readonly keyMode: string | readonly string[];
  /** Owner of those keys as `uid` or `uid:gid`; null for the user who ran the program; a list as of the modes. */
  readonly owner: string | readonly string[] | null;
}

/**
 * A certificate of the set, as its manifest has it.
 *
 * @example
 * ```ts
 * const { certificates } = await readManifest('certs');
 * const server = certificates.find(({ role }: ManifestCertificate) => role === 'server');
 * console.log(server?.files.grpc?.certificate); // grpc/server.pem
 * ```
 */
export interface ManifestCertificate {
  readonly role: 'ca' | Credential['role'];
  /**
   * `ca` for the root, `intermediate-1` and so on for the CAs below it, with `next-` or `previous-` before it for the
   * other CA of a rotation; `server`, the id of a server or peer, a client's identity, `untrusted-<flaw>` or `untrusted-server-<flaw>`.
   */
  readonly name: string;
  /** A client's identity with the names that were asked for with it, where that is more than its name. */
  readonly identity?: string | undefined;
  readonly flaw: string | null;
  readonly subject: string;
  readonly issuer: string;
  readonly subjectAltNames: readonly string[];
  /** The type of its key; null where someone else holds it, for whose request the certificate was signed. */
  readonly key: string | null;
  /** The public half of a key that someone else holds, SubjectPublicKeyInfo in base64. */
  readonly publicKey?: string | undefined;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** SHA-256 over the DER, lower-case hex. */
  readonly sha256: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly revokedAt: string | null;
  /** By layout, and `authority` for the CA's own: the paths of its parts, relative to the set's folder. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The CA's revocation list, as the manifest has it.
 *
 * @example
 * ```ts
 * const { revocationList } = await readManifest('certs');
 * const { number, revocations }: ManifestRevocationList = revocationList;
 * ```
 */
export interface ManifestRevocationList {
  readonly number: number;
  /** On the list from the start, so that a revoked client can be made at any time. */
  readonly reservedSerialNumber: string;
  /** Everything on the list, the reserved serial number too. */
  readonly revocations: readonly { readonly serialNumber: string; readonly revokedAt: string }[];
}

/**
 * What a rotation of the CA has done so far, as the manifest has it.
 *
 * @example
 * ```ts
 * const { rotation } = await readManifest('certs');
 * const step: ManifestRotation['step'] | undefined = rotation?.step;
 * ```
 */
export interface ManifestRotation {
  /** The last step that was made: the next CA is trusted too, or it signs and the previous one is still trusted. */
  readonly step: 'trust' | 'issue';
  /** The other CA's list. */
  readonly revocationList: ManifestRevocationList;
  /** The parties' certificates of the previous CA, which are revoked with them. */
  readonly clients: readonly { readonly name: string; readonly serialNumber: string }[];
}

/**
 * A file of the set, as its manifest has it.
 *
 * @example
 * ```ts
 * const { files } = await readManifest('certs');
 * const secret = files.filter(({ mode }: ManifestFile) => mode === '0600');
 * ```
 */
export interface ManifestFile {
  /** Relative to the set's folder, with `/`. */
  readonly path: string;
  /** Four octal digits. */
  readonly mode: string;
  /** SHA-256 over the content, lower-case hex. */
  readonly sha256: string;
}

/** Whether a run made the set's folder and keeps it out of a repository. */
export function isIgnoredByGit(manifest: Manifest | undefined): boolean {
  return manifest?.files.some(({ path }) => path === GITIGNORE_NAME) ?? false;
}

/**
 * Writes a manifest: JSON with one certificate and one file a line, so that a large one stays small.
 *
 * @param others to stand behind the manifest's own keys in what is printed
 */
export function serializeManifest(manifest: Manifest, others: object = {}): string {
  const lines = Object.entries({ ...manifest, ...others }).map(([key, value]) => {
    const text = Array.isArray(value)
      ? `[\n    ${value.map((item) => JSON.stringify(item)).join(',\n    ')}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * Reads a manifest. It may have been edited by anybody, and every path in it will be read, replaced or
 * removed: whatever this program would not have written itself is refused.
 *
 * @throws {@link GenerateCertsError} `ERR_MANIFEST_INVALID`
 */
export function parseManifest(text: string): Manifest {
  if (text.length > LARGEST_FOREIGN && !/^\{\n {2}"version": [12],\n/.test(text)) {
    throw invalid(`it has ${text.length} characters, and this program did not write them`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  const manifest = record(value, 'it');
  if (manifest.version !== 1 && manifest.version !== 2) {
    throw invalid(`its version is ${quote(manifest.version)}, not 1 or 2`);
  }
  check(manifest.createdAt, isTime, 'createdAt');
  check(manifest.expiresAt, isTime, 'expiresAt');
  const request = checkRequestShape(manifest.request);
  array(manifest.certificates, 'certificates').forEach(checkCertificate);
  checkRevocationList(manifest.revocationList);
  if (manifest.rotation !== undefined) checkRotation(manifest.rotation);
  array(manifest.files, 'files').forEach(checkFile);
  return { ...(value as Manifest), request };
}

function checkRequestShape(value: unknown): ManifestRequest {
  const request = withMissing(record(value, 'request'));
  for (const [name, { recorded }] of RECORDED_FIELDS)
    check(request[name], recorded.isValid, `request.${name}`);
  // The compiler compares the list of fields with the interface, both ways.
  const complete: Record<keyof ManifestRequest, unknown> = request as Record<RecordedName, unknown>;
  return complete as unknown as ManifestRequest;
}

function checkCertificate(value: unknown): void {
  const certificate = record(value, 'a certificate');
  check(certificate.role, (role) => ROLES.some((known) => known === role), 'role');
  for (const key of ['name', 'subject', 'issuer']) check(certificate[key], isText, key);
  check(certificate.identity, (text) => text === undefined || isText(text), 'identity');
  check(certificate.key, (key) => key === null || isText(key), 'key');
  check(certificate.publicKey, (key) => key === undefined || isBase64(key), 'publicKey');
  if (certificate.role === 'server' || certificate.role === 'peer')
    check(certificate.name, isServerId, 'name');
  check(certificate.flaw, (flaw) => flaw === null || isText(flaw), 'flaw');
  array(certificate.subjectAltNames, 'subjectAltNames').forEach((name) => {
    check(name, isText, 'subjectAltNames');
  });
  for (const key of ['serialNumber', 'sha256']) check(certificate[key], isHex, key);
  for (const key of ['notBefore', 'notAfter']) check(certificate[key], isTime, key);
  check(certificate.revokedAt, (time) => time === null || isTime(time), 'revokedAt');
  for (const parts of Object.values(record(certificate.files, 'files'))) {
    for (const path of Object.values(record(parts, 'files'))) check(path, isFilePath, 'path');
  }
}

function checkRevocationList(value: unknown): void {
  const list = record(value, 'revocationList');
  check(list.number, isNatural, 'revocationList.number');
  check(list.reservedSerialNumber, isHex, 'revocationList.reservedSerialNumber');
  array(list.revocations, 'revocationList.revocations').forEach((item) => {
    const revocation = record(item, 'a revocation');
    check(revocation.serialNumber, isHex, 'serialNumber');
    check(revocation.revokedAt, isTime, 'revokedAt');
  });
}

function checkRotation(value: unknown): void {
  const rotation = record(value, 'rotation');
  check(rotation.step, (step) => step === 'trust' || step === 'issue', 'rotation.step');
  checkRevocationList(rotation.revocationList);
  array(rotation.clients, 'rotation.clients').forEach((item) => {
    const client = record(item, 'a client');
    check(client.name, isText, 'rotation.clients');
    check(client.serialNumber, isHex, 'rotation.clients');
  });
}

function checkFile(value: unknown): void {
  const file = record(value, 'a file');
  check(file.path, isFilePath, 'path');
  check(file.mode, isRecordedMode, 'mode');
  check(file.sha256, (text) => isHex(text) && text.length === 64, 'sha256');
}

const ROLES = ['ca', 'server', 'peer', 'client', 'untrusted', 'untrusted-server'] as const;

type Check = (value: unknown) => boolean;

const isText = isPlainText;
const isNatural: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isHex = (value: unknown): value is string => isText(value) && /^[0-9a-f]+$/.test(value);
const isBase64 = (value: unknown) => isText(value) && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
const isTime: Check = (value) =>
  isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value));
/**
 * A file in the set's folder, or at most two folders below it: a layout's and a party's. Nothing in it is `.` or
 * `..`, and it is neither the manifest nor in the work folder.
 */
export const isFilePath: Check = (value) => {
  if (!isText(value)) return false;
  const steps = value.split('/');
  const [first] = steps;
  return (
    steps.length <= 3 &&
    steps.every((step) => /^(?!\.{1,2}$)[A-Za-z0-9._@-]{1,255}$/.test(step)) &&
    first !== MANIFEST_NAME &&
    first !== WORK_FOLDER
  );
};

function check(value: unknown, valid: Check, where: string): void {
  if (!valid(value)) throw invalid(`${where} is ${quote(value)}`);
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(`${where} is ${quote(value)}, not an object`);
}

function array(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`${where} is ${quote(value)}, not a list`);
}

function invalid(problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_MANIFEST_INVALID',
    `${MANIFEST_NAME} is not a manifest of this program: ${problem}`,
    'name another folder with --out, or replace the file with --force',
  );
}
