import { join, resolve } from 'node:path';
import { GenerateCertsError, printable, quote, type Warning } from '../../errors.js';
import { layoutOf } from '../../layouts/index.js';
import { findFlaw, findServerFlaw } from '../../pki/flaws/flaws.js';
import { privateKeyFromPem } from '../../pki/keys/keys.js';
import { identitiesOf, partiesOf } from '../../pki/names/party-names.js';
import { type BroughtAuthority, bringAuthority, refuseBeyond } from '../../pki/read/read-authority.js';
import { readCertificates } from '../../pki/read/read-certificate.js';
import type { ParsedRequest } from '../../pki/request.js';
import { formatDistance, isoSeconds } from '../../util/moments.js';
import { readRegularFile } from '../../util/regular-file.js';
import { environmentError, errnoOf } from '../transaction/file-system.js';

/** Where a CA's certificate and its key may be: of a set of this program, or as people and mkcert name them. */
const CERTIFICATES = ['ca.pem', 'ca.crt', 'rootCA.pem'];
const KEYS = ['authority/ca.key', 'ca.key', 'ca-key.pem', 'rootCA-key.pem'];

/**
 * Reads the CA of a folder, to sign with it.
 *
 * @throws {@link GenerateCertsError} `ERR_CA_INVALID`, `ERR_CA_KEY_MISSING` or `ERR_FILE_SYSTEM`
 */
export async function readBroughtAuthority(folder: string, now: Date): Promise<BroughtAuthority> {
  const text = firstOf(folder, CERTIFICATES);
  if (text === undefined) {
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `there is no CA in ${quote(folder)}`,
      `give a folder with ${CERTIFICATES.join(', ')}, and its key as ${KEYS.join(', ')}`,
    );
  }
  const [certificate] = await readCertificates(text.content);
  if (certificate === undefined) {
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `${quote(join(folder, text.name))} holds no certificate that can be read`,
      "give the CA's certificate in PEM",
    );
  }
  const key = firstOf(folder, KEYS);
  if (key === undefined) {
    throw new GenerateCertsError(
      'ERR_CA_KEY_MISSING',
      `the private key of the CA in ${quote(folder)} is missing`,
      `put it there as ${KEYS.join(', ')}: what signs needs the key`,
    );
  }
  const privateKey = privateKeyFromPem(key.content);
  if (privateKey === undefined) {
    const locked = /ENCRYPTED/.test(key.content);
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `${quote(join(folder, key.name))} ${locked ? 'is locked with a password' : 'holds no private key that can be read'}`,
      locked
        ? 'take the password away with openssl pkey, into a folder of its own'
        : 'give PKCS #8, SEC1 or PKCS #1 in PEM',
    );
  }
  return bringAuthority(certificate, privateKey, folder, now);
}

/**
 * A request with the CA that it names, which is held against what is asked of it. Others stay as they are.
 *
 * @throws {@link GenerateCertsError} as {@link readBroughtAuthority}; `ERR_OUTSIDE_CONSTRAINTS`
 */
export async function withBroughtAuthority<Request extends ParsedRequest>(
  request: Request,
  now: Date,
): Promise<{ readonly request: Request; readonly warnings: readonly Warning[] }> {
  const { ca, intermediates, layouts, untrusted, untrustedServers } = request.request;
  if (ca === null) return { request, warnings: [] };
  const brought = await readBroughtAuthority(ca, now);
  const identities = partiesOf(request).flatMap(identitiesOf);
  const flaws = [...untrusted.map(findFlaw), ...untrustedServers.map(findServerFlaw)];
  refuseBeyond(brought, { intermediates, identities, flaws }, ca);
  const { authority, signsLists } = brought;
  for (const name of layouts) layoutOf(name).checkAuthority?.(authority.certificate, request);
  return {
    request: { ...request, root: authority },
    warnings: [
      ...(signsLists ? [] : [noLists(ca)]),
      ...endsEarly(request, authority.certificate.notAfter, now),
    ],
  };
}

/**
 * What is worth telling of the CA that a request for a set in a folder names.
 *
 * @throws {@link GenerateCertsError} as {@link withBroughtAuthority}
 */
export async function checkBroughtAuthority(
  folder: string,
  request: ParsedRequest,
  now: Date,
): Promise<readonly Warning[]> {
  if (request.request.ca === resolve(folder)) {
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `${quote(folder)} is the set's own folder`,
      'give the folder of another set or of your CA, or leave --ca out',
    );
  }
  return (await withBroughtAuthority(request, now)).warnings;
}

function noLists(folder: string): Warning {
  return {
    message: `the CA in ${quote(folder)} may not sign revocation lists`,
    hint: 'servers that read the CRL refuse everybody: its keyUsage must have cRLSign',
  };
}

/** A set that gets this share of the life asked for is as good as any other. */
const SHARE_LEFT = 0.75;

function endsEarly({ lifetime, request }: ParsedRequest, end: Date, now: Date): Warning[] {
  if (end.getTime() >= now.getTime() + lifetime * 1000 * SHARE_LEFT) return [];
  return [
    {
      message: `the set ends with the CA in ${quote(request.ca)}, ${formatDistance(isoSeconds(end), now)}`,
      hint: `renew that CA first for the ${request.validFor} that are asked for`,
    },
  ];
}

function firstOf(folder: string, names: readonly string[]): { name: string; content: string } | undefined {
  for (const name of names) {
    try {
      // People link their CA's files to where they are kept.
      const file = readRegularFile(join(folder, name), { followLinks: true });
      return { name, content: file.toString('utf8') };
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') continue;
      throw environmentError(error, `read ${printable(join(folder, name))}`);
    }
  }
  return undefined;
}
