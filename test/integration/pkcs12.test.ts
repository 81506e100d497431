import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';

const tools = inject('tools');
const PASSWORD = 'pässword-1';
const FORMS = [
  { form: 'AES-256 and SHA-256', legacy: false },
  { form: 'triple DES and SHA-1', legacy: true },
];

const makeSet = (key: 'rsa-2048' | 'ec-p256' = 'ec-p256') =>
  createCertificateSet({ layouts: ['grpc'], key, clients: ['alice'], untrusted: 'none' });

const run = (program: string, args: string[], input = '') =>
  execFileSync(program, args, { input, stdio: 'pipe', encoding: 'utf8' });

/** The base64 of every PEM block of a kind, as it stands in a text. */
const blocks = (text: string, label: string) =>
  [...text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END`, 'g'))].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('hex'),
  );

describe.each(FORMS)('a PKCS #12 keystore with $form', ({ legacy }) => {
  test.runIf(tools.openssl).each(['rsa-2048', 'ec-p256'] as const)(
    'holds the same key and certificates for OpenSSL, with a key of type %s',
    async (key) => {
      const folder = temporaryFolder();
      const set = await makeSet(key);
      const file = join(folder, 'server.p12');
      writeFileSync(file, set.server.pkcs12({ password: PASSWORD, friendlyName: 'schlüssel', legacy }));
      const open = ['pkcs12', '-in', file, '-passin', 'stdin', '-nodes'];
      const text = run('openssl', open, `${PASSWORD}\n`);
      const [server, authority] = [set.server.certificate.der, set.authority.certificate.der];
      expect(blocks(text, 'CERTIFICATE').sort()).toEqual(
        [server.toString('hex'), authority.toString('hex')].sort(),
      );
      const [pem = ''] = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(text) ?? [];
      expect(createPrivateKey(pem).equals(set.server.privateKey.keyObject)).toBe(true);
      const { stderr } = spawnSync('openssl', [...open, '-info', '-noout'], {
        input: `${PASSWORD}\n`,
        encoding: 'utf8',
      });
      expect(stderr).toContain(legacy ? 'MAC: sha1, Iteration 2048' : 'MAC: sha256, Iteration 2048');
      expect(stderr).toContain(legacy ? 'pbeWithSHA1And3-KeyTripleDES-CBC' : 'PBES2, PBKDF2, AES-256-CBC');
    },
  );

  test('opens a connection for Node, with the CA in it', async () => {
    const set = await makeSet();
    const server = https.createServer(
      { pfx: set.server.pkcs12({ password: PASSWORD, legacy }), passphrase: PASSWORD, requestCert: true },
      (request, response) =>
        response.end((request.socket as import('node:tls').TLSSocket).getPeerCertificate().subject.CN),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const pfx = set.client('alice').pkcs12({ password: PASSWORD, legacy });
      const body = await new Promise<string>((resolve, reject) => {
        https
          .get(
            { host: '127.0.0.1', port, servername: 'localhost', pfx, passphrase: PASSWORD, agent: false },
            (response) => {
              response.setEncoding('utf8').on('data', resolve);
            },
          )
          .on('error', reject);
      });
      expect(body).toBe('alice');
    } finally {
      server.close();
    }
  });

  test.runIf(tools.keytool)('has one key entry with its chain for Java', async () => {
    const folder = temporaryFolder();
    const set = await makeSet();
    const file = join(folder, 'server.p12');
    writeFileSync(file, set.server.pkcs12({ friendlyName: 'server', legacy }));
    const store = ['-keystore', file, '-storepass:env', 'STORE_PASSWORD'];
    const keytool = (...args: string[]) =>
      execFileSync('keytool', args, {
        env: { ...process.env, STORE_PASSWORD: 'changeit' },
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const listed = keytool('-list', '-v', ...store);
    expect(listed).toContain('Your keystore contains 1 entry');
    expect(listed).toContain('Alias name: server');
    expect(listed).toContain('Entry type: PrivateKeyEntry');
    expect(listed).toContain('Certificate chain length: 2');
    expect(blocks(keytool('-list', '-rfc', ...store), 'CERTIFICATE')).toEqual(
      [set.server.certificate, set.authority.certificate].map(({ der }) => der.toString('hex')),
    );
    // The old type's name is taken as well.
    expect(keytool('-list', '-storetype', 'JKS', ...store)).toContain('server');
  });

  test.runIf(tools.keytool)('of the CA alone is a trusted entry for Java', async () => {
    const folder = temporaryFolder();
    const set = await makeSet();
    const file = join(folder, 'truststore.p12');
    writeFileSync(file, set.server.truststore({ legacy }));
    const listed = execFileSync('keytool', ['-list', '-rfc', '-keystore', file, '-storepass', 'changeit'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(listed).toContain('Entry type: trustedCertEntry');
    expect(listed).toContain('Alias name: ca');
    expect(blocks(listed, 'CERTIFICATE')).toEqual([set.authority.certificate.der.toString('hex')]);
  });

  test.runIf(tools.openssl)('opens with no other password', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'server.p12');
    writeFileSync(file, (await makeSet()).server.pkcs12({ password: PASSWORD, legacy }));
    const { status, stderr } = spawnSync(
      'openssl',
      ['pkcs12', '-in', file, '-passin', 'pass:other', '-noout'],
      {
        encoding: 'utf8',
      },
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain('invalid password');
  });
});

describe('other formats of a credential', () => {
  test('are the same key and certificate', async () => {
    const set = await makeSet();
    const { server } = set;
    expect(server.combinedPem).toBe(`${server.pem}${server.privateKey.pem}`);
    expect(server.der).toEqual(server.certificate.der);
    expect(server.sec1).toContain('BEGIN EC PRIVATE KEY');
    expect(createPrivateKey(server.sec1).equals(server.privateKey.keyObject)).toBe(true);
    expect(() => server.pkcs1).toThrow(expect.objectContaining({ code: 'ERR_KEY_FORMAT' }));
    const rsa = (await makeSet('rsa-2048')).server;
    expect(rsa.pkcs1).toContain('BEGIN RSA PRIVATE KEY');
    expect(createPrivateKey(rsa.pkcs1).equals(rsa.privateKey.keyObject)).toBe(true);
    expect(() => rsa.sec1).toThrow(expect.objectContaining({ code: 'ERR_KEY_FORMAT' }));
  });

  test('refuse what is no password, without telling it', async () => {
    const { server } = await makeSet();
    for (const options of [{ password: '' }, { password: 7 as unknown as string }, { friendlyName: '' }]) {
      expect(() => server.pkcs12(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    }
    expect(() => server.pkcs12({ pasword: 'secret' } as object)).toThrow(/'pasword' is not an option/);
  });
});
