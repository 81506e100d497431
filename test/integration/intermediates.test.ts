// Sets with CAs between the root and the leaves, before verifiers that are not ours.
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  type ClientCredential,
  createCertificateSet,
  ensureCertificateSet,
  FLAWS,
  type FlawName,
  loadCertificateSet,
  renewCertificateSet,
  revokeClient,
  verifyCertificateSet,
  writeCertificateSet,
} from '../../src/index.js';
import {
  ACCEPTED,
  probeGnutls,
  probeGrpc,
  probeNode,
  probeOpenssl,
  probeRest,
} from '../support/flaw-probes.js';
import { FLAW_TABLE } from '../support/flaw-table.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, callGrpc, type GrpcServer, startGrpcServer } from '../support/grpc.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { certtoolVerify, opensslText, opensslVerify } from '../support/openssl.js';
import { generateCerts } from '../support/program.js';
import { verifyByGo, verifyByJava, verifyByNss } from '../support/verifiers/verifiers.js';

const tools = inject('tools');
const MISSING = 'untrusted-missing-intermediate.pem';

describe.each([1, 3])('with intermediates: %d', (intermediates) => {
  const folder = temporaryFolderForAll();
  const grpc = (name: string) => join(folder, 'grpc', name);
  const nginxFile = (name: string) => join(folder, 'nginx', name);
  const root = join(folder, 'ca.pem');
  const crl = nginxFile('client_cert_ca.crl');
  let set: CertificateSet;
  let missingServer: string;

  beforeAll(async () => {
    // RSA keys, the default, take seconds: with one depth.
    const key = intermediates === 1 ? 'rsa-2048' : 'ec-p256';
    set = await createCertificateSet({ intermediates, untrusted: 'all', key });
    await writeCertificateSet(set, folder);
    const [server] = await set.serverCatalogue(['missing-intermediate']);
    missingServer = join(folder, 'missing-server.pem');
    writeFileSync(missingServer, server?.pem ?? '');
    writeFileSync(join(folder, 'missing-server.key'), server?.privateKey.pem ?? '', { mode: 0o600 });
  });

  test('each CA has room for those below it, and the leaves come with their chain, without the root', () => {
    const files = ['ca', ...Array.from({ length: intermediates }, (_, index) => `intermediate-${index + 1}`)];
    files.forEach((name, index) => {
      expect(opensslText(join(folder, `${name}.pem`))).toContain(`CA:TRUE, pathlen:${intermediates - index}`);
      expect(statSync(join(folder, 'authority', `${name}.key`)).mode & 0o777).toBe(0o600);
    });
    const count = (path: string) =>
      readFileSync(path, 'utf8').match(/-----BEGIN (CERTIFICATE|X509 CRL)/g)?.length;
    expect(count(grpc('server.pem'))).toBe(1 + intermediates);
    expect(count(grpc('client.pem'))).toBe(1 + intermediates);
    expect(count(nginxFile('client.pem'))).toBe(1 + intermediates);
    // The NGINX example's clients trust this very file.
    expect(count(nginxFile('server.pem'))).toBe(2 + intermediates);
    expect(count(grpc('ca.pem'))).toBe(1);
    expect(count(crl)).toBe(1 + intermediates);
    expect(readdirSync(join(folder, 'nginx')).filter((name) => name.includes('intermediate-'))).toEqual([]);
  });

  test('passes its own check', async () => {
    const { rows, result } = await verifyCertificateSet(folder);
    expect(rows.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
    expect(result).toBe('right');
  });

  test.runIf(tools.openssl)('OpenSSL', () => {
    const all = ['-crl_check_all', '-CRLfile', crl];
    expect(probeOpenssl(root, grpc('client.pem'), all)).toBe(ACCEPTED);
    expect(FLAW_TABLE['missing-intermediate'].openssl).toContain(
      probeOpenssl(root, grpc(MISSING)).split(' ')[1],
    );
    expect(probeOpenssl(root, grpc('untrusted-revoked.pem'), all)).toContain('23');
    const server = [
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      root,
      '-verify_hostname',
      'localhost',
    ];
    expect(opensslVerify([...server, '-untrusted', grpc('server.pem'), grpc('server.pem')])).toBe('');
    expect(opensslVerify([...server, '-untrusted', missingServer, missingServer])).toMatch(/error 20/);
    // What the NGINX example's clients do: server.pem is all that they trust.
    const own = ['-CAfile', nginxFile('server.pem'), '-untrusted', nginxFile('server.pem')];
    expect(opensslVerify([...own, nginxFile('server.pem')])).toBe('');
  });

  test.runIf(tools.certtool)('GnuTLS', () => {
    expect(probeGnutls(root, grpc('client.pem'), crl)).toBe(ACCEPTED);
    expect(probeGnutls(root, grpc(MISSING))).toContain('issuer is unknown');
    expect(probeGnutls(root, grpc('untrusted-revoked.pem'), crl)).toContain('revoked');
    const server = (path: string) => certtoolVerify(root, path, '1.3.6.1.5.5.7.3.1', crl);
    expect(server(grpc('server.pem'))).toContain('Chain verification output: Verified.');
    expect(server(missingServer)).toContain('issuer is unknown');
  });

  test.runIf(tools.vfychain)('NSS', () => {
    const [valid, missing] = verifyByNss(folder, root, 'client', [grpc('client.pem'), grpc(MISSING)]);
    expect([valid, missing]).toEqual([ACCEPTED, expect.stringContaining('issuer is not recognized')]);
    const servers = verifyByNss(folder, root, 'server', [grpc('server.pem'), missingServer]);
    expect(servers).toEqual([ACCEPTED, expect.stringContaining('issuer is not recognized')]);
  });

  test.runIf(tools.go)('Go', { timeout: 240_000 }, () => {
    const unknown = expect.stringContaining('signed by unknown authority');
    expect(verifyByGo(root, 'client', [grpc('client.pem'), grpc(MISSING)])).toEqual([ACCEPTED, unknown]);
    expect(verifyByGo(root, 'server', [grpc('server.pem'), missingServer])).toEqual([ACCEPTED, unknown]);
  });

  test.runIf(tools.java)('Java', () => {
    const unknown = expect.stringContaining('unable to find valid certification path');
    expect(verifyByJava(root, 'client', [grpc('client.pem'), grpc(MISSING)])).toEqual([ACCEPTED, unknown]);
    expect(verifyByJava(root, 'server', [grpc('server.pem'), missingServer])).toEqual([ACCEPTED, unknown]);
  });

  test('Node', async () => {
    const judge = (client: ClientCredential) => probeNode(set.server.tlsOptions(), client.tlsOptions());
    expect(await judge(set.client('client'))).toBe(ACCEPTED);
    expect(FLAW_TABLE['missing-intermediate'].node).toContain(
      await judge(set.untrusted('missing-intermediate')),
    );
    expect(await judge(set.untrusted('revoked'))).toBe('CERT_REVOKED');
    const [server] = await set.serverCatalogue(['missing-intermediate']);
    expect(server).toBeDefined();
    if (server === undefined) return;
    expect(await probeNode(server.tlsOptions(), set.client('client').tlsOptions())).toBe(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    );
  });

  describe.skipIf(!tools.nginx)('NGINX', () => {
    let backend: Server;
    let nginx: Nginx;
    beforeAll(async () => {
      backend = createServer((_request, response) => response.end('alive')).listen(0, '127.0.0.1');
      await once(backend, 'listening');
      const { port } = backend.address() as AddressInfo;
      nginx = await startNginx(
        join(folder, 'run'),
        1,
        (ports) => `server {
        listen 127.0.0.1:${ports[0]} ssl; ssl_verify_client on; ssl_verify_depth ${intermediates};
        ssl_certificate ${nginxFile('server.pem')}; ssl_certificate_key ${nginxFile('server.key')};
        ssl_client_certificate ${nginxFile('client_cert_ca.pem')}; ssl_crl ${crl};
        location / { proxy_pass http://127.0.0.1:${port}; } }`,
      );
    });
    afterAll(async () => {
      await nginx?.stop();
      backend?.close();
    });

    test('with the lists of all CAs lets in the valid client and refuses every flaw that must be', async () => {
      const [port = 0] = nginx.ports;
      expect(await probeRest(port, set.client('client').tlsOptions())).toBe(ACCEPTED);
      for (const { name } of FLAWS.filter((flaw) => flaw.severity === 'must' || flaw.name === 'revoked')) {
        expect(`${name} ${await probeRest(port, set.untrusted(name).tlsOptions())}`).toBe(
          `${name} 400 The SSL certificate error`,
        );
      }
    });
  });

  for (const [index, { form, python }] of C_CORE_FORMS.entries()) {
    describe.skipIf(python === '')(form, () => {
      let server: GrpcServer;
      beforeAll(async () => {
        const files = { certificate: grpc('server.pem'), key: grpc('server.key'), ca: grpc('ca.pem') };
        server = await startGrpcServer(python, files);
      });
      afterAll(() => server?.process.stop());

      test('lets in the valid client and refuses every flaw that must be', async () => {
        const call = (name: string) => ({
          target: `localhost:${server.port}`,
          root: grpc('ca.pem'),
          certificate: grpc(`${name}.pem`),
          key: grpc(`${name}.key`),
        });
        expect(await callGrpc(python, [call('client')])).toMatchObject([{ code: 'OK', live: true }]);
        for (const { name } of FLAWS.filter(({ severity }) => severity === 'must')) {
          expect(`${name} ${await probeGrpc(server.port, set.untrusted(name).tlsOptions())}`).not.toContain(
            ACCEPTED,
          );
        }
        // As a client it refuses a server that leaves its chain out.
        const files = {
          certificate: missingServer,
          key: join(folder, 'missing-server.key'),
          ca: grpc('ca.pem'),
        };
        const bad = await startGrpcServer(python, files);
        try {
          const [answer] = await callGrpc(python, [{ ...call('client'), target: `localhost:${bad.port}` }]);
          expect(answer).toMatchObject({ code: 'UNAVAILABLE', live: false });
        } finally {
          await bad.process.stop();
        }
        const before = server.process.output().length;
        await probeGrpc(server.port, set.untrusted('missing-intermediate').tlsOptions());
        const row = FLAW_TABLE['missing-intermediate'];
        const words = index === 0 ? row.coreOpenssl : row.coreBoringssl;
        await expect.poll(() => server.process.output().slice(before)).toContain(words[0]);
      });
    });
  }
});

describe('a set with intermediates in a folder', () => {
  const options = { layouts: ['nginx' as const], key: 'ec-p256' as const, intermediates: 2 };
  const client = async (folder: string, trusting: CertificateSet) =>
    probeNode((await loadCertificateSet(folder)).server.tlsOptions(), trusting.client('client').tlsOptions());

  test('is renewed by CAs of the same keys and names: old and new certificates trust each other', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, options);
    const old = await loadCertificateSet(folder);
    const { set } = await renewCertificateSet(folder);
    expect(set.intermediates.map(({ certificate }) => certificate.subject)).toEqual(
      old.intermediates.map(({ certificate }) => certificate.subject),
    );
    expect(set.server.certificate.sha256).not.toBe(old.server.certificate.sha256);
    expect(await client(folder, old)).toBe(ACCEPTED);
    const { client: _, ...server } = { client: set.client('client'), ...old.server.tlsOptions() };
    expect(await probeNode(server, set.client('client').tlsOptions())).toBe(ACCEPTED);
  });

  test('has its damaged files made again, and no more', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, { ...options, layouts: ['nginx', 'grpc'] });
    rmSync(join(folder, 'nginx', 'client.pem'));
    rmSync(join(folder, 'nginx', 'client_cert_ca.crl'));
    const result = await ensureCertificateSet(folder);
    expect(result).toMatchObject({ outcome: 'updated' });
    expect([...result.made].sort()).toEqual(['nginx/client.pem', 'nginx/client_cert_ca.crl']);
    expect((await verifyCertificateSet(folder)).result).toBe('right');
  });

  test('gets a new CA where an intermediate has lost its key, or another number of them is asked for', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, options);
    rmSync(join(folder, 'authority', 'intermediate-2.key'));
    expect((await ensureCertificateSet(folder)).outcome).toBe('replaced');
    const fewer = await ensureCertificateSet(folder, { intermediates: 1 });
    expect(fewer.outcome).toBe('replaced');
    expect(fewer.removed).toEqual(
      expect.arrayContaining(['authority/intermediate-2.key', 'intermediate-2.pem']),
    );
    expect((await verifyCertificateSet(folder)).result).toBe('right');
  });

  test('revokes a client on the list of the CA that signed it', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, options);
    await revokeClient(folder, 'client');
    const set = await loadCertificateSet(folder);
    expect(await client(folder, set)).toBe('CERT_REVOKED');
    expect((await verifyCertificateSet(folder)).result).toBe('right');
  });

  test('is usable without the folder of its CAs', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, { ...options, untrusted: 'none' });
    const set = await loadCertificateSet(folder);
    rmSync(join(folder, 'authority'), { recursive: true });
    expect(await client(folder, set)).toBe(ACCEPTED);
    await expect(revokeClient(folder, 'client')).rejects.toMatchObject({ code: 'ERR_CA_KEY_MISSING' });
  });
});

describe('the command line', () => {
  test('shows the CAs below each other', () => {
    const folder = temporaryFolder();
    expect(generateCerts(['-o', folder, '-l', 'grpc', '--intermediates', '1', '-q'])).toMatchObject({
      status: 0,
    });
    const { stdout } = generateCerts(['show', '-o', folder]);
    const [root = '', intermediate = ''] = stdout.match(/^CN=generate-certs test CA .*$/gm) ?? [];
    expect(intermediate).toBe(root.replace(/(CA [0-9a-f]{8})/, '$1 intermediate 1'));
    expect(stdout.indexOf('server CN=localhost')).toBeGreaterThan(stdout.indexOf(intermediate));
  });

  test.each(['4', '-1', 'x', '1.5'])('refuses %s intermediates', (typed) => {
    const folder = join(temporaryFolder(), 'set');
    const { status, stderr } = generateCerts(['-o', folder, `--intermediates=${typed}`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^generate-certs: error: '?[-x\d.]+'? is not a number of intermediates\n/);
    expect(stderr).toContain('generate-certs: hint: use a whole number from 0 to 3\n');
    expect(() => statSync(folder)).toThrow('ENOENT');
  });

  test('refuses the flaw missing-intermediate where there is none', () => {
    const folder = join(temporaryFolder(), 'set');
    const { status, stderr } = generateCerts(['-o', folder, '-u', 'missing-intermediate' satisfies FlawName]);
    expect(status).toBe(2);
    expect(stderr).toContain("the flaw 'missing-intermediate' needs a CA between the root and the leaves");
  });
});
