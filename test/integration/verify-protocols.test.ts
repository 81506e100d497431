// Endpoints of protocols that no layout is for, right and with a hole. Those of the layouts are in layout-*.test.ts.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type CertificateSet, loadCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, listening } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { notRight, prove } from '../support/proved.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
let laidOut: LaidOut;
let set: CertificateSet;
const running: RunningProcess[] = [];

beforeAll(async () => {
  laidOut = layOut('tls', join(folder, 'certs'), ['-k', 'ec-p256']);
  set = await loadCertificateSet(laidOut.folder);
});
afterAll(() => Promise.all(running.map((server) => server.stop())));

const proved = (url: string, options: Parameters<typeof prove>[2] = {}) =>
  prove(laidOut.folder, url, options);
const file = (name: string) => laidOut.file('server', name);

describe.runIf(tools.slapd)('OpenLDAP', () => {
  /** Debian's is built on GnuTLS, which does not look at what a client's certificate is for. */
  const BY_GNUTLS = [
    expect.stringMatching(/^untrusted wrong-usage \| TLSv1\.3/),
    expect.stringMatching(/^untrusted wrong-usage \| TLSv1\.2/),
  ];

  const startSlapd = async (name: string, asks: string, ...more: string[]) => {
    const [ldap, ldaps] = [await freePort(), await freePort()];
    const config = join(folder, `${name}.conf`);
    const lines = [
      `pidfile ${join(folder, `${name}.pid`)}`,
      `TLSCACertificateFile ${file('ca.crt')}`,
      `TLSCertificateFile ${file('tls.crt')}`,
      `TLSCertificateKeyFile ${file('tls.key')}`,
      `TLSVerifyClient ${asks}`,
      ...more,
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const urls = `ldap://127.0.0.1:${ldap} ldaps://127.0.0.1:${ldaps}`;
    const server = start('slapd', ['-f', config, '-h', urls, '-d', '0']);
    running.push(server);
    await listening(server, ldap);
    return { ldap: `ldap://localhost:${ldap}`, ldaps: `ldaps://localhost:${ldaps}` };
  };

  test('that demands a certificate, and TLS', async () => {
    const { ldap, ldaps } = await startSlapd('demand', 'demand', 'security tls=1');
    for (const url of [ldap, ldaps]) {
      const { report, says } = await proved(url);
      expect(notRight(report)).toEqual(BY_GNUTLS);
      expect(says('client alice')).toBe('right: let in, LDAP search answered');
      expect(says('no certificate')).toMatch(/^right: refused/);
      expect(says('no TLS')).toMatch(/^right: refused/);
    }
  });

  test('that demands neither', async () => {
    const { ldap } = await startSlapd('allow', 'allow');
    const { says } = await proved(ldap);
    expect(says('client alice')).toBe('right: let in, LDAP search answered');
    expect(says('no certificate')).toBe('wrong: let in, LDAP search answered');
    expect(says('no TLS')).toBe('wrong: let in, LDAP search answered');
    expect(says('untrusted unknown-ca')).toBe('wrong: let in, LDAP search answered');
  });

  test('that takes a name from the certificate where one is shown, and answers no one else', async () => {
    const { ldap } = await startSlapd('authenticated', 'try', 'security tls=1', 'require authc');
    const { report, says } = await proved(ldap);
    expect(notRight(report)).toEqual(BY_GNUTLS);
    expect(says('client alice')).toBe('right: let in, LDAP bound by the certificate');
    expect(says('no certificate')).toMatch(/^right: refused, LDAP result 7: .*by the application/);
    expect(says('no TLS')).toMatch(/^right: refused, LDAP result 13: TLS confidentiality required/);
  });
});

describe.runIf(tools.aiosmtpd)('SMTP', () => {
  const startSmtp = async (asks: 'required' | 'optional' | 'recipient') => {
    const files = ['tls.crt', 'tls.key', 'ca.crt'].map(file);
    const server = start('/usr/bin/python3', ['test/support/smtp_server.py', ...files, asks]);
    running.push(server);
    const [, starttls, secure] = await server.said(/ports (\d+) (\d+)/);
    return { smtp: `smtp://localhost:${starttls}`, smtps: `smtps://localhost:${secure}` };
  };

  test('that requires a certificate', async () => {
    const { smtp, smtps } = await startSmtp('required');
    for (const url of [smtp, smtps]) {
      const { report, says } = await proved(url);
      expect(notRight(report)).toEqual([]);
      expect(says('client alice')).toBe('right: let in, SMTP recipient accepted');
      expect(says('no certificate')).toMatch(/^right: refused/);
    }
    const { says } = await proved(smtp);
    expect(says('no TLS')).toBe('right: refused, SMTP MAIL 530 Must issue a STARTTLS command first');
  });

  test('that requires none', async () => {
    const { smtp } = await startSmtp('optional');
    const { says } = await proved(smtp);
    expect(says('no certificate')).toBe('wrong: let in, SMTP recipient accepted');
  });

  test('that turns away those without one at the recipient', async () => {
    const { smtp } = await startSmtp('recipient');
    const { report, says } = await proved(smtp);
    expect(notRight(report)).toEqual([]);
    expect(says('no certificate')).toBe(
      'right: refused, SMTP RCPT 554 5.7.1 Access denied: no client certificate, by the application after the handshake',
    );
  });
});

describe('TLS of which nothing else is known', () => {
  test.runIf(tools.stunnel)('stunnel, which requires a certificate, and which does not', async () => {
    const [checked, open] = [await freePort(), await freePort()];
    // It takes the connection, and says nothing.
    const behind = createTcpServer((socket) => void socket.on('error', () => undefined).resume());
    behind.listen(0, '127.0.0.1');
    await once(behind, 'listening');
    onTestFinished(() => void behind.close());
    const { port } = behind.address() as AddressInfo;
    const service = (name: string, accept: number, verify: string) => [
      `[${name}]`,
      `accept = 127.0.0.1:${accept}`,
      `connect = 127.0.0.1:${port}`,
      `cert = ${file('tls.crt')}`,
      `key = ${file('tls.key')}`,
      `CAfile = ${file('ca.crt')}`,
      `verifyChain = ${verify}`,
      'securityLevel = 2',
    ];
    const config = join(folder, 'stunnel.conf');
    const services = [...service('checked', checked, 'yes'), ...service('open', open, 'no')];
    writeFileSync(config, ['foreground = yes', 'pid =', ...services, ''].join('\n'));
    const server = start('stunnel4', [config]);
    running.push(server);
    await listening(server, open);

    const right = await proved(`tls://localhost:${checked}`);
    expect(notRight(right.report)).toEqual([]);
    expect(right.says('client alice')).toBe('right: let in, TLS handshake, and no alert within 0.5 s');
    expect(right.says('no certificate')).toMatch(/^right: refused, TLS alert/);
    expect(right.report.notes?.map(({ text }) => text)).toEqual([
      "tls:// sends no request: no alert within 0.5 s of the handshake counts as let in, which is weaker evidence than an application's answer",
    ]);
    const wrong = await proved(`tls://localhost:${open}`);
    expect(wrong.says('no certificate')).toBe('wrong: let in, TLS handshake, and no alert within 0.5 s');
  });

  test('a server that speaks first', async () => {
    const server = await serveTls(true, (socket) => void socket.write('220 hello\r\n'));
    const { report, says } = await proved(`tls://localhost:${portOf(server)}`);
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, TLS handshake, and it spoke');
  });
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A server of TLS that lets in the set's clients, or everyone, until the test is over. */
async function serveTls(checks: boolean, serve: (socket: TLSSocket) => void): Promise<Server> {
  const options = set.server.tlsOptions(checks ? { clientAuth: 'require' } : { clientAuth: 'none' });
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  // A refusal ends the connection.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

// Neither has a server in Debian: these answer by the rules of the documentation. test/field has the real ones.
describe('by the documentation', () => {
  /** Kafka, "Protocol guide": a length, the correlation id, no error, and no versions. */
  const kafka = (socket: TLSSocket) =>
    socket.once('data', (request: Buffer) => {
      const answer = Buffer.alloc(14);
      answer.writeInt32BE(10);
      request.copy(answer, 4, 8, 12);
      socket.write(answer);
    });

  test('Kafka', async () => {
    const right = await proved(`kafka://localhost:${portOf(await serveTls(true, kafka))}`);
    expect(notRight(right.report)).toEqual([]);
    expect(right.says('client alice')).toBe('right: let in, Kafka ApiVersions answered');
    const open = await proved(`kafka://localhost:${portOf(await serveTls(false, kafka))}`);
    expect(open.says('no certificate')).toBe('wrong: let in, Kafka ApiVersions answered');
  });

  /** MongoDB, "Wire protocol": OP_MSG with one document, `{ ok: 1.0 }` or an error by its code. */
  const mongodb = (users: readonly string[]) => (socket: TLSSocket) =>
    socket.on('data', (request: Buffer) => {
      const asksLogin = request.includes('authenticate\0');
      const known = users.includes(socket.getPeerX509Certificate()?.subject ?? '');
      const fields = asksLogin && !known ? FAILED : SUCCEEDED;
      const document = Buffer.concat([int32(fields.length + 5), fields, Buffer.from([0])]);
      const length = 16 + 5 + document.length;
      const head = [length, 1, request.readInt32LE(4), 2013, 0].map(int32);
      socket.write(Buffer.concat([...head, Buffer.from([0]), document]));
    });
  const SUCCEEDED = Buffer.from('\x01ok\0\0\0\0\0\0\0\xf0\x3f', 'latin1');
  const FAILED = Buffer.from(
    `\x01ok\0${'\0'.repeat(8)}\x02errmsg\0\x16\0\0\0Authentication failed\0\x10code\0\x12\0\0\0`,
    'latin1',
  );

  test('MongoDB', async () => {
    const right = await proved(`mongodb://localhost:${portOf(await serveTls(true, mongodb([])))}`);
    expect(notRight(right.report)).toEqual([]);
    expect(right.says('client alice')).toBe('right: let in, MongoDB hello answered');
    const open = await proved(`mongodb://localhost:${portOf(await serveTls(false, mongodb([])))}`);
    expect(open.says('no certificate')).toBe('wrong: let in, MongoDB hello answered');
  });

  test('MongoDB, logged in to by the certificate where the URL says so', async () => {
    const login = (port: number) => proved(`mongodb://localhost:${port}/?authMechanism=MONGODB-X509`);
    const right = await login(portOf(await serveTls(true, mongodb(['CN=alice']))));
    expect(notRight(right.report)).toEqual([]);
    expect(right.says('client alice')).toBe('right: let in, MongoDB logged in by the certificate');
    const other = await login(portOf(await serveTls(true, mongodb(['CN=bob']))));
    expect(other.says('client alice')).toBe(
      'wrong: refused, MongoDB error 18: Authentication failed, by the application after the handshake',
    );
  });
});

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
