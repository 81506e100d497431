// Clients of protocols that are no HTTP, right and with a hole: those whose TLS begins after other words, and others.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  type ClientTarget,
  createCertificateSet,
  type Row,
  SERVER_FLAWS,
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
  // Clients look for certificates of the user's own there.
  process.env.HOME = folder;
});

/** By name: what a client accepts although it must not. */
const holes = ({ rows }: VerifyReport) =>
  rows
    .filter(({ verdict, severity }) => verdict === 'wrong' && severity === 'must')
    .map(({ name }) => name.replace(/^server /, ''));
const row = ({ rows }: VerifyReport, name: string): Row | undefined =>
  rows.find((candidate) => candidate.name === name);

const proved = (protocol: string, command: readonly string[]) => verifyClient({ set, protocol, command });
const MUSTS = SERVER_FLAWS.filter(
  ({ severity, needsIntermediates }) => severity === 'must' && !needsIntermediates,
).map(({ name }) => name as string);
/** Those that a client which checks no name takes. */
const NAMES = ['wrong-name', 'cn-only', 'wildcard-too-wide', 'address-as-dns'];

const psql = (mode: string) => [
  ...['psql', '-Atc', 'select 1'],
  ...['-d', `host={host} port={port} user=alice dbname=postgres sslmode=${mode}`],
];
const PSQL_CHECKS = `verify-full sslrootcert={ca} sslcert={cert} sslkey={key}`;

describe.runIf(tools.postgres !== '')('psql', () => {
  test('that checks its server', async () => {
    const report = await proved('postgres', psql(PSQL_CHECKS));
    // libpq takes a name from the CN, and an address from a DNS name: measured.
    expect(holes(report)).toEqual(['cn-only', 'address-as-dns']);
    expect(row(report, 'server right')).toMatchObject({ verdict: 'right', by: "exit status 0: '1'" });
    expect(row(report, 'client certificate')).toMatchObject({ verdict: 'right' });
    expect(row(report, 'server no-tls')).toMatchObject({ verdict: 'right', kind: 'refused' });
  });

  test('that asks for TLS and checks nothing', async () => {
    const report = await proved('postgres', psql('require'));
    expect(holes(report)).toEqual(MUSTS);
    expect(row(report, 'server no-tls')).toMatchObject({ verdict: 'right' });
    expect(report.result).toBe('wrong');
  });

  test('that does without TLS where there is none', async () => {
    expect(holes(await proved('postgres', psql('prefer')))).toEqual([...MUSTS, 'no-tls']);
  });

  test('that never asks for TLS', async () => {
    const report = await verifyClient({
      set,
      protocol: 'postgres',
      command: psql('disable'),
      flaws: ['expired'],
    });
    expect(row(report, 'server right')).toMatchObject({
      verdict: 'wrong',
      note: 'it sends its request without TLS',
    });
  });
});

describe.runIf(tools.redis)('redis-cli', () => {
  const redisCli = (...how: string[]) => [
    'redis-cli',
    '-h',
    '{host}',
    '-p',
    '{port}',
    '--tls',
    ...how,
    'ping',
  ];

  test('checks the chain, and no name', async () => {
    const report = await proved('redis', redisCli('--cacert', '{ca}', '--cert', '{cert}', '--key', '{key}'));
    expect(holes(report)).toEqual(NAMES);
    expect(row(report, 'server right')).toMatchObject({ verdict: 'right', by: "exit status 0: 'PONG'" });
  });

  test('that is told to check nothing', async () => {
    const report = await verifyClient({
      ...{ set, protocol: 'redis', command: redisCli('--insecure') },
      flaws: ['unknown-ca', 'wrong-name', 'no-tls'],
    });
    expect(holes(report)).toEqual(['unknown-ca', 'wrong-name']);
  });
});

test.runIf(tools.mariadb)('the client of MariaDB', async () => {
  const mysql = (...how: string[]) => [
    ...[
      'mysql',
      '--no-defaults',
      '-h',
      '{host}',
      '--protocol',
      'tcp',
      '-P',
      '{port}',
      '-u',
      'alice',
      '--ssl',
    ],
    ...['--ssl-ca={ca}', ...how, '-e', 'select 1'],
  ];
  expect(holes(await proved('mysql', mysql('--ssl-verify-server-cert')))).toEqual([
    'cn-only',
    'address-as-dns',
  ]);
  // Without a name to check it does without TLS as well.
  expect(holes(await proved('mysql', mysql()))).toEqual([...NAMES, 'no-tls']);
});

test.runIf(tools.mosquitto)('mosquitto_pub', async () => {
  const publish = (...how: string[]) => [
    ...['mosquitto_pub', '-h', '{host}', '-p', '{port}', '--cafile', '{ca}', ...how, '-t', 'a', '-m', 'b'],
  ];
  expect(holes(await proved('mqtt', publish()))).toEqual(['cn-only', 'wildcard-too-wide', 'address-as-dns']);
  expect(holes(await proved('mqtt', publish('--insecure')))).toEqual(NAMES);
});

describe.runIf(tools.curl)('curl', () => {
  const curl = (...how: string[]) => [
    ...['curl', '-sS', '--cacert', '{ca}', ...how, '{url}'],
    ...['--mail-from', 'a@b.test', '--mail-rcpt', 'c@d.test', '-T', 'package.json'],
  ];

  test('that sends mail, with STARTTLS and without', async () => {
    for (const protocol of ['smtp', 'smtps']) {
      const report = await proved(protocol, curl('--ssl-reqd'));
      expect(row(report, 'server right')).toMatchObject({ verdict: 'right', by: 'exit status 0' });
      expect(holes(report)).toEqual(['cn-only']);
    }
  });

  test('that sends mail without TLS where there is none', async () => {
    expect(holes(await proved('smtp', curl('--ssl')))).toEqual(['cn-only', 'no-tls']);
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

test('a protocol that the servers do not speak is refused before anything is run', async () => {
  const { status, stderr } = generateCerts([
    ...['verify-client', '-o', join(folder, 'certs'), '--protocol', 'postgre', '--', 'true'],
  ]);
  expect([status, stderr]).toEqual([2, expect.stringContaining("did you mean 'postgres'?")]);
  await expect(verifyClient({ set, protocol: 'gopher', command: ['true'] })).rejects.toMatchObject({
    code: 'ERR_PROTOCOL_UNKNOWN',
  });
});
