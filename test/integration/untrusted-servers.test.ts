// Servers to refuse as files of a set: through a first run, reruns, renewal, show, verify and clean.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createCertificateSet,
  loadCertificateSet,
  SERVER_FLAWS,
  temporaryCertificates,
} from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { generateCerts } from '../support/program.js';

const KEY = ['--key', 'ec-p256', '--layout', 'grpc'];

interface Entry {
  readonly role: string;
  readonly name: string;
  readonly flaw: string | null;
  readonly serialNumber: string;
}

/** A folder with the program's runs in it. */
function workplace() {
  const cwd = temporaryFolder();
  const run = (...args: string[]) => generateCerts(args, { cwd });
  const entries = (): Entry[] =>
    JSON.parse(readFileSync(join(cwd, 'certs', 'set.json'), 'utf8')).certificates;
  const servers = () => entries().filter(({ role }) => role === 'untrusted-server');
  const flaws = () => servers().map(({ flaw }) => flaw);
  return { certs: join(cwd, 'certs'), run, entries, servers, flaws };
}

describe('--untrusted-server', () => {
  test('writes a certificate and a key into each layout', () => {
    const { certs, run, servers } = workplace();
    const flaws = ['--untrusted-server', 'expired', '--untrusted-server', 'wrong-name'];
    expect(run('--key', 'ec-p256', ...flaws).status).toBe(0);
    for (const layout of ['nginx', 'grpc']) {
      for (const flaw of ['expired', 'wrong-name']) {
        const path = join(certs, layout, `untrusted-server-${flaw}`);
        expect(existsSync(`${path}.pem`) && existsSync(`${path}.key`)).toBe(true);
      }
    }
    expect(servers().map(({ name }) => name)).toEqual([
      'untrusted-server-expired',
      'untrusted-server-wrong-name',
    ]);
  });

  test('takes all but what makes no sense below this CA, and says what it left out', () => {
    const { run, flaws } = workplace();
    const made = run(...KEY, '--untrusted-server', 'all');
    expect(made.status).toBe(0);
    expect(flaws()).toEqual(
      SERVER_FLAWS.filter((flaw) => !flaw.needsNameConstraints && !flaw.needsIntermediates).map(
        ({ name }) => name,
      ),
    );
    expect(made.stderr).toContain("'all' leaves out the flaw 'outside-names'");
    expect(run('verify').status).toBe(0);
  });

  test.each(['issued-by-client', 'expird', 'outside-names'])('refuses %s', (flaw) => {
    const { certs, run } = workplace();
    const { status, stderr } = run('--untrusted-server', flaw);
    expect(status).toBe(2);
    expect(stderr).toContain(`'${flaw}'`);
    expect(existsSync(certs)).toBe(false);
  });

  test('is added by a second run, and never taken away', () => {
    const { certs, run, servers, flaws } = workplace();
    run(...KEY, '--untrusted-server', 'expired');
    const [expired] = servers();
    run('--untrusted-server', 'wrong-name');
    expect(flaws()).toEqual(['expired', 'wrong-name']);
    expect(servers()[0]).toEqual(expired);
    for (const again of [[], ['--untrusted-server', 'none'], ['--untrusted-server', 'expired']]) {
      expect(run(...again).stdout).toContain('up to date');
    }
    rmSync(join(certs, 'untrusted-server-wrong-name.key'));
    run();
    expect(flaws()).toEqual(['expired', 'wrong-name']);
    expect(servers()[0]).toEqual(expired);
    expect(run('verify').status).toBe(0);
  });

  test('follows the names of the set, and its renewal', async () => {
    const { certs, run, servers, flaws } = workplace();
    run(...KEY, '--untrusted-server', 'expired', '--untrusted-server', 'revoked');
    const before = servers().map(({ serialNumber }) => serialNumber);
    run('api.test');
    const set = await loadCertificateSet(certs);
    expect(set.untrustedServer('expired').certificate.subjectAltNames).toEqual(['DNS:api.test']);
    expect(set.untrustedServer('revoked').certificate.serialNumber).toBe(set.revokedSerialNumber);
    expect(servers()[0]?.serialNumber).not.toBe(before[0]);
    const renamed = servers()[0]?.serialNumber;
    expect(run('renew').status).toBe(0);
    expect(flaws()).toEqual(['expired', 'revoked']);
    expect(servers()[0]?.serialNumber).not.toBe(renamed);
  });

  test('is in show with its flaw and its signer, and goes with clean', () => {
    const { certs, run } = workplace();
    run(...KEY, '--untrusted-server', 'cn-only', '--untrusted-server', 'issued-by-server');
    const { stdout } = run('show');
    expect(stdout).toMatch(/untrusted-server-cn-only: .+/);
    expect(stdout).toMatch(/untrusted-server-issued-by-server: .+/);
    expect(run('clean').status).toBe(0);
    expect(existsSync(certs) ? readdirSync(certs) : []).toEqual([]);
  });
});

describe('in the library', () => {
  test('a server to refuse is refused by a client, for its flaw', async () => {
    const set = await createCertificateSet({
      key: 'ec-p256',
      layouts: ['grpc'],
      untrustedServers: ['expired'],
    });
    const server = https.createServer(set.untrustedServer('expired').tlsOptions({ clientAuth: 'none' }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const call = new Promise((resolve, reject) => {
        https
          .get(`https://127.0.0.1:${port}/`, set.client('client').tlsOptions(), resolve)
          .on('error', reject);
      });
      await expect(call).rejects.toThrow(expect.objectContaining({ code: 'CERT_HAS_EXPIRED' }));
    } finally {
      server.close();
    }
    expect(() => set.untrustedServer('wrong-name')).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_IN_SET' }),
    );
  });

  test('its files are in a temporary folder too', async () => {
    await using certificates = await temporaryCertificates({
      layouts: ['grpc'],
      untrustedServers: ['wrong-name'],
    });
    expect(readFileSync(certificates.untrustedServer('wrong-name').key, 'utf8')).toContain('PRIVATE KEY');
  });
});
