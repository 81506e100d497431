// Clients of protocols that are no HTTP, right and with a hole: those whose TLS begins after other words, and others.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { isInstalled } from '../../scripts/clients.mjs';
import { protocolClients } from '../../scripts/protocol-clients.mjs';
import {
  type CertificateSet,
  type ClientTarget,
  createCertificateSet,
  openClientServers,
  type Row,
  type VerifyReport,
  verifyClient,
  writeCertificateSet,
} from '../../src/index.js';
import { servedProtocol } from '../../src/verify/client/protocols/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
let set: CertificateSet;
beforeAll(async () => {
  set = await createCertificateSet({
    key: 'ec-p256',
    layouts: ['tls'],
    clients: ['alice'],
    untrusted: 'none',
  });
  await writeCertificateSet(set, join(folder, 'certs'));
});

/** By name: what a client accepts although it must not. */
const holes = ({ rows }: VerifyReport) =>
  rows
    .filter(({ verdict, severity }) => verdict === 'wrong' && severity === 'must')
    .map(({ name }) => name.replace(/^server /, ''));
const row = ({ rows }: VerifyReport, name: string): Row | undefined =>
  rows.find((candidate) => candidate.name === name);

describe.each(protocolClients())('$name', ({ protocol, command, program, accepts, checks }) => {
  // Skipped where its program is not installed.
  test.runIf(isInstalled(program))('accepts what it is known for, and nothing else', async () => {
    const report = await verifyClient({ set, protocol, command });
    expect(row(report, 'server right')).toMatchObject({
      verdict: 'right',
      by: expect.stringContaining('exit status 0'),
    });
    expect(new Set(holes(report))).toEqual(new Set(accepts));
    const showsOne = command.some((word) => word.includes('{cert}'));
    if (showsOne) expect(row(report, 'client certificate')).toMatchObject({ verdict: 'right' });
    if (!checks) expect(report.result).toBe('wrong');
  });
});

test.runIf(tools.postgres !== '')('psql that never asks for TLS', async () => {
  const command = [
    'psql',
    '-d',
    'host={host} port={port} user=alice dbname=a sslmode=disable',
    '-c',
    'select 1',
  ];
  const report = await verifyClient({ set, protocol: 'postgres', command, flaws: ['expired'] });
  expect(row(report, 'server right')).toMatchObject({
    verdict: 'wrong',
    note: 'it sends its request without TLS',
  });
});

describe.runIf(tools.slapd)('ldapsearch', () => {
  // For localhost it checks for this machine's name.
  const ldapsearch = (check: string) => [
    ...['env', 'LDAPTLS_CACERT={ca}', `LDAPTLS_REQCERT=${check}`],
    ...['ldapsearch', '-x', '-ZZ', '-H', 'ldap://127.0.0.1:{port}', '-b', '', '-s', 'base'],
  ];

  test('that checks its server, and that does not', async () => {
    const flaws = ['unknown-ca', 'expired', 'wrong-name', 'no-tls'];
    const ask = (check: string) => verifyClient({ set, protocol: 'ldap', command: ldapsearch(check), flaws });
    const right = await ask('demand');
    expect([row(right, 'server right')?.verdict, holes(right)]).toEqual(['right', []]);
    expect(holes(await ask('never'))).toEqual(['unknown-ca', 'expired', 'wrong-name']);
  });
});

/** A client of NATS, whose connection begins without TLS. */
const ping =
  (options: { readonly rejectUnauthorized?: boolean } = {}) =>
  async ({ host, port, ca }: ClientTarget) => {
    const plain = connectTcp(port, host);
    const [info] = (await once(plain, 'data')) as [Buffer];
    if (!info.includes('"tls_required":true')) {
      plain.destroy();
      throw new Error('no TLS');
    }
    const socket = connectTls({ socket: plain, servername: host, ca, ...options });
    await once(socket, 'secureConnect');
    socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    if (String(answer) !== 'PONG\r\n') throw new Error('no PONG');
  };

test('a client of NATS', async () => {
  const flaws = ['unknown-ca', 'expired', 'wrong-name', 'no-tls'];
  const right = await verifyClient({ set, protocol: 'nats', call: ping(), flaws });
  expect([row(right, 'server right')?.verdict, holes(right)]).toEqual(['right', []]);
  const wrong = await verifyClient({
    set,
    protocol: 'nats',
    call: ping({ rejectUnauthorized: false }),
    flaws,
  });
  expect(holes(wrong)).toEqual(['unknown-ca', 'expired', 'wrong-name']);
});

test.each(['tls', 'amqp', 'mongodb', 'kafka', 'ldaps'])(
  'bytes after the handshake are a request: %s',
  async (protocol) => {
    const call = async ({ url, host, port, ca }: ClientTarget) => {
      expect(url).toMatch(new RegExp(`^${servedProtocol(protocol).scheme}://`));
      const socket = connectTls({ host, port, servername: host, ca, ALPNProtocols: ['h2'] });
      await once(socket, 'secureConnect');
      socket.write(protocol === 'ldaps' ? '\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0' : 'hello');
      await once(socket, protocol === 'ldaps' ? 'data' : 'close');
      socket.destroy();
    };
    const report = await verifyClient({ set, protocol, call, flaws: ['expired'] });
    expect([row(report, 'server right')?.verdict, holes(report)]).toEqual(['right', []]);
  },
);

test('gRPC alone agrees on HTTP/2 and nothing else', async () => {
  const call = async ({ host, port, ca }: ClientTarget) => {
    const session = connectHttp2(`https://${host}:${port}`, { ca });
    // It fails by its stream as well.
    session.on('error', () => undefined);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/a.B/C',
      'content-type': 'application/grpc',
    });
    try {
      await once(stream.end().resume(), 'end');
    } finally {
      session.destroy();
    }
  };
  const report = await verifyClient({ set, protocol: 'grpc', call, flaws: ['expired'] });
  expect([row(report, 'server right')?.verdict, holes(report)]).toEqual(['right', []]);
  const other = async ({ host, port, ca }: ClientTarget) => {
    const socket = connectTls({ host, port, servername: host, ca, ALPNProtocols: ['http/1.1'] });
    await once(socket, 'secureConnect');
  };
  const refused = await verifyClient({ set, protocol: 'grpc', call: other, flaws: [] });
  expect(row(refused, 'server right')).toMatchObject({
    verdict: 'wrong',
    by: expect.stringContaining('NO_APPLICATION_PROTOCOL'),
  });
});

test('servers that are kept up speak the protocol too', async () => {
  const servers = await openClientServers({ set, protocol: 'nats', flaws: ['expired'] });
  onTestFinished(() => servers.close());
  const [right] = servers.servers;
  expect(right?.url).toBe(`nats://localhost:${right?.port}`);
  const { signal } = new AbortController();
  const target = { url: '', host: 'localhost', port: right?.port ?? 0, ca: set.trustedPem, signal };
  await ping()({ ...target, tlsOptions: { ca: set.trustedPem } });
  expect(row(servers.report(), 'server right')).toMatchObject({ verdict: 'right' });
});

test('a protocol that the servers do not speak is refused before anything is run', async () => {
  const { status, stderr } = generateCerts([
    ...['verify-client', '-o', join(folder, 'certs'), '--protocol', 'postgre', '--', 'true'],
  ]);
  expect([status, stderr]).toEqual([2, expect.stringContaining("did you mean 'postgres'?")]);
  await expect(verifyClient({ set, protocol: 'gopher', command: ['true'] })).rejects.toMatchObject({
    code: 'ERR_PROTOCOL_UNKNOWN',
  });
});
