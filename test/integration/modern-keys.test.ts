// Keys on P-521 and of Ed25519: what OpenSSL says of them, and Node in handshakes.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  checkServerFlags,
  createCertificateSet,
  ensureCertificateSet,
  FLAWS,
  loadCertificateSet,
  SERVER_FLAWS,
  verifyCertificateSet,
} from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { NODE_BUILDS } from '../support/node-builds.js';
import { generateCerts, REPOSITORY, run, runBeside } from '../support/program.js';

const { openssl } = inject('tools');
const folder = temporaryFolderForAll();
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe.each(['ec-p521', 'ed25519'] as const)('a set of %s, its CA too', (key) => {
  let set: CertificateSet;
  beforeAll(async () => {
    set = await createCertificateSet({
      ...{ key, caKey: key, layouts: ['tls'], clients: ['alice'], intermediates: 1, nameConstraints: true },
      ...{ names: ['localhost'], untrusted: 'all', untrustedServers: 'all' },
    });
  });

  test('has every flaw that such a CA can sign, and is right', async () => {
    const possible = (flaws: readonly { name: string; needsChosenHash?: true }[]) =>
      flaws.filter(({ needsChosenHash }) => key === 'ec-p521' || !needsChosenHash).map(({ name }) => name);
    expect(set.request.untrusted).toEqual(possible(FLAWS));
    expect(set.request.untrustedServers).toEqual(possible(SERVER_FLAWS));
    expect((await set.catalogue()).map(({ flaw }) => flaw)).toEqual(possible(FLAWS));
    expect(await verifyCertificateSet(set)).toMatchObject({ result: 'right' });
  });

  test.skipIf(!openssl)('satisfies OpenSSL, with its revocation lists', () => {
    const ca = file('ca.pem', set.authority.certificate.pem);
    const lists = file('lists.pem', set.revocationLists.map(({ pem }) => pem).join(''));
    const chain = file('chain.pem', set.intermediates.map(({ certificate }) => certificate.pem).join(''));
    const verified = (pem: string) =>
      run('openssl', [
        ...['verify', '-x509_strict', '-crl_check_all', '-CRLfile', lists],
        ...['-CAfile', ca, '-untrusted', chain, file('leaf.pem', pem)],
      ]);
    expect(verified(set.client('alice').pem)).toMatchObject({ status: 0 });
    expect(verified(set.server.pem)).toMatchObject({ status: 0 });
    expect(verified(set.untrusted('revoked').pem).stderr).toContain('certificate revoked');
    const text = run('openssl', ['x509', '-noout', '-text', '-in', file('leaf.pem', set.server.pem)]).stdout;
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\s+X509v3/);
  });

  test('serves and calls in TLS 1.2 and 1.3; a stranger is refused', async () => {
    const server = createServer(set.server.tlsOptions({ clientAuth: 'require' }), (socket) => {
      socket.on('error', () => undefined).end('let in');
    });
    server.on('tlsClientError', () => undefined).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const call = (options: object, version: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        let said = '';
        connect({ port, host: 'localhost', minVersion: version, maxVersion: version, ...options })
          .on('data', (data) => {
            said += data;
          })
          .on('error', (error) => {
            said += error.message;
          })
          .on('close', () => resolve(said));
      });
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(await call(set.client('alice').tlsOptions(), version)).toBe('let in');
      expect(await call(set.untrusted('unknown-ca').tlsOptions(), version)).not.toContain('let in');
    }
    server.close();
  });

  test('is read back from its folder, and from its keystores', async () => {
    const out = join(folder, `java-${key}`);
    await ensureCertificateSet(out, { key, caKey: key, layouts: ['java'], clients: ['alice'] });
    const read = await loadCertificateSet(out);
    expect(read.client('alice').privateKey.type).toBe(key);
    expect(await verifyCertificateSet(out)).toMatchObject({ result: 'right' });
  });
});

test('SEC 1 is for keys on P curves alone', async () => {
  const serverOf = async (key: 'ec-p521' | 'ed25519') => {
    return (await createCertificateSet({ key, layouts: ['tls'] })).server;
  };
  expect((await serverOf('ec-p521')).sec1).toContain('BEGIN EC PRIVATE KEY');
  const server = await serverOf('ed25519');
  expect(() => server.sec1).toThrow(expect.objectContaining({ code: 'ERR_KEY_FORMAT' }));
  expect(() => server.pkcs1).toThrow(expect.objectContaining({ code: 'ERR_KEY_FORMAT' }));
});

describe.skipIf(!openssl)('made by openssl', () => {
  const P_521 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'];

  test.each([
    ['ed25519', ['-newkey', 'ed25519']],
    ['ec-p521', P_521],
  ])('a request for an %s key is signed', async (type, newKey) => {
    const request = join(folder, `${type}.csr`);
    const subject = ['-nodes', '-keyout', join(folder, 'its.key'), '-subj', '/CN=dora'];
    run('openssl', ['req', '-new', ...newKey, ...subject, '-out', request]);
    const out = join(folder, `signed-${type}`);
    await ensureCertificateSet(out, { layouts: ['tls'], caKey: type as 'ed25519' });
    expect(generateCerts(['sign', '-q', '-o', out, request])).toMatchObject({ status: 0 });
    expect(await verifyCertificateSet(out)).toMatchObject({ result: 'right' });
    expect((await loadCertificateSet(out)).client('dora').certificate.publicKey.type).toBe(type);
  });

  test('an Ed25519 CA signs a set, but not with SHA-1', async () => {
    const ca = join(folder, 'own');
    await ensureCertificateSet(ca, { layouts: ['tls'] });
    run('openssl', [
      ...['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', join(ca, 'authority/ca.key')],
      ...['-out', join(ca, 'ca.pem'), '-subj', '/CN=own', '-days', '2'],
    ]);
    const options = { ca, layouts: ['tls'] } as const;
    expect(await verifyCertificateSet(await createCertificateSet(options))).toMatchObject({
      result: 'right',
    });
    const flawed = { ...options, untrusted: ['weak-signature'] } as const;
    await expect(createCertificateSet(flawed)).rejects.toMatchObject({
      code: 'ERR_CA_INVALID',
      message: expect.stringContaining("cannot sign the flaw 'weak-signature'"),
    });
    const below = await createCertificateSet({ ...flawed, intermediates: 1 });
    expect(below.untrusted('weak-signature').certificate.subject).toBe(
      below.client('client').certificate.subject,
    );
  });
});

test('check warns of a key that a server on BoringSSL cannot use', async () => {
  const out = join(folder, 'served');
  await ensureCertificateSet(out, { layouts: ['tls'], key: 'ed25519' });
  const { findings, result } = await checkServerFlags([
    ...['ovms', '--port', '9178', '--grpc_certificate_path', join(out, 'server/tls.crt')],
    ...['--grpc_key_path', join(out, 'server/tls.key'), '--grpc_ca_path', join(out, 'server/ca.crt')],
  ]);
  expect(findings).toContainEqual(expect.objectContaining({ kind: 'key-type', verdict: 'warning' }));
  expect(result).toBe('right');
});

// A server in the same process, so that both sides have the same OpenSSL.
const GROUPS = `
const { createServer } = require('node:https');
const { createCertificateSet, verifyEndpoint } = require(process.argv[1]);
(async () => {
  const set = await createCertificateSet({ key: 'ed25519', caKey: 'ed25519', layouts: ['tls'], untrusted: 'none' });
  for (const ecdhCurve of [undefined, 'ffdhe3072', 'P-521']) {
    const options = { ...set.server.tlsOptions({ clientAuth: 'require' }), minVersion: 'TLSv1.3', ...(ecdhCurve && { ecdhCurve }) };
    const server = createServer(options, (request, response) => response.end('{}'));
    await new Promise((listening) => server.listen(0, listening));
    const url = 'https://localhost:' + server.address().port;
    const { rows } = await verifyEndpoint({ set, url, path: '/' });
    console.log(rows.find(({ name, tls }) => name === 'client client' && tls === 'TLSv1.3').wire[0]);
    server.close();
    server.closeAllConnections();
  }
})();
`;

describe.each(NODE_BUILDS)('on Node $version', ({ version, executable }) => {
  test.skipIf(executable === '')('verify names the group of a handshake', async () => {
    const { status, stdout, stderr } = await runBeside(executable, [
      '-e',
      GROUPS,
      join(REPOSITORY, 'dist/index.cjs'),
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // OpenSSL 3.5 takes X25519MLKEM768 by itself; Node names it from version 24 on.
    const usual: Record<string, unknown> = {
      20: 'X25519',
      22: expect.stringMatching(/^a group with ML-KEM that Node 22\.\d+\.\d+ does not name$/),
      24: 'X25519MLKEM768',
    };
    const groups = stdout
      .split('\n')
      .map((line) => /, ([^,]*)\), ALPN|, ([^,]*)\)$/.exec(line)?.slice(1).join(''));
    const major = version.split('.')[0] ?? '';
    expect(groups).toEqual([usual[major], 'ffdhe3072', 'secp521r1', undefined]);
  });
});
