// A set of several servers and peers, on the programs that use them.
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { loadCertificateSet } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, type GrpcServer, startGrpcServer } from '../support/grpc.js';
import { listening } from '../support/layouts.js';
import { startNginx } from '../support/nginx.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');

const IDS = ['api', 'db', 'queue'] as const;
const THREE_SERVERS = IDS.flatMap((id) => ['--server', `${id}=${id}.test`]);

describe('three servers of one CA', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const file = (layout: string, name: string) => join(out, layout, name);

  beforeAll(() => {
    const made = generateCerts(['-q', '-o', out, '-k', 'ec-p256', ...THREE_SERVERS]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
  });

  test.runIf(tools.nginx)('behind one NGINX each name gets its own certificate', async () => {
    const nginx = await startNginx(join(folder, 'nginx'), 1, ([port]) =>
      IDS.map(
        (id) => `
  server {
    listen 127.0.0.1:${port} ssl;
    server_name ${id}.test;
    ssl_certificate ${file('nginx', `${id}.pem`)};
    ssl_certificate_key ${file('nginx', `${id}.key`)};
    ssl_client_certificate ${file('nginx', 'client_cert_ca.pem')};
    ssl_crl ${file('nginx', 'client_cert_ca.crl')};
    ssl_verify_client on;
    location / { return 200 "${id}"; }
  }`,
      ).join(''),
    );
    try {
      const [port] = nginx.ports;
      const ask = (host: string, sni: string) =>
        run('curl', [
          ...['-sS', '--noproxy', '*', '--cacert', file('nginx', 'client_cert_ca.pem')],
          ...['--cert', file('nginx', 'client.pem'), '--key', file('nginx', 'client.key')],
          ...['--connect-to', `${host}:443:${sni}:${port}`, '--resolve', `${sni}:${port}:127.0.0.1`],
          `https://${host}/`,
        ]);
      for (const id of IDS) expect(ask(`${id}.test`, `${id}.test`)).toMatchObject({ status: 0, stdout: id });
      const verified = (sni: string, name: string) =>
        run(
          'openssl',
          [
            ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', sni, '-verify_hostname', name],
            ...['-CAfile', file('nginx', 'client_cert_ca.pem')],
          ],
          { input: '' },
        ).stdout.includes('Verify return code: 0 (ok)');
      for (const sni of IDS) {
        const isFor = IDS.filter((name) => verified(`${sni}.test`, `${name}.test`));
        expect(isFor).toEqual([sni]);
      }
      // A name that none of them has gets the first one's certificate, and is refused by the client.
      expect(ask('other.test', 'api.test').status).toBe(60);
    } finally {
      await nginx.stop();
    }
  });

  const [core] = C_CORE_FORMS.filter(({ python }) => python !== '');
  test.runIf(core !== undefined)('three C-core servers each have their own names alone', async () => {
    const servers: GrpcServer[] = [];
    try {
      for (const id of IDS) {
        servers.push(
          await startGrpcServer(core?.python ?? '', {
            certificate: file('grpc', `${id}.pem`),
            key: file('grpc', `${id}.key`),
            ca: file('grpc', 'ca.pem'),
          }),
        );
      }
      for (const [at, { port }] of servers.entries()) {
        const isFor = IDS.map((id) => {
          const { stdout } = run(
            'openssl',
            [
              ...[
                's_client',
                '-connect',
                `127.0.0.1:${port}`,
                '-alpn',
                'h2',
                '-verify_hostname',
                `${id}.test`,
              ],
              ...['-CAfile', file('grpc', 'ca.pem')],
              ...['-cert', file('grpc', 'client.pem'), '-key', file('grpc', 'client.key')],
            ],
            { input: '' },
          );
          return /Verify return code: 0 \(ok\)/.test(stdout);
        });
        expect(isFor).toEqual(IDS.map((_, index) => index === at));
      }
    } finally {
      await Promise.all(servers.map((server) => server.process.stop()));
    }
  });

  test('a server that is added later has its own files, and the others stay', () => {
    const before = readFileSync(file('grpc', 'api.pem'), 'utf8');
    const { status, stdout } = generateCerts([
      'server',
      '-o',
      out,
      'mail=mail.test,spiffe://example.test/mail',
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('made 1 server');
    expect(readFileSync(file('grpc', 'api.pem'), 'utf8')).toBe(before);
    const { request, certificates } = JSON.parse(readFileSync(join(out, 'set.json'), 'utf8'));
    expect(request.servers.map(({ id }: { id: string }) => id)).toEqual([...IDS, 'mail']);
    expect(certificates.find(({ name }: { name: string }) => name === 'mail').subjectAltNames).toEqual([
      'DNS:mail.test',
      'URI:spiffe://example.test/mail',
    ]);
    expect(generateCerts(['-o', out]).stdout).toContain('nothing to do');
    expect(generateCerts(['verify', '-o', out]).status).toBe(0);
  });
});

describe('a set of many', () => {
  test('new names of a server are issued for it alone, and nothing is taken away', () => {
    const out = temporaryFolder();
    generateCerts(['-q', '-o', out, '-l', 'grpc', ...THREE_SERVERS, '-p', 'node-1=node-1.test']);
    const pem = (id: string) => readFileSync(join(out, `${id}.pem`), 'utf8');
    const [api, db, node] = [pem('api'), pem('db'), pem('node-1')];
    const { status, stdout } = generateCerts(['-o', out, '--server', 'db=db.test,db2.test']);
    expect(status).toBe(0);
    expect(stdout).toContain('because servers:');
    expect([pem('api'), pem('node-1')]).toEqual([api, node]);
    expect(pem('db')).not.toBe(db);
  });

  test('a party can have files in some of the layouts', async () => {
    const out = temporaryFolder();
    const { ensureCertificateSet, removeCertificateSet } = await import('../../src/index.js');
    const servers = { api: ['api.test'], db: { names: ['db.test'], layouts: ['postgres'] } };
    const { manifest } = await ensureCertificateSet(out, { layouts: ['grpc', 'postgres'], servers });
    const placesOf = (id: string) =>
      Object.keys(manifest.certificates.find(({ name }) => name === id)?.files ?? {});
    expect(placesOf('api')).toEqual(['grpc', 'postgres']);
    expect(placesOf('db')).toEqual(['postgres']);
    expect((await ensureCertificateSet(out)).outcome).toBe('unchanged');
    expect((await loadCertificateSet(out)).servers.map(({ name }) => name)).toEqual(['api', 'db']);
    await removeCertificateSet(out);
  });

  test('a peer and a server can be revoked, and stay so in a new life and under a new CA', () => {
    const out = temporaryFolder();
    generateCerts([
      ...['-q', '-o', out, '-l', 'nginx', '-k', 'ec-p256'],
      ...['-s', 'api=api.test', '-p', 'node-1=node-1.test'],
    ]);
    for (const id of ['api', 'node-1']) expect(generateCerts(['revoke', '-o', out, id]).status).toBe(0);
    const revoked = () => {
      const { certificates } = JSON.parse(readFileSync(join(out, 'set.json'), 'utf8'));
      return certificates
        .filter((entry: { revokedAt: string | null; flaw: string | null }) => entry.revokedAt && !entry.flaw)
        .map(({ name }: { name: string }) => name);
    };
    expect(revoked()).toEqual(['api', 'node-1']);
    for (const command of [['renew'], ['rotate'], ['rotate'], ['rotate']]) {
      expect(generateCerts([...command, '-q', '-o', out])).toMatchObject({ status: 0 });
      expect(revoked()).toEqual(['api', 'node-1']);
    }
    expect(generateCerts(['-q', '-o', out, '--ca-key', 'ec-p384', '-k', 'ec-p256'])).toMatchObject({
      status: 0,
    });
    expect(revoked()).toEqual(['api', 'node-1']);
    expect(generateCerts(['verify', '-o', out]).status).toBe(0);
  });

  test('a manifest of version 1 is read, and the next change rewrites it', () => {
    const out = temporaryFolder();
    generateCerts(['-q', '-o', out, '-l', 'grpc']);
    const path = join(out, 'set.json');
    const { request, ...others } = JSON.parse(readFileSync(path, 'utf8'));
    const { servers: _, peers: __, ...old } = request;
    writeFileSync(path, JSON.stringify({ ...others, version: 1, request: old }));
    expect(generateCerts(['-o', out]).stdout).toContain('nothing to do');
    expect(JSON.parse(readFileSync(path, 'utf8')).version).toBe(1);
    expect(generateCerts(['client', '-o', out, 'bob']).status).toBe(0);
    const rewritten = JSON.parse(readFileSync(path, 'utf8'));
    expect(rewritten.version).toBe(2);
    expect(rewritten.request.servers).toEqual([]);
  });

  test.each([
    ['two ids that differ in case alone', ['-s', 'api=a.test', '-s', 'API=b.test'], /would share the file/],
    ['an id twice', ['-s', 'api=a.test', '-s', 'api=b.test'], /asked for twice/],
    ['a server and a peer of one id', ['-s', 'a=a.test', '-p', 'a=b.test'], /would share the file name 'a'/],
    ['a client with the id of a server', ['-s', 'api=a.test', '-c', 'API'], /would share the file/],
    ['an id with a slash', ['-s', '../api=a.test'], /holds '\/'/],
    ['an id that begins with a dot', ['-p', '.api=a.test'], /begins or ends with a mark/],
    ['no id', ['-s', '=a.test'], /is not an id/],
    ['no names', ['-s', 'api='], /has no name/],
    ['no equals sign', ['-s', 'api'], /has no '='/],
    ['a name that is none', ['-s', 'api=a..test'], /empty label/],
    ['an empty name in the list', ['-s', 'api=a.test,'], /is empty/],
    ['the id of a file of the set', ['-s', 'ca=a.test'], /'ca', which the set keeps for itself/],
    ['an id like that of a bad client', ['-p', 'untrusted-expired=a.test'], /keeps for itself/],
    ['the default server twice', ['b.test', '-s', 'server=a.test'], /the set's own names/],
  ])('%s is refused, and nothing is written', (_name, args, message) => {
    const out = join(temporaryFolder(), 'certs');
    const { status, stderr } = generateCerts(['-o', out, ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('hint: ');
    expect(() => readFileSync(out)).toThrow(/ENOENT/);
  });
});

describe.runIf(tools.etcd)('an etcd cluster of three nodes with nothing but peer files', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const nodes = ['node-1', 'node-2', 'node-3'];
  const running: RunningProcess[] = [];
  let endpoints = '';

  beforeAll(async () => {
    const made = generateCerts([
      ...['-q', '-o', out, '-l', 'etcd', '-c', 'alice'],
      ...nodes.flatMap((node) => ['-p', `${node}=localhost,${node}.test`]),
    ]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const ports = await Promise.all(nodes.map(async () => [await freePort(), await freePort()] as const));
    const peerUrls = ports.map(([, port]) => `https://localhost:${port}`);
    endpoints = ports.map(([port]) => `https://localhost:${port}`).join(',');
    for (const [at, node] of nodes.entries()) {
      const [port = 0, peerPort = 0] = ports[at] ?? [];
      const written = readFileSync(join(out, node, 'etcd.env'), 'utf8').replaceAll(
        '/certs/',
        `${out}/${node}/`,
      );
      const variables = written
        .split('\n')
        .filter((line) => line.startsWith('ETCD_'))
        .map((line) => line.split('=') as [string, string]);
      const cluster = nodes.map((name, index) => `${name}=${peerUrls[index]}`).join(',');
      running.push(
        start(
          'etcd',
          [
            ...['--name', node, '--data-dir', join(folder, node)],
            ...['--listen-client-urls', `https://127.0.0.1:${port}`],
            ...['--advertise-client-urls', `https://localhost:${port}`],
            ...['--listen-peer-urls', `https://127.0.0.1:${peerPort}`],
            ...['--initial-advertise-peer-urls', `https://localhost:${peerPort}`],
            ...['--initial-cluster', cluster],
          ],
          Object.fromEntries(variables),
        ),
      );
    }
    for (const [at, server] of running.entries()) await listening(server, ports[at]?.[0] ?? 0);
  });
  afterAll(() => Promise.all(running.map((server) => server.stop())));

  const etcdctl = (party: string, [certificate, key]: [string, string], ...words: string[]) =>
    run(
      'etcdctl',
      [
        ...['--endpoints', endpoints, '--cacert', join(out, party, 'ca.crt')],
        ...['--cert', join(out, party, certificate), '--key', join(out, party, key)],
        ...['--dial-timeout', '20s', '--command-timeout', '60s', ...words],
      ],
      { env: { ETCDCTL_API: '3' } },
    );

  test('the nodes find each other, and a client writes through any of them', () => {
    const written = etcdctl('alice', ['client.crt', 'client.key'], 'put', 'key', 'value');
    expect(written).toMatchObject({ status: 0, stdout: 'OK\n' });
    const members = etcdctl('alice', ['client.crt', 'client.key'], 'member', 'list');
    expect(members.stdout.match(/started/g)).toHaveLength(3);
  });

  test('a peer is a client, too', () => {
    const read = etcdctl('node-1', ['server.crt', 'server.key'], 'get', 'key', '--print-value-only');
    expect(read).toMatchObject({ status: 0, stdout: 'value\n' });
  });
});

describe.runIf(tools.redis)('a Redis replica with nothing but peer files', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const running: RunningProcess[] = [];
  const ports = new Map<string, number>();

  const startNode = async (node: string, more: string) => {
    const port = await freePort();
    const home = join(folder, node);
    mkdirSync(home);
    const written = readFileSync(join(out, node, 'redis.conf'), 'utf8').replaceAll(
      '/certs/',
      `${out}/${node}/`,
    );
    const own = `bind 127.0.0.1\ndir ${home}\nsave ""\nrepl-diskless-sync-delay 0\n${more}\n`;
    writeFileSync(
      join(home, 'redis.conf'),
      `${written.replace('tls-port 6379', `tls-port ${port}`)}\n${own}`,
    );
    const server = start('redis-server', [join(home, 'redis.conf')]);
    running.push(server);
    ports.set(node, port);
    await listening(server, port);
    return server;
  };
  /** Runs commands, a line each, over one connection. */
  const cli = (node: string, ...commands: string[]) => {
    const file = (name: string) => join(out, 'alice', name);
    const args = [
      ...['-h', 'localhost', '-p', String(ports.get(node)), '--tls', '--cacert', file('ca.crt')],
      ...['--cert', file('client.crt'), '--key', file('client.key')],
    ];
    return run('redis-cli', args, { input: `${commands.join('\n')}\n` })
      .stdout.trim()
      .split('\n');
  };

  beforeAll(async () => {
    const nodes = ['primary', 'replica'].flatMap((node) => ['-p', `${node}=localhost,127.0.0.1`]);
    expect(generateCerts(['-q', '-o', out, '-l', 'redis', '-c', 'alice', ...nodes])).toMatchObject({
      status: 0,
    });
    await startNode('primary', '');
    const replica = await startNode('replica', `replicaof 127.0.0.1 ${ports.get('primary')}`);
    await replica.said(/MASTER <-> REPLICA sync: Finished with success/);
  });
  afterAll(() => Promise.all(running.map((server) => server.stop())));

  test('what is written to one is read from the other', () => {
    // The primary's own word that the replica has it, of what was written over this very connection.
    expect(cli('primary', 'set key value', 'wait 1 0')).toEqual(['OK', '1']);
    expect(cli('replica', 'get key')).toEqual(['value']);
  });
});

test('1,000 servers and 1,000 peers are in one set, whole', async () => {
  const out = temporaryFolder();
  const { ensureCertificateSet } = await import('../../src/index.js');
  const many = (name: string) =>
    Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${name}-${at}`, [`${name}-${at}.test`]]));
  const { manifest } = await ensureCertificateSet(out, {
    layouts: ['grpc'],
    servers: many('server'),
    peers: many('peer'),
  });
  const ofRole = (role: string) => manifest.certificates.filter((entry) => entry.role === role).length;
  expect([ofRole('server'), ofRole('peer')]).toEqual([1000, 1000]);
  expect(new Set(manifest.certificates.map(({ serialNumber }) => serialNumber)).size).toBe(
    manifest.certificates.length,
  );
  rmSync(out, { recursive: true });
});

// Only root may give files away.
describe.runIf(process.getuid?.() === 0)('the keys of a party', () => {
  test('can be given to another user, and have other permissions', () => {
    const out = temporaryFolder();
    const owners = ['--owner', '5000', '--owner', 'client:alice=70:71', '--owner', 'peer=daemon'];
    const modes = ['--key-mode', 'client=640', '--key-mode', 'client:alice=600'];
    const made = generateCerts([
      ...['-q', '-o', out, '-l', 'grpc', '-c', 'alice', '-c', 'bob', '-p', 'node-1=node-1.test'],
      ...owners,
      ...modes,
    ]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const keyOf = (name: string) => {
      const { uid, gid, mode } = statSync(join(out, `${name}.key`));
      return [uid, gid, (mode & 0o777).toString(8)];
    };
    const all = () => ['server', 'node-1', 'alice', 'bob'].map(keyOf);
    const expected = [
      [5000, 0, '600'],
      [1, 0, '600'],
      [70, 71, '600'],
      [0, 0, '640'],
    ];
    expect(all()).toEqual(expected);
    // What is recorded holds for the next run, too, which mends what was taken away.
    chownSync(join(out, 'alice.key'), 0, 0);
    expect(generateCerts(['-q', '-o', out])).toMatchObject({ status: 0, stderr: '' });
    expect(generateCerts(['renew', '-q', '-o', out])).toMatchObject({ status: 0, stderr: '' });
    expect(all()).toEqual(expected);
    expect(generateCerts(['-q', '-o', out, '--owner', 'server=70'])).toMatchObject({ status: 0 });
    expect(all()).toEqual([[70, 0, '600'], ...expected.slice(1)]);
  });

  test.each([
    ['client:carol=70', /no such client/],
    ['king=70', /which is not a party/],
    ['client:=70', /which is not a party/],
    ['no-such-user', /does not know/],
    ['client:alice=', /is not an owner/],
    ['5000:5000:5000', /is not an owner/],
    ['4294967295', /is not an owner/],
    ['-1', /is not an owner/],
  ])('--owner=%s is refused, and nothing is written', (owner, message) => {
    const out = join(temporaryFolder(), 'certs');
    const { status, stderr } = generateCerts(['-o', out, '-c', 'alice', `--owner=${owner}`]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(out)).toBe(false);
  });
});
