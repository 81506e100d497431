// The parts of a set, read from its folder one by one. What cannot be read comes back as a problem, for the
// reader to judge: a set that is loaded is damaged then, one that is repaired gets the part made again.
import { join } from 'node:path';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import type { KeyOrSource } from '../../pki/credential.js';
import { type Authority, authorityWithoutKey } from '../../pki/issue/authority.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import { createSigner } from '../../pki/issue/signer.js';
import { PrivateKey, privateKeyFromPem } from '../../pki/keys/keys.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import { readRegularFile } from '../../util/regular-file.js';
import { errnoOf } from '../transaction/file-system.js';
import { authorityKeyPath, type ManifestCertificate } from './manifest.js';

/** Why a part could not be read, in a few words. */
export interface Problem {
  readonly problem: string;
}

export interface ReadCredential {
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  /** Throws where this user may not read the key's file. */
  readonly privateKey: KeyOrSource;
  readonly fileName: string;
}

/** A copy of a credential's files, by their places relative to the set's folder. */
export interface Copy {
  readonly certificate?: string;
  readonly key?: string;
}

/** Reads a certificate with its key, by default from the first layout that has them. */
export async function readCredential(
  folder: string,
  entry: ManifestCertificate,
  copy: Copy | undefined = Object.values(entry.files).find((files) => isCopyOf(entry, files)),
): Promise<ReadCredential | Problem> {
  if (copy?.certificate === undefined || !isCopyOf(entry, copy)) {
    return { problem: `the manifest names no files of ${quote(entry.name)}` };
  }
  const read = await readChain(folder, copy.certificate);
  if ('problem' in read) return read;
  const fileName = entry.role === 'ca' ? entry.name : partyFileName(entry.role, entry.name);
  if (copy.key === undefined) return { ...read, privateKey: 'elsewhere', fileName };
  const privateKey = readKeyOf(folder, read.certificate, { certificate: copy.certificate, key: copy.key });
  return typeof privateKey !== 'function' && 'problem' in privateKey
    ? privateKey
    : { ...read, privateKey, fileName };
}

/** A certificate's key, or what throws in its place where this user may not read it. */
export function readKeyOf(
  folder: string,
  certificate: Certificate,
  paths: { readonly certificate: string; readonly key: string },
): PrivateKey | (() => never) | Problem {
  const key = readKey(folder, paths.key, certificate, paths.certificate);
  if (key instanceof PrivateKey) return key;
  return 'without' in key && key.without === 'unreadable' ? () => unreadable(folder, paths.key) : key;
}

/** Whether files are all that there is of a credential: its certificate, and its key where the set has it. */
export function isCopyOf({ key }: ManifestCertificate, files: Copy): boolean {
  return files.certificate !== undefined && (key === null) === (files.key === undefined);
}

/** Reads a CA; without its key where that is not there or not to be read by this user. */
export async function readAuthority(
  folder: string,
  entry: ManifestCertificate,
  certificatePath: string | undefined = entry.files.authority?.certificate,
): Promise<Authority | Problem> {
  const keyPath = entry.files.authority?.key;
  if (certificatePath === undefined) {
    return { problem: `the manifest names no files of ${quote(entry.name)}` };
  }
  const read = await readChain(folder, certificatePath);
  if ('problem' in read) return read;
  const { certificate } = read;
  if (keyPath === undefined) {
    return authorityWithoutKey(certificate, () =>
      caKeyMissing(folder, authorityKeyPath(entry.name), 'missing'),
    );
  }
  const key = readKey(folder, keyPath, certificate, certificatePath);
  if (key instanceof PrivateKey) {
    const signer = createSigner(certificate.subjectName, key);
    const { permittedDnsNames } = certificate;
    return { certificate, privateKey: key, canSign: true, signer, permittedDnsNames };
  }
  if (!('without' in key)) return key;
  return authorityWithoutKey(certificate, () => caKeyMissing(folder, keyPath, key.without));
}

async function readChain(
  folder: string,
  path: string,
): Promise<{ certificate: Certificate; chain: readonly Certificate[] } | Problem> {
  const pem = readText(folder, path);
  if (typeof pem !== 'string') return pem;
  const [certificate, ...others] = await readCertificates(pem);
  const chain = others.filter((other) => other !== undefined);
  if (chain.length < others.length) return { problem: `${path} cannot be read` };
  return certificate === undefined ? { problem: `${path} holds no certificate` } : { certificate, chain };
}

/** A key, why it is no key of the certificate, or why it is not to be had. */
function readKey(
  folder: string,
  path: string,
  certificate: Certificate,
  certificatePath: string,
): PrivateKey | Problem | (Problem & { readonly without: 'missing' | 'unreadable' }) {
  const pem = readText(folder, path);
  if (typeof pem !== 'string') return pem;
  const key = privateKeyFromPem(pem);
  if (key === undefined) return { problem: `${path} holds no private key` };
  return certificate.isOf(key) ? key : { problem: `${path} is not the key of ${certificatePath}` };
}

/** The text of a file; why it is not to be had where it is not. */
export function readText(
  folder: string,
  path: string,
): string | Problem | (Problem & { readonly without: 'missing' | 'unreadable' }) {
  try {
    return readRegularFile(join(folder, path)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { problem: `${path} is missing`, without: 'missing' };
    if (['ELOOP', 'EFTYPE', 'EFBIG'].includes(errnoOf(error) ?? '')) {
      return { problem: `${path} is not a file of this program's` };
    }
    if (errnoOf(error) === 'EACCES') {
      return { problem: `${path} cannot be read by this user`, without: 'unreadable' };
    }
    throw error;
  }
}

function unreadable(folder: string, path: string): never {
  throw new GenerateCertsError(
    'ERR_KEY_UNREADABLE',
    `cannot read ${printable(join(folder, path))}: permission denied`,
    'run as the user who owns the key, or make the set for this user',
  );
}

function caKeyMissing(folder: string, path: string, why: 'missing' | 'unreadable'): never {
  throw new GenerateCertsError(
    'ERR_CA_KEY_MISSING',
    why === 'missing'
      ? `the CA's private key is missing: ${printable(join(folder, path))}`
      : `the CA's private key cannot be read by this user: ${printable(join(folder, path))}`,
    why === 'missing'
      ? "put it back, or run 'generate-certs' for a new CA"
      : 'run as the user who made the set: new certificates, revocations and renewals need the key',
  );
}
