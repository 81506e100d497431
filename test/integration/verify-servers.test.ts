// verify at servers of many makers that require a client certificate: nothing that it looks for is wrong with any of them.
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  type VerifyReport,
  verifyEndpoint,
  writeCertificateSet,
} from '../../src/index.js';
import { startApache } from '../support/apache.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, startGrpcServer } from '../support/grpc.js';
import {
  type ServerFiles,
  startCaddy,
  startGo,
  startHaproxy,
  startJava,
  startStunnel,
} from '../support/https-servers/https-servers.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';
import { startNginx } from '../support/nginx.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
const stops: (() => unknown)[] = [];
let set: CertificateSet;
let files: ServerFiles;
let backend: ModelServer;

beforeAll(async () => {
  set = await createCertificateSet({
    clients: ['alice', 'bob'],
    layouts: ['nginx', 'grpc', 'haproxy', 'java'],
  });
  await writeCertificateSet(set, join(folder, 'set'));
  const file = (name: string) => join(folder, 'set', name);
  files = {
    certificate: file('grpc/server.pem'),
    key: file('grpc/server.key'),
    ca: file('grpc/ca.pem'),
    combined: file('haproxy/server/server.pem'),
  };
  backend = await startModelServer(['--rest_port', '0']);
  stops.push(backend.stop);
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

async function started<Started extends { stop: () => unknown }>(server: Promise<Started>): Promise<Started> {
  const up = await server;
  stops.push(up.stop);
  return up;
}

/** What stands in every report of a server that is right, and what it may warn of. */
function expectNoHole(report: VerifyReport): void {
  const wrong = report.rows.filter(({ verdict }) => verdict === 'wrong' || verdict === 'inconclusive');
  expect(wrong).toEqual([]);
  expect(report.result).toBe('right');
  const warned = new Set(
    report.rows.flatMap(({ verdict, flaw, name }) => (verdict === 'warning' ? [flaw ?? name] : [])),
  );
  expect([...warned].filter((name) => !POLICY.has(name))).toEqual([]);
  const names = new Set(report.rows.map(({ name }) => name));
  for (const name of LOOKED_FOR) expect(names).toContain(name);
}

const POLICY = new Set(['sub-ca', 'revoked', 'weak-key', 'weak-signature', 'outside-names']);
const LOOKED_FOR = [
  ...['no certificate, no server name', 'no certificate, server name not-the-name.invalid'],
  ...['client alice, session resumed', 'no certificate, forged headers'],
  ...['client alice, forged headers', 'CAs that are asked for'],
  ...['TLS 1.1', 'TLS 1.0', 'null ciphers', 'anonymous ciphers', 'export ciphers'],
];
const rest = (port: number | undefined) => verifyEndpoint({ set, rest: `https://localhost:${port}` });
const grpc = (port: number | undefined) => verifyEndpoint({ set, grpc: `localhost:${port}` });
const names = (report: VerifyReport) => new Set(report.rows.map(({ name }) => name));

describe('a server that requires a client certificate', () => {
  test.skipIf(!tools.nginx)('NGINX, over REST in both versions of HTTP and over gRPC', async () => {
    const nginx = (name: string) => join(folder, 'set', 'nginx', name);
    const tls = `ssl_certificate ${nginx('server.pem')}; ssl_certificate_key ${nginx('server.key')};
      ssl_client_certificate ${nginx('client_cert_ca.pem')}; ssl_crl ${nginx('client_cert_ca.crl')}; ssl_verify_client on;`;
    const { ports } = await started(
      startNginx(
        join(folder, 'nginx'),
        2,
        ([one, two]) => `
          server { listen 127.0.0.1:${one} ssl http2; ${tls} location / { proxy_pass http://127.0.0.1:${backend.rest}; } }
          server { listen 127.0.0.1:${two} ssl http2; ${tls} location / { grpc_pass grpc://127.0.0.1:${backend.grpc}; } }`,
      ),
    );
    const report = await rest(ports[0]);
    expectNoHole(report);
    expect(names(report)).toContain('no certificate, over HTTP/2');
    expectNoHole(await grpc(ports[1]));
  });

  test.skipIf(!tools.haproxy)('HAProxy', async () => {
    const { ports } = await started(
      startHaproxy(
        join(folder, 'haproxy'),
        1,
        ([port]) => `
frontend front
  bind 127.0.0.1:${port} ssl crt ${files.combined} ca-file ${files.ca} verify required alpn h2,http/1.1
  default_backend back
backend back
  server model 127.0.0.1:${backend.rest}`,
      ),
    );
    expectNoHole(await rest(ports[0]));
  });

  test.skipIf(!tools.apache)('Apache', async () => {
    const { ports, process } = await startApache(
      join(folder, 'apache'),
      1,
      ([port]) => `
<VirtualHost 127.0.0.1:${port}>
  SSLEngine on
  SSLCertificateFile ${files.certificate}
  SSLCertificateKeyFile ${files.key}
  SSLCACertificateFile ${files.ca}
  SSLVerifyClient require
</VirtualHost>`,
    );
    stops.push(process.stop);
    expectNoHole(await rest(ports[0]));
  });

  test.skipIf(!tools.caddy)('Caddy, which offers HTTP/3 as well', async () => {
    const { ports } = await started(
      startCaddy(
        join(folder, 'caddy'),
        1,
        ([port]) => `
https://localhost:${port} {
  bind 127.0.0.1
  tls ${files.certificate} ${files.key} {
    client_auth {
      mode require_and_verify
      trusted_ca_cert_file ${files.ca}
    }
  }
  reverse_proxy 127.0.0.1:${backend.rest}
}`,
      ),
    );
    const report = await rest(ports[0]);
    expect(report.rows.find(({ name }) => name === 'HTTP/3')).toMatchObject({
      kind: 'not-tried',
      severity: 'policy',
      note: 'it offers HTTP/3, which is not tried',
    });
    const rows = report.rows.filter(({ name }) => name !== 'HTTP/3');
    expectNoHole({ ...report, rows });
  });

  test.skipIf(!tools.go)('Go', { timeout: 240_000 }, async () => {
    const { port } = await started(startGo(join(folder, 'go'), files, ['required']));
    expectNoHole(await rest(port.required));
  });

  test.skipIf(!tools.java)('Java', async () => {
    const store = (name: string) => join(folder, 'set', 'java', 'server', name);
    const { ports } = await started(startJava(store('keystore.p12'), store('truststore.p12'), 'changeit'));
    expectNoHole(await rest(ports[0]));
  });

  test.skipIf(!tools.stunnel)('stunnel', async () => {
    const { ports } = await started(startStunnel(join(folder, 'stunnel'), files, backend.rest));
    expectNoHole(await rest(ports[0]));
  });

  test('Node', async () => {
    const options = set.server.tlsOptions();
    const https = createHttpsServer(options, (_request, response) => response.end('alive'));
    const http2 = createSecureServer(options).on('sessionError', () => undefined);
    http2.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    const port = await listen(https);
    expectNoHole(await rest(port));
    const alone = await verifyEndpoint({ set, url: `tls://localhost:${port}` });
    for (const name of ['CAs that are asked for', 'TLS 1.0', 'null ciphers']) {
      expect(alone.rows.find((row) => row.name === name)).toMatchObject({ verdict: 'right' });
    }
    expectNoHole(await grpc(await listen(http2 as unknown as Server)));
  });

  for (const { form, python } of C_CORE_FORMS) {
    test.skipIf(python === '')(form, async () => {
      const { port, process } = await startGrpcServer(python, files);
      stops.push(process.stop);
      expectNoHole(await grpc(port));
    });
  }
});

async function listen(server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
