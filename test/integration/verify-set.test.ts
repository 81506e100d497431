// verify of the set by itself: all findings, not just the first.
import { chmodSync, copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createCertificateSet,
  FLAWS,
  readManifest,
  revokeClient,
  verifyCertificateSet,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';

async function makeFolder() {
  const folder = temporaryFolder();
  const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice', 'bob'], untrusted: 'all' });
  await writeCertificateSet(set, folder);
  return { folder, file: (name: string) => join(folder, name), set };
}

describe('verifyCertificateSet', () => {
  test('finds a fresh set right, in memory and in its folder', async () => {
    const { folder, set } = await makeFolder();
    for (const from of [set, folder]) {
      const report = await verifyCertificateSet(from, { strict: true });
      expect(report.rows.filter(({ verdict }) => verdict !== 'right')).toEqual([]);
      expect(report.result).toBe('right');
      const shaken = report.rows.filter(({ name }) => name.startsWith('handshake')).map(({ name }) => name);
      expect(shaken).toEqual([
        ...['handshake, client alice', 'handshake, client bob', 'handshake, no certificate'],
        ...FLAWS.filter((flaw) => !flaw.needsNameConstraints && !flaw.needsIntermediates).map(
          ({ name }) => `handshake, untrusted ${name}`,
        ),
      ]);
    }
  });

  test('of every key type, with name constraints and a revoked client', async () => {
    const { folder } = await makeFolder();
    await revokeClient(folder, 'bob');
    const report = await verifyCertificateSet(folder);
    expect(report.result).toBe('right');
    expect(report.rows.find(({ name }) => name === 'handshake, client bob, revoked')).toMatchObject({
      observed: 'refused',
      by: 'CERT_REVOKED',
    });
    for (const key of ['rsa-2048', 'ec-p384'] as const) {
      const set = await createCertificateSet({
        key,
        caKey: key,
        names: ['10.0.0.1', 'x.test'],
        nameConstraints: true,
      });
      expect(await verifyCertificateSet(set)).toMatchObject({ result: 'right' });
    }
  });

  test('gives all findings of a damaged set', async () => {
    const { folder, file } = await makeFolder();
    rmSync(file('nginx/alice.key'));
    truncateSync(file('nginx/bob.pem'));
    copyFileSync(file('grpc/bob.key'), file('grpc/alice.key'));
    copyFileSync(file('grpc/untrusted-expired.pem'), file('grpc/server.pem'));
    writeFileSync(file('nginx/client_cert_ca.crl'), 'no list');
    chmodSync(file('authority/ca.key'), 0o644);
    const { rows, result } = await verifyCertificateSet(folder);
    expect(result).toBe('wrong');
    const wrong = rows
      .filter(({ verdict }) => verdict === 'wrong')
      .map(({ name, note }) => `${name}: ${note}`);
    for (const finding of [
      'nginx/alice.key: is missing',
      'nginx/bob.pem: was changed',
      'grpc/alice.key: was changed',
      'grpc/server.pem: was changed',
      'nginx/client_cert_ca.crl: was changed',
      'authority/ca.key: has mode 0644, not 0600',
      'nginx/client_cert_ca.crl: it holds no revocation list',
    ]) {
      expect(wrong).toContain(finding);
    }
    const all = wrong.join('\n');
    expect(all).toMatch(/certificate alice: .*nginx\/alice.key holds no private key/);
    expect(all).toMatch(/certificate alice: .*grpc\/alice.key is not the key of grpc\/alice.pem/);
    expect(all).toMatch(/certificate bob: nginx\/bob.pem holds no certificate/);
    expect(all).toMatch(
      /certificate server: .*another certificate than the manifest names.*it ended.*not for a server/,
    );
    expect(rows.at(-1)).toMatchObject({ name: 'handshakes', verdict: 'inconclusive' });
  });

  test('sees through a manifest that was changed with the files', async () => {
    const { folder, file } = await makeFolder();
    const other = await createCertificateSet({ key: 'ec-p256' });
    // Another CA's server certificate, with a manifest that says it belongs here.
    const manifest = JSON.parse(readFileSync(file('set.json'), 'utf8'));
    const server = manifest.certificates.find(({ role }: { role: string }) => role === 'server');
    const { createHash } = await import('node:crypto');
    for (const [name, content] of [
      ['server.pem', other.server.pem],
      ['server.key', other.server.privateKey.pem],
    ] as const) {
      for (const layout of ['nginx', 'grpc']) {
        writeFileSync(file(`${layout}/${name}`), content);
        const entry = manifest.files.find(({ path }: { path: string }) => path === `${layout}/${name}`);
        entry.sha256 = createHash('sha256').update(content).digest('hex');
      }
    }
    server.sha256 = other.server.certificate.sha256;
    writeFileSync(file('set.json'), JSON.stringify(manifest));
    const { rows, result } = await verifyCertificateSet(folder);
    expect(result).toBe('wrong');
    expect(rows.find(({ name }) => name === 'certificate server')?.note).toContain('the CA did not sign it');
  });

  test('sees that a list of before a revocation was put back', async () => {
    const { folder, file } = await makeFolder();
    const before = readFileSync(file('nginx/client_cert_ca.crl'), 'utf8');
    await revokeClient(folder, 'bob');
    const manifest = JSON.parse(readFileSync(file('set.json'), 'utf8'));
    writeFileSync(file('nginx/client_cert_ca.crl'), before);
    const { createHash } = await import('node:crypto');
    const entry = manifest.files.find(({ path }: { path: string }) => path === 'nginx/client_cert_ca.crl');
    entry.sha256 = createHash('sha256').update(before).digest('hex');
    writeFileSync(file('set.json'), JSON.stringify(manifest));
    const { rows, result } = await verifyCertificateSet(folder);
    expect(result).toBe('wrong');
    expect(rows.find(({ name }) => name === 'nginx/client_cert_ca.crl')?.note).toMatch(
      /^it does not list [0-9a-f]{32}$/,
    );
  });

  test('warns under a quarter of the life, and fails where the set has ended', async () => {
    const folder = temporaryFolder();
    const set = await createCertificateSet({ key: 'ec-p256', validFor: '8s' });
    await writeCertificateSet(set, folder);
    const { expiresAt } = await readManifest(folder);
    const left = () => Date.parse(expiresAt) - Date.now();
    await expect.poll(left, { timeout: 20_000 }).toBeLessThan(1900);
    const soon = await verifyCertificateSet(folder);
    // A slow machine may have let it end meanwhile.
    if (left() > 0) {
      expect(soon.rows.find(({ name }) => name === 'time left')).toMatchObject({ verdict: 'warning' });
    }
    await expect.poll(left, { timeout: 20_000 }).toBeLessThan(-1000);
    const ended = await verifyCertificateSet(folder);
    expect(ended.result).toBe('wrong');
    expect(ended.rows.find(({ name }) => name === 'time left')?.note).toMatch(/^the set ended \d+ s ago$/);
    expect(ended.rows.find(({ name }) => name === 'certificate server')?.note).toContain('it ended');
  });

  test('has nothing to say of a folder without a set', async () => {
    await expect(verifyCertificateSet(temporaryFolder())).rejects.toMatchObject({
      code: 'ERR_SET_NOT_FOUND',
    });
  });
});
