// The holes that verify looks for beside its cases: each at a server that has it, and the same server without it beside.
import { once } from 'node:events';
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  type Row,
  type VerifyReport,
  verifyEndpoint,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { type ServerFiles, startGo, startHaproxy } from '../support/https-servers/https-servers.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { run } from '../support/program.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
const stops: (() => unknown)[] = [];
let set: CertificateSet;
let other: CertificateSet;
let files: ServerFiles;
/** Greets who is called in the headers that it believes, and refuses where they name nobody. */
let believing: number;
/** Says that it lives, to everybody. */
let alive: number;

beforeAll(async () => {
  const layouts = ['nginx', 'grpc', 'haproxy'] as const;
  set = await createCertificateSet({
    names: ['localhost', 'open.test'],
    clients: ['alice'],
    layouts: [...layouts],
  });
  other = await createCertificateSet({ key: 'ec-p256' });
  await writeCertificateSet(set, join(folder, 'set'));
  const file = (name: string) => join(folder, 'set', name);
  files = {
    certificate: file('grpc/server.pem'),
    key: file('grpc/server.key'),
    ca: file('grpc/ca.pem'),
    combined: file('haproxy/server/server.pem'),
  };
  alive = await listen(createHttpServer((_request, response) => response.end('the guarded application')));
  believing = await listen(
    createHttpServer((request, response) => {
      const name = request.headers['x-forwarded-user'] ?? request.headers['x-ssl-client-s-dn'];
      const verified = request.headers['x-ssl-client-verify'] === 'SUCCESS';
      response.statusCode = verified ? 200 : 401;
      response.end(verified ? `hello ${name}` : 'who are you?');
    }),
  );
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

async function listen(server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const rest = (port: number | undefined) => verifyEndpoint({ set, rest: `https://localhost:${port}` });
const grpc = (port: number | undefined) => verifyEndpoint({ set, grpc: `localhost:${port}` });
const rowsOf = (report: VerifyReport, name: string): readonly Row[] => {
  const rows = report.rows.filter((row) => row.name === name);
  expect(rows, name).not.toEqual([]);
  return rows;
};
const NONE = 'no certificate';
const NO_NAME = `${NONE}, no server name`;
const FOREIGN = `${NONE}, server name not-the-name.invalid`;

/** Which rows are wrong, by their names, each once. */
const wrongOf = (report: VerifyReport) => [
  ...new Set(report.rows.flatMap(({ verdict, name }) => (verdict === 'wrong' ? [name] : []))),
];
const warnedOf = (report: VerifyReport) => [
  ...new Set(
    report.rows.flatMap(({ verdict, name, flaw }) =>
      verdict === 'warning' && flaw === undefined ? [name] : [],
    ),
  ),
];
function expectRight(report: VerifyReport): void {
  expect(report.rows.filter(({ verdict }) => verdict === 'wrong' || verdict === 'inconclusive')).toEqual([]);
  expect(report.result).toBe('right');
}

describe.runIf(tools.nginx)('NGINX', () => {
  let nginx: Nginx;
  const SERVERS = {
    'guards one name of two': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl default_server; server_name _; ${tls} ${guarded} }
      server { listen 127.0.0.1:${port} ssl; server_name localhost; ${tls} ${guard} ${guarded} }`,
    'has another site beside the guarded one': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl default_server; server_name _; ${tls} location / { return 200 "Welcome to our public pages"; } }
      server { listen 127.0.0.1:${port} ssl; server_name localhost; ${tls} ${guard} ${guarded} }`,
    'leaves out another name of its certificate': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl default_server; server_name localhost; ${tls} ${guard} ${guarded} }
      server { listen 127.0.0.1:${port} ssl; server_name open.test; ${tls} ${guarded} }`,
    'has no sessions': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl; ssl_session_cache off; ssl_session_tickets off; ${tls} ${guard} ${guarded} }`,
    'has sessions': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl; ssl_session_cache shared:A:1m; ${tls} ${guard} ${guarded} }`,
    'lets a caller say who it is': ({ port, tls, guard }) => `
      server { listen 127.0.0.1:${port} ssl; ${tls} ${guard}
        location / { proxy_pass http://127.0.0.1:${believing};
          proxy_set_header X-SSL-Client-Verify $ssl_client_verify; proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn; } }`,
    'says who the caller is': ({ port, tls, guard }) => `
      server { listen 127.0.0.1:${port} ssl; ${tls} ${guard}
        location / { proxy_pass http://127.0.0.1:${believing}; proxy_set_header X-Forwarded-User "";
          proxy_set_header X-SSL-Client-Verify $ssl_client_verify; proxy_set_header X-SSL-Client-S-DN $ssl_client_s_dn; } }`,
    'trusts another CA as well': ({ port, tls, guarded }) => `
      server { listen 127.0.0.1:${port} ssl; ${tls} ssl_verify_client on; ssl_client_certificate ${join(folder, 'both.pem')}; ${guarded} }`,
    'speaks what is outdated': ({ port, tls, guard, guarded }) => `
      server { listen 127.0.0.1:${port} ssl; ${tls.replace('TLSv1.2 TLSv1.3', 'TLSv1 TLSv1.1 TLSv1.2')} ${guard} ${guarded}
        ssl_ciphers ALL:eNULL:aNULL:@SECLEVEL=0; }`,
  } as const satisfies Record<
    string,
    (given: { port: number; tls: string; guard: string; guarded: string }) => string
  >;
  const KINDS = Object.keys(SERVERS) as (keyof typeof SERVERS)[];

  beforeAll(async () => {
    const file = (name: string) => join(folder, 'set', 'nginx', name);
    const tls = `ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};`;
    const guard = `ssl_client_certificate ${file('client_cert_ca.pem')}; ssl_verify_client on;`;
    const guarded = `location / { proxy_pass http://127.0.0.1:${alive}; }`;
    writeFileSync(
      join(folder, 'both.pem'),
      `${readFileSync(files.ca, 'utf8')}${other.authority.certificate.pem}`,
    );
    nginx = await startNginx(join(folder, 'nginx'), KINDS.length, (ports) =>
      KINDS.map((kind, index) => SERVERS[kind]({ port: ports[index] ?? 0, tls, guard, guarded })).join('\n'),
    );
    stops.push(nginx.stop);
  });
  const at = (kind: keyof typeof SERVERS) => rest(nginx.ports[KINDS.indexOf(kind)]);

  test('that asks for a certificate under one name alone lets everybody in by another', async () => {
    const report = await at('guards one name of two');
    expect(wrongOf(report)).toEqual([NO_NAME, FOREIGN, `${NONE}, server name open.test`]);
    expect(rowsOf(report, NO_NAME)[0]).toMatchObject({
      kind: 'let-in',
      severity: 'must',
      note: 'anybody gets in by it: it asks for a certificate for some server names alone',
    });
  });

  test('that has another site there is right', async () => {
    const report = await at('has another site beside the guarded one');
    expectRight(report);
    expect(rowsOf(report, FOREIGN)[0]).toMatchObject({ kind: 'another-answer', verdict: 'right' });
  });

  test('that guards its default alone lets everybody in by the name that it leaves out', async () => {
    const report = await at('leaves out another name of its certificate');
    expect(wrongOf(report)).toEqual([`${NONE}, server name open.test`]);
  });

  test('tells of a session that stands for the certificate, and of none', async () => {
    const name = 'client alice, session resumed';
    const report = await at('has sessions');
    expectRight(report);
    for (const row of rowsOf(report, name)) {
      expect(row).toMatchObject({ kind: 'let-in', severity: 'policy', verdict: 'right' });
      expect(row.note).toContain('the session stands for the certificate');
    }
    const without = await at('has no sessions');
    for (const row of rowsOf(without, name)) {
      expect(row).toMatchObject({ kind: 'refused', verdict: 'right' });
    }
  });

  test('that hands on who a caller says it is is found by the name in the answer', async () => {
    const report = await at('lets a caller say who it is');
    expect(wrongOf(report)).toEqual(['client alice, forged headers']);
    expect(rowsOf(report, 'client alice, forged headers')[0]?.note).toMatch(
      /^it believes what a caller writes of itself: .*x-forwarded-user/,
    );
    expectRight(await at('says who the caller is'));
  });

  test('that asks for clients of another CA as well names it, in both versions', async () => {
    const report = await at('trusts another CA as well');
    expect(warnedOf(report)).toEqual(['CAs that are asked for']);
    const rows = rowsOf(report, 'CAs that are asked for');
    expect(rows.map(({ tls }) => tls)).toEqual(['TLSv1.3', 'TLSv1.2']);
    for (const row of rows) expect(row.note).toContain(other.authority.certificate.subject);
    for (const row of rowsOf(await at('has sessions'), 'CAs that are asked for')) {
      expect(row).toMatchObject({ kind: 'as-expected', verdict: 'right' });
    }
  });

  test('that speaks what is outdated is warned of', async () => {
    const report = await at('speaks what is outdated');
    expect(warnedOf(report)).toEqual(['TLS 1.1', 'TLS 1.0', 'null ciphers', 'anonymous ciphers']);
    expect(report.result).toBe('right');
  });
});

describe.runIf(tools.haproxy)('HAProxy', () => {
  let ports: readonly number[];

  beforeAll(async () => {
    const list = join(folder, 'crt-list');
    writeFileSync(
      list,
      `${files.combined} [verify none] *.invalid open.test\n${files.combined} [verify required ca-file ${files.ca}] localhost\n`,
    );
    const optional = `ssl crt ${files.combined} ca-file ${files.ca} verify optional`;
    const tell = [
      'http-request set-header X-SSL-Client-Verify SUCCESS if { ssl_c_used } { ssl_c_verify 0 }',
      'http-request set-header X-SSL-Client-S-DN %[ssl_c_s_dn] if { ssl_c_used } { ssl_c_verify 0 }',
    ].join('\n  ');
    const server = await startHaproxy(
      join(folder, 'haproxy'),
      3,
      ([one, two, three]) => `
frontend by-name
  bind 127.0.0.1:${one} ssl crt-list ${list} strict-sni
  default_backend alive
frontend trusting
  bind 127.0.0.1:${two} ${optional}
  ${tell}
  default_backend believing
frontend careful
  bind 127.0.0.1:${three} ${optional}
  http-request del-header X-SSL-Client-Verify
  http-request del-header X-SSL-Client-S-DN
  http-request del-header X-Forwarded-User
  ${tell}
  default_backend believing
backend alive
  server one 127.0.0.1:${alive}
backend believing
  server one 127.0.0.1:${believing}`,
    );
    stops.push(server.stop);
    ports = server.ports;
  });

  test('that requires a certificate for some entries of its list alone', async () => {
    const report = await rest(ports[0]);
    // Version 2.6 resumes a session under any name.
    const session = `${NONE}, session resumed`;
    expect(wrongOf(report)).toEqual([FOREIGN, `${NONE}, server name open.test`, session]);
    expect(rowsOf(report, NO_NAME)[0]).toMatchObject({ kind: 'refused', verdict: 'right' });
  });

  test('that sets the headers of a client only where there is one', async () => {
    const report = await rest(ports[1]);
    expect(wrongOf(report)).toEqual(['no certificate, forged headers', 'client alice, forged headers']);
    expect(rowsOf(report, NONE)[0]).toMatchObject({ verdict: 'right', kind: 'refused' });
    expect(rowsOf(report, 'no certificate, forged headers')[0]?.note).toContain('x-ssl-client-verify');
    expectRight(await rest(ports[2]));
  });
});

test.skipIf(!tools.go)(
  'Go that decides by the server name, or by the protocol',
  { timeout: 240_000 },
  async () => {
    const kinds = ['by-name', 'by-name-and-host', 'by-protocol', 'grpc', 'grpc-by-protocol'] as const;
    const go = await startGo(join(folder, 'go'), files, kinds);
    stops.push(go.stop);
    expect(wrongOf(await rest(go.port['by-name']))).toEqual([
      NO_NAME,
      FOREIGN,
      `${NONE}, server name open.test`,
    ]);
    const checked = await rest(go.port['by-name-and-host']);
    expect(wrongOf(checked)).toEqual([]);
    expect(checked.result).toBe('right');
    expect(wrongOf(await rest(go.port['by-protocol']))).toEqual([`${NONE}, over HTTP/2`]);
    expect(wrongOf(await grpc(go.port.grpc))).toEqual([]);
    const report = await grpc(go.port['grpc-by-protocol']);
    expect(wrongOf(report)).toEqual([`${NONE}, over HTTP/1.1`]);
    expect(rowsOf(report, `${NONE}, over HTTP/1.1`)[0]?.note).toBe(
      'anybody gets in by it: it requires no certificate for this protocol',
    );
  },
);

describe('Node', () => {
  const optional = () => ({ ...set.server.tlsOptions(), rejectUnauthorized: false });
  const application = (isKnown: (socket: TLSSocket) => boolean) =>
    createHttpsServer(optional(), (request, response) => {
      response.statusCode = isKnown(request.socket as TLSSocket) ? 200 : 401;
      response.end('the guarded application');
    });

  test('that takes a resumed session for authorized, whoever opened it', async () => {
    // Node says so of every session that is resumed in TLS 1.3.
    const trusting = application(({ authorized }) => authorized);
    const report = await rest(await listen(trusting));
    expect(wrongOf(report)).toEqual([`${NONE}, session resumed`]);
    expect(rowsOf(report, `${NONE}, session resumed`)[0]?.note).toBe(
      'anybody gets in by it: the session was opened without a certificate',
    );
    const careful = application(
      (socket) => socket.authorized && socket.getPeerX509Certificate() !== undefined,
    );
    const right = await rest(await listen(careful));
    expect(wrongOf(right)).toEqual([]);
    expect(rowsOf(right, `${NONE}, session resumed`)[0]?.verdict).toBe('right');
  });

  test('that shows all headers in its answer believes none of them', async () => {
    const echo = createHttpsServer(set.server.tlsOptions(), (request, response) =>
      response.end(JSON.stringify(request.headers)),
    );
    const report = await rest(await listen(echo));
    expect(report.result).toBe('right');
    expect(rowsOf(report, 'client alice, forged headers')[0]).toMatchObject({
      verdict: 'inconclusive',
      severity: 'policy',
    });
  });

  test.skipIf(!tools.openssl)('names of CAs that are no text for a terminal are shown escaped', async () => {
    const odd = join(folder, 'odd.pem');
    const made = run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-keyout', '/dev/null', '-out', odd, '-utf8', '-subj', '/CN=\u001b[31m::error::\u202e'],
    ]);
    expect(made.status).toBe(0);
    const options = set.server.tlsOptions();
    const ca = `${String(options.ca)}${readFileSync(odd, 'utf8')}`;
    const report = await rest(
      await listen(createHttpsServer({ ...options, ca }, (_request, response) => response.end('alive'))),
    );
    const notes = rowsOf(report, 'CAs that are asked for').map(({ note }) => note);
    expect(notes[0]).toContain('\\u{1b}[31m::error::\\u{202e}');
    expect(notes).toHaveLength(2);
  });
});

describe.runIf(tools.nginx)('a client that is made, let in and revoked', () => {
  let nginx: Nginx;
  let out: string;
  const revoked = 'client revoke-check, revoked';
  const session = 'client revoke-check, revoked, session resumed';

  beforeAll(async () => {
    out = join(folder, 'revoking');
    await writeCertificateSet(await createCertificateSet({ clients: ['alice'], layouts: ['nginx'] }), out);
    const file = (name: string) => join(out, name);
    const tls = `ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};
      ssl_client_certificate ${file('client_cert_ca.pem')}; ssl_verify_client on; location / { proxy_pass http://127.0.0.1:${alive}; }`;
    const crl = `ssl_crl ${file('client_cert_ca.crl')};`;
    nginx = await startNginx(
      join(folder, 'nginx-revoking'),
      3,
      ([one, two, three]) => `
        server { listen 127.0.0.1:${one} ssl; ${tls} ${crl} ssl_session_cache shared:R:1m; ssl_session_tickets off; }
        server { listen 127.0.0.1:${two} ssl; ${tls} ${crl} ssl_session_cache off; ssl_session_tickets off; }
        server { listen 127.0.0.1:${three} ssl; ${tls} }`,
    );
    // As `watch --on-renew` and `serve` do it.
    const watcher = watch(out, (_event, name) => {
      if (name === 'client_cert_ca.crl') nginx.process.child.kill('SIGHUP');
    });
    stops.push(() => watcher.close(), nginx.stop);
  });
  const check = (port: number | undefined, timeoutMs = 5000) =>
    verifyEndpoint({ set: out, url: `https://localhost:${port}`, revokeCheck: true, timeoutMs });

  test('gets in by its session where the server keeps sessions', async () => {
    const report = await check(nginx.ports[0]);
    expect(rowsOf(report, revoked)[0]).toMatchObject({
      kind: 'refused',
      verdict: 'right',
      severity: 'policy',
    });
    expect(rowsOf(report, session).map(({ verdict, note }) => [verdict, note])).toContainEqual([
      'warning',
      'the client is revoked and refused, and its session still gets in',
    ]);
    expect(report.result).toBe('right');
  });

  test('does not where it keeps none', async () => {
    const report = await check(nginx.ports[1]);
    expectRight(report);
    expect(rowsOf(report, revoked)[0]).toMatchObject({ kind: 'refused', verdict: 'right' });
    for (const row of rowsOf(report, session))
      expect(row).toMatchObject({ kind: 'refused', verdict: 'right' });
  });

  test('is still let in where no list is read', async () => {
    const report = await check(nginx.ports[2], 2000);
    expect(rowsOf(report, revoked)[0]).toMatchObject({ kind: 'let-in', verdict: 'warning' });
    expect(report.rows.map(({ name }) => name)).not.toContain(session);
  });

  test('needs the folder of the set', async () => {
    await expect(
      verifyEndpoint({ set, url: 'https://localhost:1', revokeCheck: true }),
    ).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});

test('a server that floods every connection after the first ends within the time, and nothing is made of it', async () => {
  const behind = await listen(
    createHttpsServer(set.server.tlsOptions(), (_request, response) => response.end('alive')),
  );
  // A handshake record of zeros, over and over: an endless message of no type.
  const flood = Buffer.concat([Buffer.from([22, 3, 3, 0x40, 0]), Buffer.alloc(0x4000)]);
  let connections = 0;
  const front = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    if (++connections <= 2) {
      const onward = connect(behind, '127.0.0.1');
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
      return;
    }
    const send = () => {
      while (socket.writable && socket.write(flood));
    };
    socket.on('drain', send);
    socket.resume();
    send();
  });
  const url = `https://127.0.0.1:${await listen(front)}`;
  const report = await verifyEndpoint({ set, url, timeoutMs: 500 });
  expect(report.result).toBe('wrong');
  for (const row of rowsOf(report, 'CAs that are asked for')) {
    expect(row).toMatchObject({ verdict: 'inconclusive', note: 'what it asks for could not be read' });
  }
  expect(warnedOf(report)).toEqual([]);
});

test('export ciphers, at a server that only greets with them', async () => {
  const right = createHttpsServer(set.server.tlsOptions(), (_request, response) => response.end('alive'));
  const behind = await listen(right);
  const front = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (hello) => {
      // The suites stand behind the version, 32 random bytes and an empty session; 0x0003 is RSA_EXPORT_WITH_RC4_40_MD5.
      if (hello[43] === 0 && hello.readUInt16BE(46) === 0x0003) {
        const body = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32, 7), Buffer.from([0, 0, 3, 0])]);
        const message = Buffer.concat([Buffer.from([2, 0, 0, body.length]), body]);
        socket.end(Buffer.concat([Buffer.from([22, 3, 3, 0, message.length]), message]));
        return;
      }
      const onward = connect(behind, '127.0.0.1', () => onward.write(hello));
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
  });
  const report = await rest(await listen(front));
  expect(warnedOf(report)).toEqual(['export ciphers']);
  expect(warnedOf(await rest(behind))).toEqual([]);
});
