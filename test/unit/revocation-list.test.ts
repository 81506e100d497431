// The reader of revocation lists, held against the library that read them before, and asked for what that one refuses.
import { generateKeyPairSync } from 'node:crypto';
import { Crypto } from '@peculiar/webcrypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorityName } from '../../src/pki/asn1/distinguished-name.js';
import { createAuthority } from '../../src/pki/issue/authority.js';
import { randomSerialNumber } from '../../src/pki/issue/certificate.js';
import { signRevocationList, verifyRevocationList } from '../../src/pki/issue/revocation-list.js';
import { createSigner } from '../../src/pki/issue/signer.js';
import type { KeyType } from '../../src/pki/keys/key-types.js';
import { generatePrivateKey } from '../../src/pki/keys/keys.js';
import { readRevocationList } from '../../src/pki/read/read-revocation-list.js';
import { x509 } from '../../src/pki/read/x509.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const moments = {
  thisUpdate: new Date('2026-11-21T09:00:00Z'),
  nextUpdate: new Date('2026-11-22T10:00:00Z'),
};
const validity = { notBefore: moments.thisUpdate, notAfter: moments.nextUpdate };
const entries = (count: number) =>
  Array.from({ length: count }, () => ({
    serialNumber: randomSerialNumber(),
    revokedAt: moments.thisUpdate,
  }));

async function listOf(count: number, type: KeyType = 'ec-p256') {
  const authority = await createAuthority({ key: type, validity });
  const list = signRevocationList({ number: 1, revocations: entries(count), ...moments }, authority.signer);
  return { authority, list };
}

function said(der: Buffer) {
  const read = readRevocationList(der);
  return (
    read && {
      serialNumbers: [...read.serialNumbers],
      thisUpdate: read.thisUpdate,
      nextUpdate: read.nextUpdate,
      issuer: read.issuer.toString('hex'),
    }
  );
}

function plain(der: Buffer) {
  const read = new x509.X509Crl(new Uint8Array(der));
  return {
    serialNumbers: [...new Set(read.entries.map(({ serialNumber }) => serialNumber))],
    thisUpdate: read.thisUpdate,
    nextUpdate: read.nextUpdate,
    issuer: Buffer.from(read.issuerName.toArrayBuffer()).toString('hex'),
  };
}

test.each(['ec-p256', 'ec-p384', 'rsa-2048'] as const)(
  'a list of a CA with a key of type %s',
  async (type) => {
    const { authority, list } = await listOf(3, type);
    const other = await createAuthority({ key: type, validity });
    expect(said(list.der)).toEqual(plain(list.der));
    const serials = list.revocations.map(({ serialNumber }) => serialNumber);
    expect(verifyRevocationList(list.der, authority.certificate, serials, NOW)).toEqual([]);
    expect(verifyRevocationList(list.der, other.certificate, serials, NOW)).toEqual([
      'the CA did not sign it',
    ]);
    const { publicKey } = type.startsWith('rsa')
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(readRevocationList(list.der)?.isSignedBy(publicKey)).toBe(false);
    expect(verifyRevocationList(list.der, authority.certificate, ['0a'], validity.notAfter)).toEqual([
      'it has ended',
      'it does not list 0a',
    ]);
    expect(verifyRevocationList(list.der, authority.certificate, [], new Date(0))).toEqual([
      'it has not begun',
    ]);
    expect(verifyRevocationList(Buffer.from('no list'), authority.certificate, [], NOW)).toEqual([
      'it cannot be read',
    ]);
  },
);

test('a list that others made: no number, no end, reasons for the entries', async () => {
  const keys = await new Crypto().subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const made = await x509.X509CrlGenerator.create(
    {
      issuer: 'CN=Another CA',
      thisUpdate: moments.thisUpdate,
      entries: [{ serialNumber: '0a', revocationDate: NOW, reason: x509.X509CrlReason.keyCompromise }],
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      signingKey: keys.privateKey,
    },
    new Crypto() as never,
  );
  expect(said(Buffer.from(made.rawData))).toMatchObject({
    serialNumbers: ['0a'],
    thisUpdate: moments.thisUpdate,
    nextUpdate: undefined,
  });
});

test('bytes that were changed are no list, or one that its CA did not sign', async () => {
  const { authority, list } = await listOf(2);
  const key = authority.certificate.x509Certificate.publicKey;
  let read = 0;
  fc.assert(
    fc.property(fc.nat(list.der.length - 1), fc.nat(255), (at, byte) => {
      const der = Buffer.from(list.der);
      der[at] = byte;
      const changed = readRevocationList(der);
      if (changed === undefined || der.equals(list.der)) return;
      read++;
      expect(changed.isSignedBy(key)).toBe(false);
    }),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(50);
});

test('a list of 120,000 is made, read and checked', async () => {
  const signer = createSigner(authorityName('00000000'), await generatePrivateKey('ec-p256'));
  const revocations = entries(120_000);
  const list = signRevocationList({ number: 7, revocations, ...moments }, signer);
  const read = readRevocationList(list.der);
  expect(read?.serialNumbers.size).toBe(120_000);
  expect(read?.serialNumbers.has(revocations.at(-1)?.serialNumber ?? '')).toBe(true);
});
