// verify against real servers: configured rightly it says so, with the reason of every row; configured
// wrongly it fails and names the hole.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  FLAWS,
  type VerifyEndpointOptions,
  type VerifyReport,
  verifyEndpoint,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, startGrpcServer } from '../support/grpc.js';
import { type ModelServer, startModelServer } from '../support/model-server.js';
import { exampleServers, startNginx } from '../support/nginx.js';
import { freePort } from '../support/processes.js';
import { run } from '../support/program.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
const file = (name: string) => join(folder, 'set', name);
let set: CertificateSet;
let other: CertificateSet;
let backend: ModelServer;
let runs = 0;

beforeAll(async () => {
  set = await createCertificateSet({ clients: ['alice', 'bob'] });
  other = await createCertificateSet({ key: 'ec-p256' });
  await writeCertificateSet(set, join(folder, 'set'));
  await writeCertificateSet(other, join(folder, 'other'));
  backend = await startModelServer(['--rest_port', '0']);
});
afterAll(() => backend?.stop());

const verify = (options: Omit<VerifyEndpointOptions, 'set'>) => verifyEndpoint({ set, ...options });
const row = (report: VerifyReport, name: string) => {
  const rows = report.rows.filter((candidate) => candidate.name === name);
  expect(rows, name).not.toEqual([]);
  return rows;
};
const tlsOf = (report: VerifyReport) => [...new Set(report.rows.flatMap(({ tls }) => tls ?? []))].sort();

/** Listens with a Node server until the test is over. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function nginx(portCount: number, servers: (ports: readonly number[]) => string) {
  const started = await startNginx(join(folder, `nginx-${runs++}`), portCount, servers);
  onTestFinished(started.stop);
  return started.ports;
}

async function coreServer(python: string, files: { certificate?: string; key?: string; ca?: string }) {
  const server = await startGrpcServer(python, files);
  onTestFinished(server.process.stop);
  return server.port;
}

const mutual = {
  certificate: file('grpc/server.pem'),
  key: file('grpc/server.key'),
  ca: file('grpc/ca.pem'),
};
const nginxTls = (more: string) => `
  ssl_certificate ${file('nginx/server.pem')}; ssl_certificate_key ${file('nginx/server.key')}; ${more}`;
const verified = `ssl_client_certificate ${file('nginx/client_cert_ca.pem')}; ssl_crl ${file('nginx/client_cert_ca.crl')}; ssl_verify_client on;`;
const restProxy = () => `location / { proxy_pass http://127.0.0.1:${backend.rest}; }`;

/** Every must-flaw refused by the same kind of words, both valid clients let in, for each version of TLS. */
function expectRight(report: VerifyReport, by: RegExp, versions: readonly string[]): void {
  expect(report.rows.filter(({ verdict }) => verdict === 'wrong' || verdict === 'inconclusive')).toEqual([]);
  expect(report.result).toBe('right');
  expect(tlsOf(report)).toEqual(versions);
  const names = [
    'no certificate',
    ...FLAWS.filter((flaw) => flaw.severity === 'must' && !flaw.needsIntermediates).map(
      ({ name }) => `untrusted ${name}`,
    ),
  ];
  for (const name of names) {
    for (const found of row(report, name)) {
      expect(found).toMatchObject({ verdict: 'right', observed: 'refused', expected: 'refused' });
      expect(found.by).toMatch(by);
    }
    expect(row(report, name)).toHaveLength(versions.length);
  }
  for (const name of ['client alice', 'client bob']) {
    for (const found of row(report, name))
      expect(found).toMatchObject({ verdict: 'right', observed: 'let in' });
  }
  expect(row(report, 'no TLS')[0]).toMatchObject({ verdict: 'right', tls: null });
  expect(row(report, 'server certificate')[0]).toMatchObject({ verdict: 'right' });
}

describe('configured rightly', () => {
  test.skipIf(!tools.nginx)(
    'the NGINX example: both listeners, TLS 1.2, an inference through each',
    async () => {
      const ports = await nginx(2, (free) =>
        exampleServers(file('nginx'), free, { grpc: backend.grpc, rest: backend.rest }),
      );
      const grpc = await verify({ grpc: `localhost:${ports[0]}`, model: 'plus-one' });
      expectRight(grpc, /^HTTP 400/, ['TLSv1.2']);
      expect(row(grpc, 'client alice, inference of plus-one')[0]).toMatchObject({
        verdict: 'right',
        by: 'gRPC OK',
      });
      expect(row(grpc, 'no certificate, inference of plus-one')[0]).toMatchObject({ kind: 'refused' });
      const rest = await verify({ rest: `https://localhost:${ports[1]}`, model: 'plus-one', strict: true });
      expectRight(rest, /^HTTP 400: (No required SSL certificate was sent|The SSL certificate error)$/, [
        'TLSv1.2',
      ]);
      expect(row(rest, 'client alice, inference of plus-one')[0]).toMatchObject({
        verdict: 'right',
        by: 'HTTP 200',
      });
      expect(row(rest, 'untrusted revoked')[0]).toMatchObject({ verdict: 'right', observed: 'refused' });
    },
  );

  test.skipIf(!tools.nginx)('NGINX with TLS 1.3, and with both versions', async () => {
    const ports = await nginx(
      2,
      (free) => `
      server { listen 127.0.0.1:${free[0]} ssl; ssl_protocols TLSv1.3; ${nginxTls(verified)} ${restProxy()} }
      server { listen 127.0.0.1:${free[1]} ssl; ssl_protocols TLSv1.2 TLSv1.3; ${nginxTls(verified)} ${restProxy()} }`,
    );
    expectRight(await verify({ rest: `https://localhost:${ports[0]}` }), /^HTTP 400: /, ['TLSv1.3']);
    expectRight(await verify({ rest: `https://127.0.0.1:${ports[1]}/` }), /^HTTP 400: /, [
      'TLSv1.2',
      'TLSv1.3',
    ]);
  });

  for (const { form, python } of C_CORE_FORMS) {
    test.skipIf(python === '')(form, async () => {
      const report = await verify({ grpc: `localhost:${await coreServer(python, mutual)}` });
      expectRight(report, /connection closed|TLS alert/, ['TLSv1.2', 'TLSv1.3']);
      // It reads no revocation list: a warning, and a failure where strictness is asked for.
      expect(row(report, 'untrusted revoked')[0]).toMatchObject({
        verdict: 'warning',
        note: 'it reads no revocation list',
      });
    });
  }

  test('a model server on gRPC for Node, by another method too', async () => {
    const server = await startModelServer([
      ...['--grpc_certificate_path', mutual.certificate, '--grpc_key_path', mutual.key],
      ...['--grpc_ca_path', mutual.ca],
    ]);
    onTestFinished(server.stop);
    expectRight(
      await verify({ grpc: `localhost:${server.grpc}`, model: 'plus-one' }),
      /connection closed|TLS alert/,
      [...['TLSv1.2', 'TLSv1.3']],
    );
    // UNIMPLEMENTED is the application's own answer.
    const report = await verify({ grpc: `localhost:${server.grpc}`, method: 'grpc.health.v1.Health/Check' });
    expect(report.result).toBe('right');
    expect(row(report, 'client alice')[0]).toMatchObject({ observed: 'let in', by: 'gRPC UNIMPLEMENTED' });
  });

  test('a Node http2 server and a Node https server', async () => {
    const http2 = createSecureServer(set.server.tlsOptions());
    http2.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    http2.on('sessionError', () => undefined);
    const https = createHttpsServer(set.server.tlsOptions(), (_request, response) => response.end('alive'));
    const report = await verify({
      grpc: `localhost:${await listen(http2 as unknown as Server)}`,
      rest: `https://localhost:${await listen(https)}`,
      path: '/any',
      strict: true,
    }).catch((error) => error);
    // Node lets RSA 1024 in at its default security level, which is all that strictness can hold against it.
    const wrong = (report as VerifyReport).rows.filter(({ verdict }) => verdict === 'wrong');
    expect(wrong.filter(({ name }) => name !== 'untrusted weak-key')).toEqual([]);
    expect(row(report, 'no certificate').length).toBe(4);
    const crossed = row(report, 'client alice').flatMap(({ wire = [] }) => wire);
    expect(crossed).toContainEqual(
      expect.stringMatching(/^handshake done \(TLSv1\.3, TLS_\w+, X25519\), ALPN h2$/),
    );
    expect(row(report, 'no TLS').map(({ wire }) => wire)).toEqual([['no TLS'], ['no TLS']]);
  });
});

describe('configured wrongly', () => {
  test.skipIf(!tools.nginx)(
    'NGINX that asks but does not require, trusts another CA, reads no CRL',
    async () => {
      const client = `ssl_client_certificate ${file('nginx/client_cert_ca.pem')};`;
      const listener = (port: number | undefined, more: string) =>
        `server { listen 127.0.0.1:${port} ssl; ${nginxTls(more)} ${restProxy()} }`;
      const ports = await nginx(
        3,
        (free) =>
          listener(free[0], `${client} ssl_verify_client optional;`) +
          listener(
            free[1],
            `ssl_client_certificate ${join(folder, 'other', 'ca.pem')}; ssl_verify_client on;`,
          ) +
          listener(free[2], `${client} ssl_verify_client on; ssl_verify_depth 3;`),
      );
      const optional = await verify({ rest: `https://localhost:${ports[0]}` });
      expect(optional.result).toBe('wrong');
      expect(row(optional, 'no certificate')[0]).toMatchObject({
        verdict: 'wrong',
        observed: 'let in',
        note: 'anybody gets in: it does not require a client certificate',
      });
      expect(row(optional, 'untrusted unknown-ca')[0]?.verdict).toBe('right');

      const foreign = await verify({ rest: `https://localhost:${ports[1]}` });
      expect(foreign.result).toBe('wrong');
      expect(row(foreign, 'client alice')[0]).toMatchObject({ verdict: 'wrong', observed: 'refused' });
      // Without the valid client let in nothing else means anything.
      expect(new Set(foreign.rows.slice(1).map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']));

      const careless = await verify({ rest: `https://localhost:${ports[2]}` });
      expect(careless.result).toBe('right');
      expect(row(careless, 'untrusted revoked')[0]).toMatchObject({ verdict: 'warning', observed: 'let in' });
      const strict = await verify({ rest: `https://localhost:${ports[2]}`, strict: true });
      expect(strict.result).toBe('wrong');
      expect(row(strict, 'untrusted revoked')[0]).toMatchObject({ verdict: 'wrong' });
    },
  );

  for (const { form, python } of C_CORE_FORMS) {
    test.skipIf(python === '')(`server TLS only, and plaintext: ${form}`, async () => {
      const { ca: _, ...serverOnly } = mutual;
      const open = await verify({ grpc: `localhost:${await coreServer(python, serverOnly)}` });
      expect(open.result).toBe('wrong');
      for (const name of ['no certificate', 'untrusted unknown-ca', 'untrusted expired']) {
        expect(row(open, name)[0]).toMatchObject({ verdict: 'wrong', observed: 'let in' });
      }
      const plain = await verify({ grpc: `localhost:${await coreServer(python, {})}` });
      expect(plain.result).toBe('wrong');
      expect(row(plain, 'client alice')[0]).toMatchObject({ verdict: 'wrong', by: 'it answers without TLS' });
    });
  }

  test('a plaintext HTTP server', async () => {
    const port = await listen(createHttpServer((_request, response) => response.end('alive')));
    for (const rest of [`https://localhost:${port}`, `http://localhost:${port}`]) {
      const report = await verify({ rest });
      expect(report.result).toBe('wrong');
      expect(row(report, 'client alice')[0]).toMatchObject({
        verdict: 'wrong',
        by: 'it answers without TLS',
      });
    }
  });

  test('a server that accepts any client certificate', async () => {
    const options = { ...set.server.tlsOptions(), rejectUnauthorized: false };
    const port = await listen(createHttpsServer(options, (_request, response) => response.end('alive')));
    const report = await verify({ rest: `https://localhost:${port}` });
    expect(report.result).toBe('wrong');
    expect(row(report, 'untrusted self-signed')[0]).toMatchObject({
      verdict: 'wrong',
      note: 'it accepts client certificates of any CA',
    });
  });

  test.each([
    ['for another name', () => ({ names: ['elsewhere.test'] }), 'its certificate is for another name'],
    ['of another CA', () => undefined, "its certificate is not signed by the set's CA"],
  ])('a server whose certificate is %s', async (_title, names, problem) => {
    const options = names();
    const own = options === undefined ? other : await createCertificateSet({ ...options, key: 'ec-p256' });
    const port = await listen(
      createSecureServer({ ...own.server.tlsOptions(), allowHTTP1: true }, (_request, response) =>
        response.end('alive'),
      ) as unknown as Server,
    );
    const asked = options === undefined ? set : own;
    for (const endpoint of [{ rest: `https://localhost:${port}` }, { grpc: `localhost:${port}` }]) {
      const report = await verifyEndpoint({ set: asked, ...endpoint });
      expect(report.result).toBe('wrong');
      expect(report.rows[0]).toMatchObject({ verdict: 'wrong', observed: 'not trusted', by: problem });
    }
  });

  test('a server whose certificate has ended', async () => {
    const short = await createCertificateSet({ validFor: '1s', key: 'ec-p256' });
    const port = await listen(
      createHttpsServer(short.server.tlsOptions(), (_request, response) => response.end('alive')),
    );
    await expect.poll(() => Date.now() > short.expiresAt.getTime() + 1000, { timeout: 10_000 }).toBe(true);
    const report = await verifyEndpoint({ set: short, rest: `https://localhost:${port}` });
    expect(report.rows[0]).toMatchObject({ verdict: 'wrong', by: 'its certificate has ended' });
    expect(report.result).toBe('wrong');
  });

  test('an application behind it that does not work', async () => {
    const port = await listen(
      createHttpsServer(set.server.tlsOptions(), (_request, response) => {
        response.statusCode = 502;
        response.end();
      }),
    );
    const report = await verify({ rest: `https://localhost:${port}` });
    expect(report.result).toBe('wrong');
    expect(row(report, 'client alice')[0]).toMatchObject({
      verdict: 'wrong',
      observed: 'let in',
      by: 'HTTP 502',
    });
    expect(row(report, 'no certificate')[0]?.verdict).toBe('right');
  });
});

describe('what is easily taken for a refusal, or for its absence', () => {
  test('a server that fails while it is tried refuses nobody', async () => {
    // It takes any client certificate, and dies of the first connection without one.
    let dead = false;
    const server = createTlsServer({ ...set.server.tlsOptions(), rejectUnauthorized: false }, (socket) => {
      socket.on('error', () => undefined);
      if (Object.keys(socket.getPeerCertificate()).length === 0) dead = true;
      if (dead) socket.destroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
    const report = await verify({ rest: `https://localhost:${await listen(server)}` });
    expect(report.result).toBe('wrong');
    expect(row(report, 'untrusted expired')[0]?.verdict).not.toBe('right');
  });

  test('a server that takes two connections at once lets in what it lets in', async () => {
    const server = createHttpsServer(
      { ...set.server.tlsOptions(), rejectUnauthorized: false },
      (_request, response) => setTimeout(() => response.end('alive'), 5),
    );
    server.maxConnections = 2;
    const report = await verify({ rest: `https://localhost:${await listen(server)}` });
    expect(report.result).toBe('wrong');
    for (const name of ['no certificate', 'untrusted expired', 'untrusted unknown-ca']) {
      for (const found of row(report, name)) expect(found.observed).toBe('let in');
    }
  });

  test('a server of TLS 1.3 alone may end a greeting in 1.2 without a word', async () => {
    const inner = createHttpsServer(
      { ...set.server.tlsOptions(), minVersion: 'TLSv1.3' },
      (_request, response) => response.end('alive'),
    );
    const innerPort = await listen(inner);
    const outer = createTcpServer((socket) => {
      socket.once('data', (hello) => {
        // supported_versions with TLS 1.3 in it is what tells the two greetings apart.
        if (!hello.includes(Buffer.from([0x00, 0x2b])) || !hello.includes(Buffer.from([0x03, 0x04]))) {
          socket.resetAndDestroy();
          return;
        }
        const onward = connectTcp(innerPort, '127.0.0.1');
        onward.on('error', () => socket.destroy());
        onward.write(hello);
        socket.pipe(onward).pipe(socket);
      });
    });
    const report = await verify({ rest: `https://localhost:${await listen(outer)}` });
    expect(tlsOf(report)).toEqual(['TLSv1.3']);
    expect(report.result).toBe('right');
  });

  test('a certificate without a SAN is for no name', async () => {
    const args = [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=localhost', '-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-CA', file('ca.pem'), '-CAkey', file('authority/ca.key')],
      ...['-keyout', join(folder, 'nameless.key'), '-out', join(folder, 'nameless.pem')],
    ];
    expect(run('openssl', args)).toMatchObject({ status: 0 });
    const options = {
      ...set.server.tlsOptions(),
      cert: readFileSync(join(folder, 'nameless.pem')),
      key: readFileSync(join(folder, 'nameless.key')),
    };
    const port = await listen(createHttpsServer(options, (_request, response) => response.end('alive')));
    const report = await verify({ rest: `https://localhost:${port}` });
    expect(report.rows[0]).toMatchObject({ verdict: 'wrong', by: 'its certificate is for another name' });
  });

  test('of many clients some are tried, valid ones always, and what is left out is said', async () => {
    const many = await createCertificateSet({ key: 'ec-p256', extraClients: 24 });
    for (const { name } of many.clients.slice(0, 21)) await many.revoke(name);
    const port = await listen(
      createHttpsServer(many.server.tlsOptions(), (_request, response) => response.end('alive')),
    );
    const report = await verifyEndpoint({ set: many, rest: `https://localhost:${port}` });
    expect(report.result).toBe('right');
    expect(row(report, 'client client-24')[0]).toMatchObject({ observed: 'let in' });
    expect(row(report, 'the other clients')[0]?.note).toBe(
      'of 25 clients up to 20 valid and revoked ones are tried',
    );
  });

  test('metadata that is meant to break the reader', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const bodies = [
      '{"inputs":[{"name":{"toString":1,"valueOf":1},"datatype":"FP32","shape":[1]}]}',
      `{"inputs":[{"name":${nested},"datatype":"FP32","shape":[1]}]}`,
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1000000,1000000]}]}',
      '{"inputs":[null]}',
      '{"inputs":"x"}',
      'null',
      '',
    ];
    for (const body of bodies) {
      const server = createHttpsServer(set.server.tlsOptions(), (request, response) =>
        response.end(request.url === '/v2/models/x' ? body : '{}'),
      );
      const report = await verify({ rest: `https://localhost:${await listen(server)}`, model: 'x' });
      expect(row(report, 'client alice, inference of x')[0]).toMatchObject({ verdict: 'wrong' });
    }
  });
});

describe('no answer', () => {
  test('nothing listens, the name does not resolve, nothing ever comes', async () => {
    const silent = createTcpServer(() => undefined);
    const endpoints = [
      [{ rest: `https://localhost:${await freePort()}` }, /connection refused/],
      [{ grpc: `localhost:${await freePort()}` }, /connection refused/],
      [{ grpc: 'does-not-exist.invalid:1' }, /does not resolve|no answer within/],
      [{ rest: `https://localhost:${await listen(silent)}`, timeoutMs: 300 }, /no answer within 0.3 s/],
      [
        { grpc: `localhost:${(silent.address() as AddressInfo).port}`, timeoutMs: 300 },
        /no answer within 0.3 s/,
      ],
    ] as const;
    for (const [endpoint, by] of endpoints) {
      const report = await verify(endpoint);
      expect(report.result).toBe('no-answer');
      expect(report.silent).toHaveLength(1);
      expect(report.rows[0]?.by).toMatch(by);
      expect(report.counts).toMatchObject({ right: 0, wrong: 0, warning: 0 });
    }
  });
});

describe('whatever the other side sends', () => {
  const garbage = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 7919) % 256));
  const endless = (socket: Socket, chunk: Buffer) => {
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', write);
    };
    write();
  };

  test.each([
    ['garbage instead of TLS', () => createTcpServer((socket) => socket.write(garbage))],
    ['endless garbage instead of TLS', () => createTcpServer((socket) => endless(socket, garbage))],
    ['an end at once', () => createTcpServer((socket) => socket.end())],
    ['a reset at once', () => createTcpServer((socket) => socket.resetAndDestroy())],
    [
      'an endless body',
      () =>
        createTlsServer(set.server.tlsOptions(), (socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n');
          endless(socket, Buffer.alloc(65_536, 97));
        }),
    ],
    [
      'endless headers',
      () =>
        createTlsServer(set.server.tlsOptions(), (socket) => {
          socket.write('HTTP/1.1 200 OK\r\n');
          endless(socket, Buffer.from('x-bomb: bang\r\n'.repeat(1000)));
        }),
    ],
    [
      'endless garbage within TLS',
      () => createTlsServer(set.server.tlsOptions(), (socket) => endless(socket, garbage)),
    ],
  ])('%s: a verdict within the time, and bounded memory', async (title, makeServer) => {
    const server = makeServer() as Server;
    server.on('tlsClientError', () => undefined);
    const port = await listen(server);
    const before = process.memoryUsage().rss;
    for (const endpoint of [{ rest: `https://localhost:${port}` }, { grpc: `localhost:${port}` }]) {
      const report = await verify({ ...endpoint, timeoutMs: 1000 });
      expect(report.rows.length).toBeGreaterThan(10);
      if (title === 'an endless body' && endpoint.rest !== undefined)
        expect(report.rows[1]?.observed).toBe('let in');
      else expect(report.result).not.toBe('right');
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(600e6);
  });
});

describe('bad input', () => {
  test.each([
    [{ grpc: 'localhost' }, 'ERR_ENDPOINT_INVALID', /has no port/],
    [{ grpc: 'localhost:' }, 'ERR_ENDPOINT_INVALID', /host:port/],
    [{ grpc: 'localhost:99999' }, 'ERR_ENDPOINT_INVALID', /port/],
    [{ grpc: '::1:9178' }, 'ERR_ENDPOINT_INVALID', /host:port/],
    [{ grpc: 'https://localhost:1' }, 'ERR_ENDPOINT_INVALID', /is a URL/],
    [{ rest: 'localhost:8000' }, 'ERR_ENDPOINT_INVALID', /not http or https/],
    [{ rest: 'ftp://localhost' }, 'ERR_ENDPOINT_INVALID', /not http or https/],
    [{ rest: 'https://user:secret@localhost' }, 'ERR_ENDPOINT_INVALID', /user name/],
    [{ rest: '' }, 'ERR_ENDPOINT_INVALID', /not a URL/],
    [{}, 'ERR_OPTION_INVALID', /no endpoint/],
    [{ grpc: 'localhost:1', timeoutMs: 0 }, 'ERR_OPTION_INVALID', /time limit/],
    [{ rest: 'https://localhost', path: 'v2' }, 'ERR_OPTION_INVALID', /not a path/],
    [{ rest: 'https://localhost', path: '/a\r\nHost: x' }, 'ERR_OPTION_INVALID', /not a path/],
    [{ grpc: 'localhost:1', method: 'Live' }, 'ERR_OPTION_INVALID', /not a gRPC method/],
  ])('%j gives %s', async (options, code, message) => {
    await expect(verify(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a model that the server does not have: names what it has', async () => {
    const server = await startModelServer([
      ...['--grpc_certificate_path', mutual.certificate, '--grpc_key_path', mutual.key],
      ...['--grpc_ca_path', mutual.ca],
    ]);
    onTestFinished(server.stop);
    await expect(verify({ grpc: `localhost:${server.grpc}`, model: 'minus-one' })).rejects.toMatchObject({
      code: 'ERR_MODEL_UNKNOWN',
      hint: "it has 'plus-one'",
    });
  });
});
