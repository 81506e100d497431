import { parseDuration } from '../../util/duration.js';
import type { KeyType } from '../keys/key-types.js';
import { parseClientIdentity, parseEndpointName } from '../names/identity.js';
import type { CertificateSet } from '../set.js';
import { createAuthority } from './authority.js';
import { issueUnder, lifeFrom } from './issue.js';

/**
 * Makes a set again for another whole life, with the same request and all its clients, under a new
 * certificate of the same CA key and name: what was issued before is valid under the new one, and what is
 * issued now under the old one.
 *
 * The revocation list keeps everything that was on it, with a higher number. The new certificate of a
 * client that was revoked is on it too, since the same moment.
 */
export async function renewSet(set: CertificateSet, now: Date): Promise<CertificateSet> {
  const { request, authority, revocationList, revokedSerialNumber, reservedNames } = set;
  const lifetime = parseDuration(request.validFor);
  const life = lifeFrom(now, lifetime);
  const clients = set.clients.map(({ name, fileName }) => ({
    identity: parseClientIdentity(name),
    fileName,
  }));
  const parsed = {
    request,
    names: request.names.map(parseEndpointName),
    clients,
    lifetime,
    reservedNames,
    reuseKeys: false,
  };
  const revokedBefore = new Map(
    set.clients.map(({ name, certificate }) => [name, set.revokedAt(certificate)]),
  );
  return issueUnder(parsed, life, {
    authority: createAuthority({
      key: authority.privateKey.type as KeyType,
      privateKey: authority.privateKey,
      name: authority.signer.name,
      validity: life.validity,
      permittedDnsNames: authority.permittedDnsNames,
    }),
    revokedSerialNumber,
    listNumber: revocationList.number + 1,
    revocationsOf: (issued) => [
      ...revocationList.revocations,
      ...issued.flatMap(({ name, certificate: { serialNumber } }) => {
        const revokedAt = revokedBefore.get(name);
        return revokedAt === undefined ? [] : [{ serialNumber, revokedAt }];
      }),
    ],
  });
}
