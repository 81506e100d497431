// Requests (PKCS #10) that others make, signed by a set's CA.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { addServers, createCertificateSet, GenerateCertsError, loadCertificateSet } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { opensslRequest } from '../support/openssl.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');

interface Entry {
  readonly role: string;
  readonly name: string;
  readonly key: string | null;
  readonly subject: string;
  readonly subjectAltNames: string[];
  readonly notAfter: string;
  readonly files: Record<string, Record<string, string>>;
}

function entries(out: string): Entry[] {
  return JSON.parse(readFileSync(join(out, 'set.json'), 'utf8')).certificates;
}

const entryOf = (out: string, name: string) => entries(out).find((entry) => entry.name === name);

describe('a request of openssl', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');

  beforeAll(() => {
    expect(generateCerts(['-q', '-o', out, '-k', 'ec-p256'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('becomes a client, in every layout, without a key', () => {
    const { status, stdout } = generateCerts(['sign', '-o', out, opensslRequest(folder, 'dora')]);
    expect(status).toBe(0);
    expect(stdout).toContain('dora has CN=dora');
    expect(entryOf(out, 'dora')).toMatchObject({
      role: 'client',
      key: null,
      files: {
        nginx: { certificate: 'nginx/dora.pem' },
        grpc: { certificate: 'grpc/dora.pem' },
      },
    });
    expect(Object.keys(entryOf(out, 'dora')?.files.grpc ?? {})).toEqual(['certificate']);
    const verified = run('openssl', [
      ...['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', join(out, 'ca.pem')],
      join(out, 'grpc', 'dora.pem'),
    ]);
    expect(verified).toMatchObject({ status: 0 });
    const publicKey = (...args: string[]) => run('openssl', [...args, '-pubout']).stdout;
    expect(run('openssl', ['x509', '-in', join(out, 'grpc', 'dora.pem'), '-noout', '-pubkey']).stdout).toBe(
      publicKey('pkey', '-in', join(folder, 'dora.key')),
    );
  });

  test('in DER becomes a server; what else it asks for is left out, and said', () => {
    const request = opensslRequest(
      folder,
      'api',
      ...['-outform', 'DER', '-subj', '/CN=api.test'],
      ...[
        '-addext',
        'subjectAltName=DNS:api.test,IP:10.0.0.7,email:ops@api.test,URI:spiffe://example.test/api',
      ],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'],
    );
    const { status, stdout } = generateCerts(['sign', '-o', out, '--as', 'server', '--name', 'api', request]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      'left out of what was asked for: basicConstraints (to be a CA), keyUsage, e-mail address ops@api.test',
    );
    expect(entryOf(out, 'api')).toMatchObject({
      role: 'server',
      key: null,
      subjectAltNames: ['DNS:api.test', 'IP:10.0.0.7', 'URI:spiffe://example.test/api'],
    });
    const text = run('openssl', ['x509', '-in', join(out, 'grpc', 'api.pem'), '-noout', '-text']).stdout;
    expect(text).toContain('CA:FALSE');
    expect(text).not.toContain('Certificate Sign');
  });

  test('is renewed with the set, and made again where its certificate is lost', () => {
    const before = readFileSync(join(out, 'grpc', 'dora.pem'), 'utf8');
    expect(generateCerts(['renew', '-q', '-o', out])).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(out, 'grpc', 'dora.pem'), 'utf8')).not.toBe(before);
    for (const layout of ['grpc', 'nginx']) writeFileSync(join(out, layout, 'dora.pem'), 'lost');
    expect(generateCerts(['-q', '-o', out, '--force'])).toMatchObject({ status: 0 });
    expect(generateCerts(['-q', '-o', out, '--new', '--dry-run'])).toMatchObject({ status: 0 });
    expect(generateCerts(['verify', '-o', out]).status).toBe(0);
    // Under a new CA, too: the manifest has the public half of the key.
    expect(generateCerts(['-q', '-o', out, '--ca-key', 'ec-p384'])).toMatchObject({ status: 0 });
    expect(generateCerts(['verify', '-o', out]).status).toBe(0);
    const { subject } = entryOf(out, 'dora') ?? {};
    expect(subject).toBe('CN=dora');
  });

  test('can be revoked, and rotated to a new CA', () => {
    expect(generateCerts(['revoke', '-o', out, 'dora']).status).toBe(0);
    for (const _ of ['trust', 'issue', 'drop']) {
      expect(generateCerts(['rotate', '-q', '-o', out])).toMatchObject({ status: 0, stderr: '' });
    }
    expect(
      entries(out)
        .filter(({ key }) => key === null)
        .map(({ name }) => name),
    ).toEqual(['api', 'dora']);
    expect(generateCerts(['verify', '-o', out]).status).toBe(0);
  });

  test('by a set in memory gives a credential whose key is elsewhere', async () => {
    const set = await createCertificateSet({ layouts: ['java'] });
    const { credential, leftOut } = await set.sign(readFileSync(join(folder, 'dora.csr'), 'utf8'));
    expect([credential.name, leftOut, credential.isKeyElsewhere]).toEqual(['dora', [], true]);
    expect(() => credential.privateKey).toThrowError(
      expect.objectContaining({ code: 'ERR_KEY_ELSEWHERE' }) as Error,
    );
    const peer = await set.sign(readFileSync(join(folder, 'api.csr')), { as: 'peer', name: 'node-1' });
    expect(peer.credential.certificate.x509Certificate.keyUsage).toEqual([
      '1.3.6.1.5.5.7.3.1',
      '1.3.6.1.5.5.7.3.2',
    ]);
    expect(set.peer('node-1').certificate.sha256).toBe(peer.credential.certificate.sha256);
  });
});

describe('a request', () => {
  // Without keytool, which Debian's JDK has, there is nothing to make this request with.
  test.runIf(tools.keytool)('of keytool is signed, and the keystore takes what comes back', () => {
    const folder = temporaryFolder();
    const [store, request, chain] = ['store.p12', 'dora.csr', 'dora.pem'].map((name) => join(folder, name));
    const keytool = (...args: string[]) =>
      run('keytool', [...args, '-keystore', store ?? '', '-storepass', 'changeit', '-alias', 'dora']);
    expect(
      keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-dname', 'CN=dora').status,
    ).toBe(0);
    expect(keytool('-certreq', '-file', request ?? '', '-ext', 'san=dns:dora.test').status).toBe(0);
    const out = join(folder, 'certs');
    generateCerts(['-q', '-o', out, '-l', 'grpc']);
    expect(generateCerts(['sign', '-o', out, '--as', 'peer', request ?? '']).status).toBe(0);
    const [peer] = entries(out).filter(({ role }) => role === 'peer');
    expect(peer).toMatchObject({ name: 'dora', key: null });
    const pem = readFileSync(join(out, peer?.files.grpc?.certificate ?? ''), 'utf8');
    writeFileSync(chain ?? '', `${pem}${readFileSync(join(out, 'ca.pem'), 'utf8')}`);
    expect(
      keytool('-importcert', '-noprompt', '-file', chain ?? '').stdout + keytool('-list', '-v').stdout,
    ).toContain('Certificate chain length: 2');
  });

  test.runIf(tools.go)('of Go is signed', () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'request.go'),
      `package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
)

func main() {
	key, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: "gopher"},
		DNSNames: []string{},
	}, key)
	if err != nil {
		panic(err)
	}
	pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}
`,
    );
    const made = run('go', ['run', 'request.go'], { cwd: folder, env: { GOTOOLCHAIN: 'local' } });
    expect(made.status, made.stderr).toBe(0);
    writeFileSync(join(folder, 'go.csr'), made.stdout);
    const out = join(folder, 'certs');
    generateCerts(['-q', '-o', out, '-l', 'grpc']);
    expect(generateCerts(['sign', '-o', out, join(folder, 'go.csr')]).stdout).toContain(
      'gopher has CN=gopher',
    );
  });

  test('with a name that the set has already, or one that is none, is refused', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'certs');
    generateCerts(['-q', '-o', out, '-l', 'grpc']);
    await addServers(out, { api: ['api.test'] });
    const before = readFileSync(join(out, 'set.json'), 'utf8');
    const refused = (...args: string[]) => {
      const { status, stderr } = generateCerts(['sign', '-o', out, ...args]);
      expect(status, stderr).toBe(2);
      expect(stderr).toContain('hint: ');
      return stderr;
    };
    expect(refused(opensslRequest(folder, 'client'))).toContain('is in the set already');
    expect(refused('--name', 'api', opensslRequest(folder, 'one'))).toContain('would share the file');
    expect(refused('--as', 'server', '--name', '../up', opensslRequest(folder, 'two'))).toContain(
      "holds '/'",
    );
    expect(refused(opensslRequest(folder, 'none', '-subj', '/'))).toContain('neither a subject nor');
    expect(refused('--as', 'king', opensslRequest(folder, 'three'))).toContain('--as');
    expect(refused('--name', 'x', join(folder, 'one.csr'), join(folder, 'two.csr'))).toContain(
      '--name was given',
    );
    expect(readFileSync(join(out, 'set.json'), 'utf8')).toBe(before);
    expect((await loadCertificateSet(out)).clients).toHaveLength(1);
  });

  test('that is none, is spoiled or has a weak key is refused, and nothing is written', () => {
    const folder = temporaryFolder();
    const out = join(folder, 'certs');
    generateCerts(['-q', '-o', out, '-l', 'grpc']);
    const before = readFileSync(join(out, 'set.json'), 'utf8');
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const good = readFileSync(opensslRequest(folder, 'good', '-outform', 'DER'));
    const spoiled = Buffer.from(good);
    spoiled.writeUInt8(spoiled.readUInt8(spoiled.length - 1) ^ 1, spoiled.length - 1);
    const pem = readFileSync(opensslRequest(folder, 'pem'), 'utf8');
    for (const [path, message] of [
      [file('spoiled.csr', spoiled), 'its signature is not that of its key'],
      [file('cut.csr', good.subarray(0, 100)), 'it is not a PKCS #10 request'],
      [file('text.csr', 'hello\n'), 'it is not a PKCS #10 request'],
      [file('empty.csr', ''), 'it is not a PKCS #10 request'],
      [file('twice.csr', pem + pem), 'it holds 2 requests'],
      [join(out, 'ca.pem'), 'it is a certificate, not a request'],
      [join(folder, 'good.key'), 'it is not a PKCS #10 request'],
      [opensslRequest(folder, 'weak', '-newkey', 'rsa:1024'), 'its RSA key has 1024 bits'],
      [opensslRequest(folder, 'ed', '-newkey', 'ed448'), 'its key is of type ed448'],
      [
        opensslRequest(folder, 'curve', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'),
        'its key is on the curve secp256k1',
      ],
      [file('large.csr', Buffer.alloc(200_000, 0x30)), 'is larger than any request'],
      [folder, 'there is no request in'],
      [join(folder, 'missing.csr'), 'there is no request in'],
      ['/dev/zero', 'there is no request in'],
    ] as const) {
      const { status, stderr } = generateCerts(['sign', '-o', out, path]);
      expect([status, stderr], path).toEqual([2, expect.stringContaining(message)]);
      expect(stderr).not.toContain('PRIVATE KEY');
    }
    expect(readFileSync(join(out, 'set.json'), 'utf8')).toBe(before);
  });

  test.each([
    // A CN is one value, whatever it looks like.
    ['more names in a CN', '/CN=alice\\+dns:admin.test', undefined],
    ['a distinguished name in a CN', '/CN=O=admins,CN=root', 'CN=O=admins\\,CN=root'],
    [
      'marks in a value of a longer name',
      '/O=devs, CN=x/CN=eve\\+dns:admin.test',
      'CN=eve\\+dns:admin.test,O=devs\\, CN=x',
    ],
  ])('with %s says nothing else than what it has', async (_name, subject, expected) => {
    const request = readFileSync(opensslRequest(temporaryFolder(), 'odd', '-subj', subject), 'utf8');
    const set = await createCertificateSet({ layouts: ['grpc'] });
    if (expected === undefined) {
      await expect(set.sign(request)).rejects.toMatchObject({ code: 'ERR_IDENTITY_INVALID' });
      return;
    }
    const { credential } = await set.sign(request);
    expect([credential.name, credential.certificate.subjectAltNames]).toEqual([expected, []]);
    // And the same again when it is read from a manifest and issued for another life.
    const { renewSet } = await import('../../src/pki/issue/renew.js');
    const renewed = (await renewSet(set, new Date())).client(credential.name).certificate;
    expect([renewed.subject, renewed.subjectAltNames]).toEqual([credential.certificate.subject, []]);
  });

  test.each([
    ['client', 'URI:urn:x:a+dns:admin.test'],
    ['client', 'URI:admin.test'],
    ['client', 'DNS:10.0.0.7'],
    ['server', 'URI:admin.test'],
    ['server', 'DNS:10.0.0.7'],
  ] as const)('as %s with the name %s, which would become another one, is refused', async (as, name) => {
    const more = ['-addext', `subjectAltName=${name}`];
    const request = readFileSync(opensslRequest(temporaryFolder(), 'odd', ...more), 'utf8');
    const set = await createCertificateSet({ layouts: ['grpc'] });
    await expect(set.sign(request, { as })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(IDENTITY|REQUEST)_INVALID$/),
    });
  });

  test('of anything else than text or bytes ends in the one error class', async () => {
    const set = await createCertificateSet({});
    for (const odd of [undefined, null, 7, {}, [], Symbol('x')]) {
      await expect(set.sign(odd as never)).rejects.toBeInstanceOf(GenerateCertsError);
    }
    await expect(set.sign('x', { as: 'king' as never })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
    await expect(set.sign('x', { nmae: 'x' } as never)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
