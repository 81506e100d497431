// The certificates as other people's verifiers see them: OpenSSL with its strict checks, and GnuTLS.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { KEY_TYPES } from '../../src/index.js';
import type { Manifest } from '../../src/store/manifest/manifest.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { certtoolVerify, opensslText, opensslVerify } from '../support/openssl.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');
const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';
const DAY_MS = 86_400_000;

interface MadeSet {
  readonly file: (name: string) => string;
  readonly manifest: Manifest;
}

const folders = temporaryFolderForAll();
const made = new Map<string, MadeSet>();

/** A set that is only read: tests with the same arguments share it. */
function makeSet(...args: string[]): MadeSet {
  const known = made.get(args.join(' '));
  if (known !== undefined) return known;
  const folder = join(folders, String(made.size));
  const { status, stdout, stderr } = generateCerts(['--out', folder, '--json', ...args]);
  expect({ status, stderr: stderr.replace(/^.*(?:warning|hint).*\n/gm, '') }).toEqual({
    status: 0,
    stderr: '',
  });
  const set = { file: (name: string) => join(folder, name), manifest: JSON.parse(stdout) };
  made.set(args.join(' '), set);
  return set;
}

const CLIENTS = ['client', 'alice@example.test', 'spiffe://example.test/a', '10.0.0.9', 'c.test', 'José B'];
const withClients = (clients: readonly string[], layout = 'grpc') => [
  '-l',
  layout,
  ...clients.flatMap((name) => ['-c', name]),
];
const withCaKey = (key: string) => [...withClients(CLIENTS), '--key', 'ec-p256', '--ca-key', key];

describe.skipIf(!tools.openssl || !tools.certtool)('the certificates', () => {
  const NOT_FOR_GRPC: ReadonlySet<string> = new Set(['ec-p521', 'ed25519']);
  const requests = [
    ...KEY_TYPES.map((key) => ({
      title: `${key} leaves`,
      // RSA keys take long, and their certificates differ from others by nothing that depends on the client.
      args: [
        ...withClients(key.startsWith('rsa') ? ['client'] : CLIENTS, NOT_FOR_GRPC.has(key) ? 'tls' : 'grpc'),
        ...['--key', key],
      ],
    })),
    ...KEY_TYPES.map((key) => ({ title: `${key} CA`, args: withCaKey(key) })),
    { title: 'name constraints', args: [...withClients(CLIENTS), '--key', 'ec-p256', '--name-constraints'] },
  ];
  test.each(requests)('pass strict verification by OpenSSL and GnuTLS: $title', ({ args }) => {
    const { file, manifest } = makeSet(...args);
    const ca = file('ca.pem');
    expect(opensslVerify(['-x509_strict', '-CAfile', ca, ca])).toBe('');
    for (const { role, files, flaw } of manifest.certificates.slice(1)) {
      const path = file((files.grpc ?? files.tls)?.certificate ?? '');
      const [purpose, oid] = role === 'server' ? ['sslserver', SERVER] : ['sslclient', CLIENT];
      const strict = opensslVerify(['-x509_strict', '-purpose', purpose, '-CAfile', ca, path]);
      const gnutls = certtoolVerify(ca, path, oid);
      if (flaw === null) {
        expect(strict).toBe('');
        expect(gnutls).toContain('Chain verification output: Verified. The certificate is trusted.');
      } else {
        expect(strict).toMatch(/error 20 at 0 depth lookup/);
        expect(gnutls).toContain('Not verified');
      }
      // A certificate for calling does not serve, and the other way round.
      const wrong = role === 'server' ? 'sslclient' : 'sslserver';
      if (flaw === null) expect(opensslVerify(['-purpose', wrong, '-CAfile', ca, path])).toMatch(/error 26/);
    }
  });

  test('of the CA and the leaves have the extensions of their profile', () => {
    const { file } = makeSet('-l', 'nginx');
    const ca = opensslText(file('ca.pem'));
    expect(ca).toMatch(
      /Subject: CN=generate-certs test CA [0-9a-f]{8}, O=generate-certs, OU=development only/,
    );
    expect(ca).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\s/);
    expect(ca).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
    expect(ca).toContain('Subject Key Identifier');
    for (const [name, purpose] of [
      ['server', 'TLS Web Server Authentication'],
      ['client', 'TLS Web Client Authentication'],
    ]) {
      const leaf = opensslText(file(`${name}.pem`));
      expect(leaf).toContain('Version: 3 (0x2)');
      expect(leaf).toMatch(/Basic Constraints: critical\s+CA:FALSE\s/);
      expect(leaf).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\s/);
      expect(leaf).toMatch(new RegExp(`Extended Key Usage: \\s+${purpose}\\s`));
      expect(leaf).toContain('Subject Key Identifier');
      expect(leaf).toContain('Authority Key Identifier');
    }
    expect(opensslText(file('client.pem'))).not.toContain('Subject Alternative Name');
    const authority = (text: string) => text.match(/Authority Key Identifier: \s+(\S+)/)?.[1];
    const own = ca.match(/Subject Key Identifier: \s+(\S+)/)?.[1];
    expect(authority(opensslText(file('server.pem')))).toBe(own);
    expect(authority(opensslText(file('untrusted-unknown-ca.pem')))).not.toBe(own);
  });

  test('are signed with the hash that goes with the key of the CA', () => {
    const hashes: Record<string, string> = { 'ec-p384': 'SHA384', 'ec-p521': 'SHA512', ed25519: 'ED25519' };
    for (const key of KEY_TYPES) {
      const { file } = makeSet(...withCaKey(key));
      const hash = hashes[key] ?? 'SHA256';
      expect(opensslText(file('server.pem'))).toMatch(new RegExp(`Signature Algorithm: .*${hash}`, 'i'));
    }
  });

  test('the server of api.test and 10.0.0.7 is right for these and for no other', () => {
    const { file, manifest } = makeSet('-l', 'nginx', 'api.test', '10.0.0.7');
    const text = opensslText(file('server.pem'));
    expect(text).toContain('Subject: CN=api.test\n');
    expect(text).toContain('DNS:api.test, IP Address:10.0.0.7\n');
    expect(manifest.certificates[1]).toMatchObject({
      role: 'server',
      subject: 'CN=api.test',
      subjectAltNames: ['DNS:api.test', 'IP:10.0.0.7'],
    });
    const verify = (...name: string[]) =>
      opensslVerify([...name, '-CAfile', file('ca.pem'), file('server.pem')]);
    expect(verify('-verify_hostname', 'api.test')).toBe('');
    expect(verify('-verify_ip', '10.0.0.7')).toBe('');
    for (const other of ['localhost', 'www.api.test', 'test', '10.0.0.7']) {
      expect(verify('-verify_hostname', other)).toMatch(/error 62/);
    }
    for (const other of ['10.0.0.8', '127.0.0.1', '::1'])
      expect(verify('-verify_ip', other)).toMatch(/error 64/);
  });

  test('localhost brings both loopback addresses', () => {
    const { file } = makeSet('-l', 'grpc');
    const verify = (...name: string[]) =>
      opensslVerify([...name, '-CAfile', file('ca.pem'), file('server.pem')]);
    expect(verify('-verify_hostname', 'localhost')).toBe('');
    expect(verify('-verify_ip', '127.0.0.1')).toBe('');
    expect(verify('-verify_ip', '::1')).toBe('');
  });

  test('a name over 64 characters stands in the SAN alone', () => {
    const name = `${'a'.repeat(60)}.api.test`;
    const { file } = makeSet('-l', 'grpc', name, '-c', `c.${name}`);
    for (const leaf of ['server', `c.${name}`]) {
      expect(opensslText(file(`${leaf}.pem`))).toContain('Subject: O=generate-certs\n');
    }
    expect(opensslVerify(['-verify_hostname', name, '-CAfile', file('ca.pem'), file('server.pem')])).toBe('');
  });

  test('a wildcard and an international name verify for the names they stand for', () => {
    const { file } = makeSet('-l', 'grpc', '*.api.test', 'münchen.test');
    const verify = (name: string) =>
      opensslVerify(['-verify_hostname', name, '-CAfile', file('ca.pem'), file('server.pem')]);
    expect(verify('a.api.test')).toBe('');
    expect(verify('xn--mnchen-3ya.test')).toBe('');
    expect(verify('a.b.api.test')).toMatch(/error 62/);
    expect(verify('api.test')).toMatch(/error 62/);
  });

  test('all end within 24 hours, begin five minutes ago, and bear serial numbers of their own', () => {
    const before = Date.now();
    const { file, manifest } = makeSet('--clients', '5', '--key', 'ec-p256');
    const now = Date.now();
    const serials = new Set<string>();
    for (const certificate of manifest.certificates) {
      const [begins, ends] = [Date.parse(certificate.notBefore), Date.parse(certificate.notAfter)];
      expect(ends).toBe(Date.parse(manifest.expiresAt));
      expect(ends).toBeLessThanOrEqual(now + DAY_MS);
      expect(begins).toBeGreaterThanOrEqual(before - 301_000);
      expect(begins).toBeLessThanOrEqual(now - 300_000);
      expect(certificate.serialNumber).toMatch(/^(?!00)[0-9a-f]{32}$/);
      serials.add(certificate.serialNumber);
      const [path] = Object.values(certificate.files).map((parts) => parts.certificate ?? '');
      const said = run('openssl', [
        'x509',
        '-in',
        file(path ?? ''),
        '-noout',
        '-serial',
        '-enddate',
        '-fingerprint',
        '-sha256',
      ]);
      expect(said.stdout.toLowerCase()).toContain(`serial=${certificate.serialNumber}`);
      expect(said.stdout.toLowerCase().replaceAll(':', '')).toContain(certificate.sha256);
      expect(Date.parse(said.stdout.match(/notAfter=(.*)/)?.[1] ?? '')).toBe(ends);
    }
    serials.add(manifest.revocationList.reservedSerialNumber);
    expect(serials.size).toBe(manifest.certificates.length + 1);
  });

  test("the CRL is the CA's, ends with it, and lists the reserved serial alone", () => {
    const { file, manifest } = makeSet('-l', 'nginx');
    const crl = run('openssl', [
      'crl',
      '-in',
      file('client_cert_ca.crl'),
      '-noout',
      '-text',
      '-CAfile',
      file('ca.pem'),
    ]);
    expect(crl.stderr).toContain('verify OK');
    expect(crl.stdout).toContain('Version 2 (0x1)');
    expect(crl.stdout).toMatch(/X509v3 CRL Number: \s+1\s/);
    expect(crl.stdout).toContain('Authority Key Identifier');
    expect(crl.stdout.match(/Serial Number: \S+/g)).toEqual([
      `Serial Number: ${manifest.revocationList.reservedSerialNumber.toUpperCase()}`,
    ]);
    const nextUpdate = crl.stdout.match(/Next Update: (.*)/)?.[1] ?? '';
    expect(Date.parse(nextUpdate)).toBe(Date.parse(manifest.expiresAt));
    const checked = ['-crl_check', '-CRLfile', file('client_cert_ca.crl'), '-CAfile', file('ca.pem')];
    expect(opensslVerify([...checked, file('client.pem')])).toBe('');
  });

  test('a CA with name constraints signs the names asked for and no other', () => {
    const { file } = makeSet(
      '-l',
      'grpc',
      '--name-constraints',
      '*.api.test',
      'localhost',
      '-c',
      'client',
      '-c',
      'c.test',
    );
    const ca = opensslText(file('ca.pem'));
    expect(ca).toMatch(
      /Name Constraints: critical\s+Permitted:\s+DNS:api.test\s+DNS:localhost\s+DNS:c.test\s/,
    );
    expect(opensslText(file('client.pem'))).toContain('URI:urn:generate-certs:client');
    // A leaf for another name, signed by the very key of the CA.
    const folder = temporaryFolder();
    const leaf = join(folder, 'other.pem');
    const signed = run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=other.test', '-addext', 'subjectAltName=DNS:other.test'],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ...[
        '-CA',
        file('ca.pem'),
        '-CAkey',
        file('authority/ca.key'),
        '-keyout',
        join(folder, 'other.key'),
        '-out',
        leaf,
      ],
    ]);
    expect(signed).toMatchObject({ status: 0 });
    expect(opensslVerify(['-CAfile', file('ca.pem'), leaf])).toMatch(/error 47 at 0 depth lookup/);
  });

  test('below name constraints a server of addresses alone verifies too', () => {
    const { file } = makeSet('-l', 'grpc', '--name-constraints', '10.0.0.7', '-c', 'worker.test');
    expect(opensslText(file('server.pem'))).toContain('Subject: O=generate-certs\n');
    const verified = [
      '-x509_strict',
      '-verify_ip',
      '10.0.0.7',
      '-CAfile',
      file('ca.pem'),
      file('server.pem'),
    ];
    expect(opensslVerify(verified)).toBe('');
    expect(certtoolVerify(file('ca.pem'), file('server.pem'), SERVER)).toContain('is trusted');
  });

  test('dhparam.pem is the group ffdhe3072 of RFC 7919', () => {
    const { file } = makeSet('-l', 'nginx');
    const { stdout } = run('openssl', ['dhparam', '-in', file('dhparam.pem'), '-noout', '-text']);
    expect(stdout).toContain('GROUP: ffdhe3072');
  });

  test('each private key is the one of its certificate, and no two are the same', () => {
    const { file, manifest } = makeSet('-l', 'grpc', '-c', 'alice', '-c', 'bob');
    const publicKeys = new Set<string>();
    for (const { files } of manifest.certificates) {
      const { certificate, key } = files.authority ?? files.grpc ?? {};
      const ofKey = run('openssl', ['pkey', '-in', file(key ?? ''), '-pubout']).stdout;
      const ofCertificate = run('openssl', [
        'x509',
        '-in',
        file(certificate ?? ''),
        '-noout',
        '-pubkey',
      ]).stdout;
      expect(ofKey).toContain('BEGIN PUBLIC KEY');
      expect(ofKey).toBe(ofCertificate);
      publicKeys.add(ofKey);
    }
    expect(publicKeys.size).toBe(manifest.certificates.length);
  });

  test('server.pem holds the certificate of the server, then the one of the CA', () => {
    const { file } = makeSet('-l', 'nginx');
    const blocks = readFileSync(file('server.pem'), 'utf8').match(
      /-----BEGIN[\s\S]+?END CERTIFICATE-----\n/g,
    );
    expect(blocks).toHaveLength(2);
    expect(blocks?.[1]).toBe(readFileSync(file('ca.pem'), 'utf8'));
    expect(readdirSync(file('.')).sort()).toContain('client_cert_ca.pem');
  });
});
