// What adds to a set or revokes in it leaves the other clients' files unread; what it says of them stays right.
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  addClients,
  type CertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  revokeClient,
  verifyCertificateSet,
} from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { findProblems } from '../support/set-checker.js';

const CLIENTS = ['alice', 'spiffe://example.test/x', 'CN=app,2.5.4.99=#0c0178'];
const original = join(temporaryFolderForAll(), 'certs');

beforeAll(async () => {
  await ensureCertificateSet(original, {
    layouts: ['nginx', 'grpc', 'postgres'],
    key: 'ec-p256',
    clients: CLIENTS,
  });
});

function copy(): string {
  const folder = join(temporaryFolder(), 'certs');
  cpSync(original, folder, { recursive: true });
  return folder;
}

const said = (set: CertificateSet) =>
  set.credentials.map(({ name, fileName, identity, pem, privateKey }) => [
    name,
    fileName,
    identity,
    pem,
    privateKey.pem,
  ]);

test('a set to which a client was added is the set that is in the folder', async () => {
  const folder = copy();
  const { set, manifest } = await addClients(folder, ['bob']);
  expect(said(set)).toEqual(said(await loadCertificateSet(folder)));
  expect(findProblems(folder)).toEqual([]);
  const before = JSON.parse(readFileSync(join(original, 'set.json'), 'utf8'));
  expect(manifest.certificates.filter(({ name }) => name !== 'bob')).toEqual(before.certificates);
  expect(manifest.files).toEqual(expect.arrayContaining(before.files));
  expect((await verifyCertificateSet(folder, { handshakes: false })).result).toBe('right');
});

test('one that is revoked is so in every part of the manifest, by the number of its certificate', async () => {
  const folder = copy();
  const path = join(folder, 'set.json');
  const text = readFileSync(path, 'utf8');
  const { serialNumber } = (await loadCertificateSet(folder)).client('alice').certificate;
  // A manifest that gives another number is not believed.
  writeFileSync(path, text.replaceAll(serialNumber, '0a'.repeat(16)));
  const { manifest, set } = await revokeClient(folder, 'alice');
  expect(manifest.revocationList.revocations.map((line) => line.serialNumber)).toContain(serialNumber);
  expect(manifest.certificates.find(({ name }) => name === 'alice')).toMatchObject({
    serialNumber,
    revokedAt: expect.any(String),
  });
  expect(set.revokedAt(set.client('alice').certificate)).toBeInstanceOf(Date);
  expect((await verifyCertificateSet(folder, { handshakes: false })).result).toBe('right');
});

test.each([
  ['missing', (path: string) => rmSync(path), 'nginx/alice.pem is missing'],
  [
    'a link',
    (path: string) => {
      rmSync(path);
      symlinkSync('alice.key', path);
    },
    'nginx/alice.pem is not a regular file any more',
  ],
])('a file of another client that is %s is told of', async (_what, spoil, problem) => {
  const folder = copy();
  spoil(join(folder, 'nginx', 'alice.pem'));
  for (const change of [
    () => addClients(folder, ['bob']),
    () => revokeClient(folder, CLIENTS[1] as string),
  ]) {
    await expect(change()).rejects.toMatchObject({
      code: 'ERR_SET_DAMAGED',
      message: expect.stringContaining(problem),
    });
  }
});

test('a file of another client that was changed is told of where it is read, and by the next run', async () => {
  const folder = copy();
  for (const layout of ['nginx', 'grpc']) writeFileSync(join(folder, layout, 'alice.pem'), 'changed\n');
  writeFileSync(join(folder, 'postgres', 'alice', 'postgresql.crt'), 'changed\n');
  const { set } = await addClients(folder, ['bob']);
  expect(set.client('bob').certificate.isOf(set.client('bob').privateKey)).toBe(true);
  expect(() => set.client('alice').certificate).toThrow(
    expect.objectContaining({ code: 'ERR_SET_DAMAGED', message: expect.stringContaining('was changed') }),
  );
  await expect(loadCertificateSet(folder)).rejects.toMatchObject({ code: 'ERR_SET_DAMAGED' });
  const { outcome, made } = await ensureCertificateSet(folder);
  expect(outcome).toBe('updated');
  expect(made).toContain('nginx/alice.pem');
  expect(findProblems(folder)).toEqual([]);
});
