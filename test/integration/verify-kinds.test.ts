// Endpoints of every kind, right and with a hole: no hole is called right, and no right server wrong.
import { once } from 'node:events';
import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  type VerifyEndpointOptions,
  type VerifyReport,
  verifyEndpoint,
  writeCertificateSet,
} from '../../src/index.js';
import { type Apache, startApache } from '../support/apache.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { listening } from '../support/layouts.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { freePort, start } from '../support/processes.js';
import { EXECUTABLE, REPOSITORY, run, runBeside } from '../support/program.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
const out = join(folder, 'set');
const file = (name: string) => join(out, name);
let set: CertificateSet;
let other: CertificateSet;

beforeAll(async () => {
  set = await createCertificateSet({
    ...{ clients: ['alice', 'bob'], peers: { 'node-1': ['localhost'] }, layouts: ['nginx', 'grpc'] },
    key: 'ec-p256',
  });
  other = await createCertificateSet({ key: 'ec-p256' });
  await writeCertificateSet(set, out);
  await writeCertificateSet(other, join(folder, 'other'));
});

const verify = (options: Omit<VerifyEndpointOptions, 'set'>) => verifyEndpoint({ set, ...options });
const rows = (report: VerifyReport, name: string) => {
  const found = report.rows.filter((row) => row.name === name);
  expect(found, name).not.toEqual([]);
  return found;
};
const row = (report: VerifyReport, name: string) => rows(report, name)[0];
const notes = (report: VerifyReport) => report.notes?.map(({ text }) => text) ?? [];
const unproved = (report: VerifyReport) =>
  report.rows.filter(
    ({ verdict, severity }) => verdict === 'wrong' || (verdict === 'inconclusive' && severity === 'must'),
  );

/** A revocation list of the set's CA that has ended. */
function endedList(): string {
  const config = join(folder, 'ca.cnf');
  const index = join(folder, 'index.txt');
  writeFileSync(index, '');
  writeFileSync(config, `[ca]\ndefault_ca=x\n[x]\ndatabase=${index}\ndefault_md=sha256\n`);
  const list = join(folder, 'ended.crl');
  const made = run('openssl', [
    ...['ca', '-gencrl', '-config', config, '-cert', file('ca.pem'), '-keyfile', file('authority/ca.key')],
    ...['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z', '-out', list],
  ]);
  expect(made).toMatchObject({ status: 0 });
  return list;
}

/** Listens with a Node server until the test is over. */
async function listen(server: unknown, host = '127.0.0.1', port = 0): Promise<number> {
  const listener = server as Server;
  const sockets = new Set<Socket>();
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  listener.listen(port, host);
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return (listener.address() as AddressInfo).port;
}

/** Node calls a session of TLS 1.3 authorized that was opened without a certificate, where it is resumed. */
const isKnown = (socket: TLSSocket | undefined) =>
  socket?.authorized === true && Object.keys(socket.getPeerCertificate()).length > 0;

const trusting = () => ({ ...set.server.tlsOptions(), rejectUnauthorized: false });

describe.runIf(tools.nginx)('an application behind NGINX that refuses by itself', () => {
  let nginx: Nginx;
  const PLACES = {
    forbidden: 'return 403;',
    redirected: 'return 302 https://login.test/?next=x;',
    missing: 'return 404;',
    failing: 'return 503;',
    open: '',
  } as const;

  beforeAll(async () => {
    const names = Object.values(PLACES);
    const tls = `ssl_certificate ${file('nginx/server.pem')}; ssl_certificate_key ${file('nginx/server.key')};
      ssl_client_certificate ${file('nginx/client_cert_ca.pem')}; ssl_crl ${file('nginx/client_cert_ca.crl')};`;
    nginx = await startNginx(join(folder, 'nginx'), names.length + 6, (ports) => {
      const places = names.map(
        (
          refusal,
          index,
        ) => `server { listen 127.0.0.1:${ports[index]} ssl; ${tls} ssl_verify_client optional_no_ca;
          location / {
            default_type application/json;
            ${refusal === '' ? '' : `if ($ssl_client_verify != SUCCESS) { ${refusal} }`}
            return 200 "{}";
          } }`,
      );
      const [redirecting, answering, root, nowhere, careless, listed] = ports.slice(names.length);
      const strict = `${tls} ssl_verify_client on;`;
      return `${places.join('\n')}
        server { listen 127.0.0.1:${redirecting} ssl; ${strict} error_page 497 =307 https://$host:$server_port$request_uri;
          location / { return 200 "ok"; } }
        server { listen 127.0.0.1:${answering} ssl; ${strict} error_page 497 =200 @plain;
          location / { return 200 "ok"; } location @plain { return 200 "ok"; } }
        server { listen 127.0.0.1:${root} ssl; ${strict} location = / { return 200 "ok"; } location / { return 404; } }
        server { listen 127.0.0.1:${nowhere} ssl; ${strict} location / { return 404; } }
        server { listen 127.0.0.1:${careless} ssl; ${tls} ssl_verify_client optional_no_ca; location / { return 404; }
          location /api { return 200 "secret"; } }
        server { listen 127.0.0.1:${listed} ssl; ${strict}
          location / { if ($ssl_client_s_dn !~ CN=bob) { return 403; } return 200 "ok"; } }`;
    });
  });
  afterAll(() => nginx?.stop());

  const url = (index: number) => `https://localhost:${nginx.ports[index]}`;
  const place = (name: keyof typeof PLACES) => url(Object.keys(PLACES).indexOf(name));
  const more = Object.keys(PLACES).length;

  test.each([
    ['forbidden', 'HTTP 403, by the application after the handshake'],
    ['redirected', 'HTTP 302 to https://login.test/?next=x, by the application after the handshake'],
    ['missing', 'HTTP 404, by the application after the handshake'],
  ] as const)('%s: refused, by the application', async (name, by) => {
    const report = await verify({ url: place(name) });
    expect(unproved(report)).toEqual([]);
    expect(report.result).toBe('right');
    for (const tried of ['no certificate', 'untrusted unknown-ca', 'untrusted expired']) {
      for (const found of rows(report, tried)) {
        expect(found).toMatchObject({ kind: 'refused' });
        // NGINX leaves to the application what it does not know the CA of, and turns away the rest by itself.
        if (tried === 'no certificate') expect(found.by).toBe(by);
        else expect([by, 'HTTP 400: The SSL certificate error']).toContain(found.by);
      }
    }
  });

  test('an answer that merely differs is neither let in nor a refusal', async () => {
    const report = await verify({ url: place('failing') });
    expect(report.result).toBe('wrong');
    expect(row(report, 'no certificate')).toMatchObject({
      ...{ kind: 'another-answer', verdict: 'inconclusive', by: 'HTTP 503' },
      note: 'the valid client is answered otherwise: this is neither let in nor a refusal',
    });
  });

  test('the application that lets everyone in is wrong', async () => {
    const report = await verify({ url: place('open') });
    expect(row(report, 'no certificate')).toMatchObject({ kind: 'let-in', verdict: 'wrong' });
  });

  test('plain HTTP: a redirect to https is right, an answer is not', async () => {
    const right = await verify({ url: url(more) });
    expect(unproved(right)).toEqual([]);
    expect(row(right, 'no TLS')).toMatchObject({
      by: expect.stringMatching(/^HTTP 307 to https:\/\/localhost:\d+\/v2\/health\/live$/),
      verdict: 'right',
    });
    const wrong = await verify({ url: url(more + 1) });
    expect(row(wrong, 'no TLS')).toMatchObject({ verdict: 'wrong', note: 'it answers without TLS' });
  });

  test('a server that is no model server: / is found', async () => {
    const report = await verify({ url: url(more + 2) });
    expect(unproved(report)).toEqual([]);
    expect(row(report, 'client alice')).toMatchObject({ by: 'HTTP 200', verdict: 'right' });
    expect(notes(report)).toEqual([
      'looked at GET / alone; --path and --request add more',
      'GET /v2/health/live is not there',
    ]);
  });

  test('a server that has neither: what TLS refuses is proved, and the rest is not', async () => {
    const right = await verify({ url: url(more + 3) });
    expect(unproved(right)).toEqual([]);
    expect(row(right, 'client alice')).toMatchObject({ by: 'HTTP 404', verdict: 'right' });
    expect(notes(right)).toContain('the valid client gets HTTP 404: --path names what it has');
    const unknown = await verify({ url: url(more + 4) });
    expect(row(unknown, 'no certificate')).toMatchObject({
      verdict: 'inconclusive',
      note: 'the valid client gets the same answer, so nothing can be told: --path names something that it may have',
    });
    const wrong = await verify({ url: url(more + 4), path: '/api' });
    expect(row(wrong, 'no certificate')).toMatchObject({ verdict: 'wrong', by: 'HTTP 200' });
  });

  test('an allow-list: another valid client opens it, and the one who is not on it must be refused', async () => {
    const report = await verify({ url: url(more + 5), client: 'alice' });
    expect(report.rows[0]).toMatchObject({ name: 'client alice', verdict: 'wrong' });
    expect(report.rows[0]?.note).toMatch(/TLS let it in and the application turned it away.*--refused/);
    const right = await verify({ url: url(more + 5), client: 'bob', refused: ['alice', 'node-1'] });
    expect(unproved(right)).toEqual([]);
    expect(row(right, 'client alice, not on the list')).toMatchObject({
      by: 'HTTP 403, by the application after the handshake',
    });
    expect(row(right, 'peer node-1, not on the list')?.kind).toBe('refused');
    // Where every certificate of the CA opens it, the list is not applied.
    const wrong = await verify({ url: url(more + 2), refused: 'alice' });
    expect(row(wrong, 'client alice, not on the list')).toMatchObject({
      verdict: 'wrong',
      note: 'it lets in every client of its CA: the list of names is not applied',
    });
  });

  test('more paths and requests: a path that is not guarded is found', async () => {
    const report = await verify({ url: place('forbidden'), path: ['/a', '/b'], request: 'POST /c' });
    expect(unproved(report)).toEqual([]);
    expect(row(report, 'no certificate, POST /c')).toMatchObject({ kind: 'refused', verdict: 'right' });
    expect(notes(report)).toEqual(['looked at GET /a, GET /b, POST /c']);
    const hole = await verify({ url: url(more + 4), path: ['/x', '/api'] });
    expect(row(hole, 'no certificate, GET /api')).toMatchObject({
      verdict: 'wrong',
      note: 'anybody gets in: it does not require a client certificate',
    });
  });
});

describe('an application of one process', () => {
  test('gRPC: UNAUTHENTICATED and PERMISSION_DENIED are refusals, another status is none', async () => {
    for (const [status, kind] of [
      ['16', 'refused'],
      ['7', 'refused'],
      ['13', 'another-answer'],
      ['0', 'let-in'],
    ] as const) {
      const server = createSecureServer(trusting());
      server.on('stream', (stream: ServerHttp2Stream) => {
        const authorized = isKnown(stream.session?.socket as TLSSocket | undefined);
        stream.on('error', () => undefined);
        const trailers = { 'grpc-status': authorized ? '0' : status };
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', ...trailers },
          { endStream: true },
        );
      });
      server.on('sessionError', () => undefined);
      const report = await verify({ url: `grpc://localhost:${await listen(server)}` });
      expect(row(report, 'no certificate')?.kind).toBe(kind);
      expect([kind, unproved(report).length > 0]).toEqual([kind, kind !== 'refused']);
      if (kind === 'refused') expect(unproved(report)).toEqual([]);
    }
  });

  test('gRPC without a model server: the health check is found', async () => {
    const server = createSecureServer(set.server.tlsOptions());
    server.on('stream', (stream: ServerHttp2Stream, { ':path': path }) => {
      stream.on('error', () => undefined);
      const status = path === '/grpc.health.v1.Health/Check' ? '5' : '12';
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status },
        { endStream: true },
      );
    });
    server.on('sessionError', () => undefined);
    const report = await verify({ url: `grpc://localhost:${await listen(server)}` });
    expect(unproved(report)).toEqual([]);
    expect(row(report, 'client alice')?.by).toBe('gRPC NOT_FOUND');
    expect(notes(report)[0]).toMatch(/^looked at grpc.health.v1.Health\/Check alone; --method adds more$/);
  });

  test('HTTP/2 alone', async () => {
    const server = createSecureServer(set.server.tlsOptions(), (_request, response) => response.end('ok'));
    server.on('sessionError', () => undefined);
    const report = await verify({ url: `https://localhost:${await listen(server)}` });
    expect(unproved(report)).toEqual([]);
    expect(notes(report)).toContain('it speaks HTTP/2, and no HTTP/1.1');
  });

  test('a protocol that is not HTTP, and a server that never answers', async () => {
    const smtp = createTlsServer(set.server.tlsOptions(), (socket) => {
      socket.on('error', () => undefined);
      socket.write('220 mail.test ESMTP\r\n');
    });
    const other = await verify({ url: `https://localhost:${await listen(smtp)}`, timeoutMs: 1000 });
    expect(other.rows[0]).toMatchObject({ verdict: 'wrong' });
    expect(other.rows[0]?.note).toBe(
      "it does not speak the protocol of this URL: what it answers is not HTTP: it begins with '220 mail.test ESMTP'",
    );
    const silent = createTlsServer(set.server.tlsOptions(), (socket) => socket.on('error', () => undefined));
    const report = await verify({ url: `https://localhost:${await listen(silent)}`, timeoutMs: 300 });
    expect(report.result).toBe('no-answer');
    expect(report.rows[0]?.note).toMatch(/^TLS was established, and no answer came to the request/);
  });

  test("a revocation list that has ended is told from a certificate that is not the CA's", async () => {
    const list = endedList();
    const port = await freePort();
    const server = start('openssl', [
      ...['s_server', '-www', '-accept', `127.0.0.1:${port}`, '-Verify', '2', '-verify_return_error'],
      ...['-cert', file('nginx/server.pem'), '-key', file('nginx/server.key'), '-CAfile', file('ca.pem')],
      ...['-crl_check', '-CRL', list],
    ]);
    onTestFinished(server.stop);
    await listening(server, port);
    const report = await verify({ url: `https://localhost:${port}` });
    expect(report.rows[0]).toMatchObject({ name: 'client alice', verdict: 'wrong' });
    expect(report.rows[0]?.note).toMatch(/its certificate has not ended, so the endpoint's revocation list/);

    const otherPort = await freePort();
    const foreign = start('openssl', [
      ...['s_server', '-www', '-accept', `127.0.0.1:${otherPort}`, '-Verify', '2', '-verify_return_error'],
      ...['-cert', file('nginx/server.pem'), '-key', file('nginx/server.key')],
      ...['-CAfile', join(folder, 'other', 'ca.pem')],
    ]);
    onTestFinished(foreign.stop);
    await listening(foreign, otherPort);
    const untrusted = await verify({ url: `https://localhost:${otherPort}` });
    expect(untrusted.rows[0]?.note).toMatch(/trust the CA of this set\?$/);
  });

  test.runIf(tools.nginx)('NGINX says one thing for both: what it asks for tells them apart', async () => {
    const tls = `ssl_certificate ${file('nginx/server.pem')}; ssl_certificate_key ${file('nginx/server.key')};
      ssl_verify_client on; location / { return 200 "ok"; }`;
    const ended = endedList();
    const nginx = await startNginx(
      join(folder, 'nginx-refusing'),
      2,
      (ports) => `
        server { listen 127.0.0.1:${ports[0]} ssl; ${tls} ssl_client_certificate ${file('ca.pem')}; ssl_crl ${ended}; }
        server { listen 127.0.0.1:${ports[1]} ssl; ${tls} ssl_client_certificate ${join(folder, 'other', 'ca.pem')}; }`,
    );
    onTestFinished(nginx.stop);
    const list = await verify({ url: `https://localhost:${nginx.ports[0]}` });
    expect(list.rows[0]).toMatchObject({ verdict: 'wrong', by: 'HTTP 400: The SSL certificate error' });
    expect(list.rows[0]?.note).toMatch(/has its revocation list ended, or is the list another CA's\?$/);
    const foreign = await verify({ url: `https://localhost:${nginx.ports[1]}` });
    expect(foreign.rows[0]?.note).toMatch(
      /asks for certificates of other CAs: does it trust the CA of this set\?$/,
    );
  });

  test("a server of another CA's certificate, by --server-ca, under a name and at a place of its own", async () => {
    const guarded = await createCertificateSet({ names: ['api.test'], key: 'ec-p256' });
    const asked: string[] = [];
    const server = createHttpsServer(
      { ...guarded.server.tlsOptions(), ca: set.trustedPem, crl: undefined, ALPNProtocols: ['http/1.1'] },
      (request, response) => {
        asked.push(`${(request.socket as TLSSocket).servername} ${request.headers.host}`);
        response.end('ok');
      },
    );
    const port = await listen(server);
    const place = `localhost:${port}`;
    const wrong = await verify({ url: `https://${place}`, serverName: 'api.test' });
    expect(wrong.rows[0]?.note).toMatch(/--server-ca <file> gives another CA/);
    const serverCa = guarded.trustedPem;
    for (const options of [
      { url: `https://${place}`, serverName: 'api.test' },
      { url: `https://api.test:${port}`, connectTo: place },
    ]) {
      const report = await verify({ ...options, serverCa });
      expect(unproved(report)).toEqual([]);
    }
    expect(asked).toContain(`api.test api.test:${port}`);
    const elsewhere = await verify({ url: `https://${place}`, serverCa });
    expect(elsewhere.rows[0]?.note).toMatch(/for another name; --server-name <name>/);
  });

  test('an inference is tried without a certificate, too', async () => {
    const model = (guards: boolean) =>
      createHttpsServer(trusting(), (request, response) => {
        const authorized = isKnown(request.socket as TLSSocket);
        const inference = request.url?.endsWith('/infer') === true;
        if (!authorized && (guards || !inference)) response.statusCode = 403;
        response.setHeader('content-type', 'application/json');
        response.end('{"inputs":[{"name":"x","datatype":"FP32","shape":[1]}]}');
      });
    const right = await verify({ url: `https://localhost:${await listen(model(true))}`, model: 'm' });
    expect(unproved(right)).toEqual([]);
    expect(row(right, 'no certificate, inference of m')).toMatchObject({ kind: 'refused' });
    const wrong = await verify({ url: `https://localhost:${await listen(model(false))}`, model: 'm' });
    expect(row(wrong, 'no certificate')).toMatchObject({ verdict: 'right' });
    expect(row(wrong, 'no certificate, inference of m')).toMatchObject({ verdict: 'wrong', by: 'HTTP 200' });
  });
});

describe.runIf(tools.apache)('Apache httpd', () => {
  let apache: Apache;

  beforeAll(async () => {
    apache = await startApache(join(folder, 'apache'), 2, (ports) => {
      const host = (port: number | undefined, more: string) => `<VirtualHost 127.0.0.1:${port}>
        SSLEngine on
        SSLCertificateFile ${file('nginx/server.pem')}
        SSLCertificateKeyFile ${file('nginx/server.key')}
        SSLCACertificateFile ${file('nginx/client_cert_ca.pem')}
        ${more}
      </VirtualHost>`;
      return `${host(ports[0], 'SSLVerifyClient require')}
        ${host(ports[1], '<Location /secret>\nSSLVerifyClient require\n</Location>')}`;
    });
  });
  afterAll(() => apache?.process.stop());

  test('for the whole host: right', async () => {
    const report = await verify({ url: `https://localhost:${apache.ports[0]}` });
    expect(unproved(report)).toEqual([]);
  });

  test('for a location alone: TLS 1.3 needs what few clients can, and the rest is open', async () => {
    const url = `https://localhost:${apache.ports[1]}`;
    const guarded = await verify({ url, path: '/secret/file' });
    const valid = rows(guarded, 'client alice');
    expect(valid.find(({ tls }) => tls === 'TLSv1.3')).toMatchObject({ kind: 'refused', verdict: 'wrong' });
    expect(valid.find(({ tls }) => tls === 'TLSv1.3')?.note).toMatch(
      /asks for the certificate after the handshake/,
    );
    const all = await verify({ url });
    expect(row(all, 'no certificate')).toMatchObject({ verdict: 'wrong', kind: 'let-in' });
  });
});

describe('a set', () => {
  test('whose clients cannot all be read: those are named, the others tried', async () => {
    const certs = join(folder, 'damaged');
    await writeCertificateSet(
      await createCertificateSet({ key: 'ec-p256', clients: ['alice', 'bob', 'carol'], layouts: ['grpc'] }),
      certs,
    );
    const whole = await createHttpsServerOf(certs);
    rmSync(join(certs, 'alice.key'));
    writeFileSync(join(certs, 'bob.pem'), 'nothing');
    const report = await verifyEndpoint({ set: certs, url: `https://localhost:${await listen(whole)}` });
    expect(row(report, 'client carol')).toMatchObject({ kind: 'let-in', verdict: 'right' });
    expect(row(report, 'no certificate')).toMatchObject({ verdict: 'right' });
    expect(report.rows.filter(({ kind }) => kind === 'not-tried').map(({ note }) => note)).toEqual([
      'client alice cannot be read: alice.key is missing',
      'client bob cannot be read: bob.pem was changed',
    ]);
    // The folder's own check says it as well, and that is wrong.
    expect(rows(report, 'alice.key')[0]).toMatchObject({ verdict: 'wrong' });
    expect(report.result).toBe('wrong');
  });

  test.runIf(process.getuid?.() === 0)('whose key this user may not read: named, too', async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const certs = join(folder, 'unreadable');
    await writeCertificateSet(
      await createCertificateSet({ key: 'ec-p256', clients: ['alice', 'bob'], layouts: ['grpc'] }),
      certs,
    );
    const server = await createHttpsServerOf(certs);
    chmodSync(folder, 0o755);
    chownSync(join(certs, 'bob.key'), nobody.uid, nobody.gid);
    const url = `https://localhost:${await listen(server)}`;
    const args = [EXECUTABLE, 'verify', '--out', certs, '--json', url];
    const { stdout } = await runBeside(process.execPath, args, nobody);
    const report: VerifyReport = JSON.parse(stdout);
    expect(row(report, 'client bob')).toMatchObject({ kind: 'let-in', verdict: 'right' });
    expect(row(report, 'client alice')).toMatchObject({
      kind: 'not-tried',
      note: 'client alice cannot be read: this user may not read its key',
    });
  });

  test('with intermediates and peers: chains and their own flaws are tried', async () => {
    const deep = await createCertificateSet({
      ...{ intermediates: 1, peers: { 'node-1': ['localhost'] }, key: 'ec-p256', untrusted: 'all' },
    });
    const server = createHttpsServer({ ...deep.server.tlsOptions(), crl: undefined }, (_request, response) =>
      response.end('ok'),
    );
    const report = await verifyEndpoint({ set: deep, url: `https://localhost:${await listen(server)}` });
    expect(unproved(report)).toEqual([]);
    expect(row(report, 'peer node-1')).toMatchObject({ kind: 'let-in' });
    expect(row(report, 'untrusted missing-intermediate')).toMatchObject({ kind: 'refused' });
  });

  async function createHttpsServerOf(certs: string) {
    const { loadCertificateSet } = await import('../../src/index.js');
    const loaded = await loadCertificateSet(certs);
    return createHttpsServer(loaded.server.tlsOptions(), (_request, response) => response.end('ok'));
  }
});

describe.runIf(tools.unshare)('a name with several addresses', () => {
  const hosts = join(folder, 'hosts');
  beforeAll(() => writeFileSync(hosts, '127.0.0.1 localhost\n127.0.0.2 localhost\n127.0.0.3 localhost\n'));

  /** Runs the program where localhost has these addresses. */
  async function verifyThere(port: number): Promise<VerifyReport> {
    const args = [EXECUTABLE, 'verify', '--out', out, '--json', `https://localhost:${port}`];
    const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
    const { stdout, stderr } = await runBeside('unshare', [
      ...['-m', 'sh', '-c', script, 'sh', hosts, process.execPath, ...args],
    ]);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  const serve = (options: object) =>
    createHttpsServer({ ...set.server.tlsOptions(), ...options }, (_request, response) => response.end('ok'));

  test('each is tried, and one where nothing listens is said', async () => {
    const port = await listen(serve({}));
    await listen(serve({}), '127.0.0.2', port);
    const report = await verifyThere(port);
    expect(unproved(report)).toEqual([]);
    for (const name of ['client alice', 'no certificate', 'untrusted unknown-ca', 'no TLS']) {
      expect(row(report, `${name}, 127.0.0.2`)?.verdict).toBe('right');
    }
    expect(notes(report)).toEqual([
      expect.stringMatching(/^looked at/),
      'every case was tried at 127.0.0.1, the main ones at 127.0.0.2',
      'nothing was tried at 127.0.0.3: connection refused: nothing listens there',
    ]);
  });

  test('a listener of another address that asks for nothing is a hole', async () => {
    const port = await listen(serve({}));
    await listen(serve({ requestCert: false, rejectUnauthorized: false }), '127.0.0.2', port);
    const report = await verifyThere(port);
    expect(row(report, 'no certificate')?.verdict).toBe('right');
    expect(row(report, 'no certificate, 127.0.0.2')).toMatchObject({ verdict: 'wrong', kind: 'let-in' });
    expect(report.result).toBe('wrong');
  });
});

describe('the command line', () => {
  const cli = (args: readonly string[]) =>
    runBeside(process.execPath, [EXECUTABLE, 'verify', '--out', out, ...args]);
  const hints = (stderr: string) => /^generate-certs: hint: (.*)$/m.exec(stderr)?.[1];

  test('has all of it', async () => {
    const guarded = await createCertificateSet({ names: ['api.test'], key: 'ec-p256' });
    const port = await listen(
      createHttpsServer(
        { ...guarded.server.tlsOptions(), ca: set.trustedPem, crl: undefined },
        (request, response) => {
          response.statusCode =
            (request.socket as TLSSocket).getPeerCertificate().subject.CN === 'bob' ? 403 : 200;
          response.end(request.method);
        },
      ),
    );
    const ca = join(folder, 'guarded.pem');
    writeFileSync(ca, guarded.trustedPem);
    const { status, stdout, stderr } = await cli([
      ...[`https://localhost:${port}`, '--server-name', 'api.test', '--server-ca', ca, '--timeout', '5'],
      ...[
        '--path',
        '/a',
        '--path',
        '/b',
        '--request',
        'POST /c',
        '--refused',
        'bob',
        '--client',
        'alice',
        '--json',
      ],
    ]);
    expect(stderr).toBe('');
    const report: VerifyReport = JSON.parse(stdout);
    expect(unproved(report)).toEqual([]);
    expect(status).toBe(0);
    expect(notes(report)).toEqual(['looked at GET /a, GET /b, POST /c']);
    expect(row(report, 'client bob, not on the list')).toMatchObject({ kind: 'refused' });
    expect(row(report, 'no certificate, POST /c')).toMatchObject({ kind: 'refused' });
    expect(report.rows.some(({ name }) => name === 'peer node-1')).toBe(false);
  });

  test.each([
    [['https://localhost:1', '--client', 'alise'], "did you mean 'alice'? known: alice, bob, node-1"],
    [['https://localhost:1', '--server-ca', 'nowhere.pem'], 'give a file of CA certificates in PEM'],
    [
      ['https://localhost:1', '--timeout', '5x'],
      'give seconds, such as 5, or a duration, such as 30s or 2m, up to 1h',
    ],
    [['--refused', 'bob'], 'add a URL, --grpc <host:port> or --rest <url>'],
  ])('%j: usage, exit status 2', async (args, hint) => {
    const { status, stdout, stderr } = await cli(args);
    expect([status, stdout, hints(stderr)]).toEqual([2, '', hint]);
  });

  test('a line says how far it is, on a terminal alone, and is gone at the end', async () => {
    const port = await listen(
      createHttpsServer(set.server.tlsOptions(), (_request, response) => {
        setTimeout(() => response.end('ok'), 150);
      }),
    );
    const python = join(REPOSITORY, 'test', 'support', 'terminal.py');
    const args = [EXECUTABLE, 'verify', '--out', out, `https://localhost:${port}`];
    const { stdout } = await runBeside('/usr/bin/python3', [python, process.execPath, ...args]);
    expect(stdout).toMatch(/\[#*\.*\] +\d+ % {2}tried \d+ of \d+ cases/);
    expect(stdout.slice(stdout.indexOf('server certificate'))).not.toContain('%  ');
    expect((await cli([`https://localhost:${port}`])).stderr).toBe('');
  });
});

describe('what is asked for', () => {
  const url = 'https://localhost:1';
  test.each([
    [{ url, client: 'alise' }, 'ERR_NOT_IN_SET', "did you mean 'alice'?"],
    [{ url, refused: 'carol' }, 'ERR_NOT_IN_SET', 'known: alice, bob, node-1'],
    [{ url, serverName: 'a b' }, 'ERR_OPTION_INVALID', 'DNS name'],
    [{ url, serverName: 'a.test\r\nx: y' }, 'ERR_OPTION_INVALID', 'DNS name'],
    [{ url, connectTo: 'localhost' }, 'ERR_ENDPOINT_INVALID', 'host:port'],
    [{ url: [url, 'grpc://localhost:2'], connectTo: 'localhost:1' }, 'ERR_OPTION_INVALID', 'one endpoint'],
    [{ url, serverCa: 'nothing' }, 'ERR_OPTION_INVALID', 'PEM'],
    [{ url, request: 'GET' }, 'ERR_OPTION_INVALID', 'method and the path'],
    [{ url, request: 'POST /x HTTP/1.1' }, 'ERR_OPTION_INVALID', 'path begins with /'],
    [{ url, request: 'CONNECT /' }, 'ERR_OPTION_INVALID', 'method and the path'],
    [{ url, path: 7 as never }, 'ERR_OPTION_INVALID', 'give a list'],
  ] as const)('%j gives %s', async (options, code, hint) => {
    await expect(verify(options)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });
});
