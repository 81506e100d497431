// A folder that another program filled with certificates for NGINX, such as the example's own script.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { GenerateCertsError, quote } from '../../errors.js';
import { children } from '../../pki/asn1/der.js';
import { readNameText } from '../../pki/asn1/distinguished-name.js';
import { readRevocationListDer } from '../../pki/issue/revocation-list.js';
import { readRevocationList } from '../../pki/read/read-revocation-list.js';
import { findManifest } from '../../store/manifest/find.js';
import { errnoOf } from '../../store/transaction/file-system.js';
import type { ServedSet } from './served-set.js';

const CERTIFICATE = 'server.pem';
const KEY = 'server.key';
const CLIENT_CA = 'client_cert_ca.pem';
const REVOCATION_LIST = 'client_cert_ca.crl';
/** The files of the example's script, in the order in which they are told of. */
const NEEDED = [CERTIFICATE, KEY, CLIENT_CA, REVOCATION_LIST] as const;
const NAMES = [...NEEDED, 'client_cert_ca.key', 'client.pem', 'client.key'];

const LARGEST = 1024 * 1024;

/**
 * Finds certificates that this program did not make, whole and fit to serve with.
 *
 * @param names what the endpoint is to be called by, where that was said
 * @returns nothing where the folder has a set of this program's, or none of these files
 * @throws {@link GenerateCertsError} `ERR_FILE_IN_THE_WAY` where they cannot be served with: no set is made beside them
 */
export async function findForeignSet(
  folder: string,
  names: readonly string[] | undefined,
): Promise<ServedSet | undefined> {
  if (!NAMES.some((name) => existsSync(join(folder, name)))) return undefined;
  if (findManifest(folder) !== undefined) return undefined;
  const text = new Map<string, string>();
  for (const name of NEEDED) text.set(name, await readText(folder, name));
  const problem = (name: string, what: string) => unfit(folder, `${quote(name)} ${what}`);
  const read = <T>(name: string, parse: (pem: string) => T, what: string): T => {
    try {
      return parse(text.get(name) ?? '');
    } catch {
      throw problem(name, what);
    }
  };
  const parseCertificate = (pem: string) => new X509Certificate(pem);
  const server = read(CERTIFICATE, parseCertificate, 'is not a certificate');
  const ca = read(CLIENT_CA, parseCertificate, 'is not a certificate');
  const key = read(KEY, (pem) => createPrivateKey(pem), 'is not a private key, or is encrypted');
  for (const [name, certificate] of [
    [CERTIFICATE, server],
    [CLIENT_CA, ca],
  ] as const) {
    const time = timeProblem(new Date(certificate.validFrom), new Date(certificate.validTo));
    if (time !== undefined) throw problem(name, time);
  }
  if (!server.checkPrivateKey(key)) throw problem(KEY, `is not the key of ${CERTIFICATE}`);
  // Only an extendedKeyUsage that is there restricts (RFC 5280, 4.2.1.12).
  if (server.keyUsage !== undefined && !server.keyUsage.some((usage) => SERVING.includes(usage))) {
    throw problem(CERTIFICATE, 'is not for serving: its extendedKeyUsage has no serverAuth');
  }
  if (!ca.ca) throw problem(CLIENT_CA, 'is not a CA');
  const crl = listProblem(text.get(REVOCATION_LIST) ?? '', ca);
  if (crl !== undefined) throw problem(REVOCATION_LIST, crl);
  for (const name of names ?? []) {
    const fits = isIP(name) === 0 ? server.checkHost(name) : server.checkIP(name);
    if (fits === undefined) throw problem(CERTIFICATE, `is not for the name ${quote(name)}`);
  }
  return {
    names: names ?? namesOf(server),
    tls: {
      certificate: resolve(folder, CERTIFICATE),
      key: resolve(folder, KEY),
      clientCa: resolve(folder, CLIENT_CA),
      revocationList: resolve(folder, REVOCATION_LIST),
    },
    manifest: undefined,
    client: {
      certificate: ifThere(folder, 'client.pem'),
      key: ifThere(folder, 'client.key'),
      ca: CERTIFICATE,
    },
  };
}

/** serverAuth and anyExtendedKeyUsage. */
const SERVING = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

async function readText(folder: string, name: string): Promise<string> {
  try {
    // A pipe of that name would keep the program waiting.
    const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > LARGEST) throw unfit(folder, `${quote(name)} is not a PEM file`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof GenerateCertsError) throw error;
    const errno = errnoOf(error);
    if (errno === 'ENOENT') throw unfit(folder, `${quote(name)} is missing`);
    throw unfit(folder, `${quote(name)} cannot be read: ${errno ?? String(error)}`);
  }
}

function timeProblem(begins: Date, ends: Date | undefined): string | undefined {
  const now = Date.now();
  if (begins.getTime() > now) return 'is not valid yet';
  return ends !== undefined && ends.getTime() <= now ? 'has expired' : undefined;
}

function listProblem(pem: string, ca: X509Certificate): string | undefined {
  const der = readRevocationListDer(pem);
  const list = der && readRevocationList(der);
  if (list === undefined) return 'is not a revocation list';
  const isOfCa = sameName(list.issuer, subjectOf(ca));
  if (!isOfCa || !list.isSignedBy(ca.publicKey)) return `is not signed by ${CLIENT_CA}`;
  return timeProblem(list.thisUpdate, list.nextUpdate);
}

function subjectOf({ raw }: X509Certificate): Uint8Array {
  const first = (der: Uint8Array) => children(der)[0]?.content ?? new Uint8Array();
  const fields = children(first(first(raw)));
  // The version is there from version 2 on.
  return fields[fields[0]?.tag === 0xa0 ? 5 : 4]?.whole ?? new Uint8Array();
}

/** The same name, in whatever kinds of strings. */
function sameName(one: Buffer, other: Uint8Array): boolean {
  if (one.equals(other)) return true;
  const text = readNameText(one);
  return text !== undefined && text === readNameText(other);
}

/** What a certificate is for: its subjectAltName, or its common name where there is none, as the example's. */
function namesOf({ subject, subjectAltName }: X509Certificate): string[] {
  const names = [...(subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):([^,\s"]+)/g)].map(
    ([, name = '']) => name,
  );
  const common = /^CN=([A-Za-z0-9.-]+)$/m.exec(subject)?.[1];
  return names.length > 0 ? names : [common ?? 'localhost'];
}

function ifThere(folder: string, name: string): string | undefined {
  return existsSync(join(folder, name)) ? name : undefined;
}

function unfit(folder: string, problem: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_FILE_IN_THE_WAY',
    `${quote(folder)} holds certificates of another program that cannot be served with: ${problem}`,
    'mend them, or name another folder with --out: a set is made there',
  );
}
