// Every flaw before verifiers that are not ours: each refuses it for its own reason, and accepts the same
// certificate without the flaw. The expectations are in test/support/flaw-table.ts.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  type ClientCredential,
  createCertificateSet,
  FLAWS,
  type FlawName,
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
import { FLAW_TABLE, renderFlawTable } from '../support/flaw-table.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, type GrpcServer, startGrpcServer } from '../support/grpc.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { REPOSITORY } from '../support/program.js';

const tools = inject('tools');

describe.each([
  { title: 'without name constraints', nameConstraints: false },
  { title: 'with name constraints', nameConstraints: true },
])('$title', ({ nameConstraints }) => {
  const folder = temporaryFolderForAll();
  const file = (name: string) => join(folder, 'nginx', name);
  const [ca, crl] = [file('client_cert_ca.pem'), file('client_cert_ca.crl')];
  const flaws = FLAWS.filter(
    (flaw) => (nameConstraints || !flaw.needsNameConstraints) && !flaw.needsIntermediates,
  );
  let set: CertificateSet;

  beforeAll(async () => {
    set = await createCertificateSet({ untrusted: 'all', nameConstraints, key: 'ec-p256' });
    await writeCertificateSet(set, folder);
  });

  test('the catalogue is whole', () => {
    expect(set.untrustedClients.map(({ flaw }) => flaw)).toEqual(flaws.map(({ name }) => name));
  });

  describe.skipIf(!tools.openssl)('OpenSSL', () => {
    test('accepts the valid client, whatever it checks', () => {
      const all = ['-crl_check', '-CRLfile', crl, '-auth_level', '2'];
      expect(probeOpenssl(ca, file('client.pem'), all)).toBe(ACCEPTED);
    });
    test.each(flaws)('refuses $name for its own reason', ({ name, weak }) => {
      const options = [
        ...(name === 'revoked' ? ['-crl_check', '-CRLfile', crl] : []),
        ...(weak ? ['-auth_level', '2'] : []),
      ];
      const said = probeOpenssl(ca, file(`untrusted-${name}.pem`), options);
      expect(said).toMatch(/^error /);
      // The first error is the leaf's; what follows from it may vary.
      expect(FLAW_TABLE[name].openssl).toContain(said.split(/[ ,]+/)[1]);
      if (options.length > 0) expect(probeOpenssl(ca, file(`untrusted-${name}.pem`))).toBe(ACCEPTED);
    });
  });

  describe.skipIf(!tools.certtool)('GnuTLS', () => {
    test('accepts the valid client', () => {
      expect(probeGnutls(ca, file('client.pem'), crl)).toBe(ACCEPTED);
    });
    test.each(flaws)('judges $name as expected', ({ name }) => {
      const said = probeGnutls(ca, file(`untrusted-${name}.pem`), name === 'revoked' ? crl : undefined);
      expectOneOf(said, FLAW_TABLE[name].gnutls);
    });
  });

  describe.skipIf(!tools.nginx)('NGINX', () => {
    let backend: Server;
    let nginx: Nginx;
    beforeAll(async () => {
      backend = createServer((_request, response) => response.end('alive')).listen(0, '127.0.0.1');
      await once(backend, 'listening');
      const { port } = backend.address() as AddressInfo;
      const server = (listen: number | undefined, more: string) => `server {
        listen 127.0.0.1:${listen} ssl; error_log stderr info;
        ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};
        ssl_client_certificate ${ca}; ssl_verify_client on; ${more}
        location / { proxy_pass http://127.0.0.1:${port}; } }`;
      nginx = await startNginx(
        join(folder, 'run'),
        2,
        (ports) =>
          server(ports[0], 'ssl_verify_depth 3;') + server(ports[1], `ssl_verify_depth 1; ssl_crl ${crl};`),
      );
    });
    afterAll(async () => {
      await nginx?.stop();
      backend?.close();
    });

    const judge = async (port: number | undefined, client: ClientCredential) => {
      const before = nginx.log().length;
      const said = await probeRest(port ?? 0, client.tlsOptions());
      if (said === ACCEPTED) return said;
      expect(said).toBe('400 The SSL certificate error');
      await expect.poll(() => nginx.log().slice(before)).toMatch(/verify error: \(\d+/);
      return /verify error: \((\d+)/.exec(nginx.log().slice(before))?.[1] ?? '';
    };
    test('accepts the valid client', async () => {
      expect(await judge(nginx.ports[0], set.client('client'))).toBe(ACCEPTED);
      expect(await judge(nginx.ports[1], set.client('client'))).toBe(ACCEPTED);
    });
    test.each(flaws)('judges $name as expected, without a CRL and with it', async ({ name }) => {
      expect(FLAW_TABLE[name].nginx).toContain(await judge(nginx.ports[0], set.untrusted(name)));
      expect(FLAW_TABLE[name].nginxCrl).toContain(await judge(nginx.ports[1], set.untrusted(name)));
    });
  });

  for (const [index, { form, python }] of C_CORE_FORMS.entries()) {
    describe.skipIf(python === '')(form, () => {
      let server: GrpcServer;
      beforeAll(async () => {
        const grpc = (name: string) => join(folder, 'grpc', name);
        server = await startGrpcServer(python, {
          certificate: grpc('server.pem'),
          key: grpc('server.key'),
          ca: grpc('ca.pem'),
        });
      });
      afterAll(() => server?.process.stop());

      const judge = async (client: ClientCredential) => {
        const before = server.process.output().length;
        const said = await probeGrpc(server.port, client.tlsOptions());
        if (said === ACCEPTED) return said;
        await expect.poll(() => server.process.output().slice(before)).toMatch(/Handshake failed.*\n/);
        return server.process.output().slice(before);
      };
      test('accepts the valid client', async () => {
        expect(await judge(set.client('client'))).toBe(ACCEPTED);
      });
      test.each(flaws)('judges $name as expected', async ({ name }) => {
        const row = FLAW_TABLE[name];
        expectOneOf(await judge(set.untrusted(name)), index === 0 ? row.coreOpenssl : row.coreBoringssl);
      });
    });
  }

  describe("Node's tls server", () => {
    test('accepts the valid client', async () => {
      expect(await probeNode(set.server.tlsOptions(), set.client('client').tlsOptions())).toBe(ACCEPTED);
    });
    test.each(flaws)('judges $name as expected', async ({ name }) => {
      const said = await probeNode(set.server.tlsOptions(), set.untrusted(name).tlsOptions());
      expect(FLAW_TABLE[name].node).toContain(said);
    });
    test('breaks the connection of every flaw that it does not accept', async () => {
      const server = createHttpsServer(
        set.server.tlsOptions({ clientAuth: 'require' }),
        (_request, response) => response.end('alive'),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        expect(await probeRest(port, set.client('client').tlsOptions())).toBe(ACCEPTED);
        for (const { name } of flaws.filter(({ severity }) => severity === 'must')) {
          expect(`${name} ${await probeRest(port, set.untrusted(name).tlsOptions())}`).toMatch(
            /ECONNRESET|EPIPE|ERR_SSL/,
          );
        }
        expect(await probeRest(port, set.untrusted('revoked').tlsOptions())).not.toBe(ACCEPTED);
      } finally {
        server.close();
      }
    });
  });
});

test("the page's table is the one that the tests expect", () => {
  expect(readFileSync(join(REPOSITORY, 'docs', 'refused-clients.md'), 'utf8')).toContain(renderFlawTable());
  expect(Object.keys(FLAW_TABLE)).toEqual(FLAWS.map(({ name }) => name));
});

test('every must-flaw is refused by every verifier of the table', () => {
  for (const { name, severity } of FLAWS) {
    const cells = Object.values(FLAW_TABLE[name as FlawName]);
    if (severity === 'must') expect(cells.flat()).not.toContain(ACCEPTED);
    else expect(cells.flat().filter((said) => said !== ACCEPTED)).not.toEqual([]);
  }
});

function expectOneOf(said: string, expected: readonly string[]): void {
  const matches = expected.filter((words) => said.toLowerCase().includes(words.toLowerCase()));
  expect(matches, `${said}\nis none of: ${expected.join(', ')}`).not.toEqual([]);
}
