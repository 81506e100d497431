// Input that a layout cannot work with: told before any key is made, and nothing is written.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  addClients,
  createCertificateSet,
  type EnsureOptions,
  ensureCertificateSet,
  KEY_TYPES,
  LAYOUT_NAMES,
  type LayoutName,
  temporaryCertificates,
  writeCertificateSet,
} from '../../src/index.js';
import { LAYOUTS } from '../../src/layouts/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { generateCerts, run } from '../support/program.js';

const { openssl } = inject('tools');
const given = (options: object) => options as EnsureOptions;

async function expectRefused(options: EnsureOptions, code: string, message: RegExp): Promise<void> {
  const out = join(temporaryFolder(), 'certs');
  await expect(ensureCertificateSet(out, options)).rejects.toMatchObject({
    code,
    kind: 'input',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/./),
  });
  expect(existsSync(out)).toBe(false);
}

describe('is refused', () => {
  test.each<[string, EnsureOptions, string, RegExp]>([
    [
      'a key type that no layout reads',
      given({ layouts: ['kafka'], key: 'ed448' }),
      'ERR_KEY_TYPE_UNKNOWN',
      /'ed448'/,
    ],
    [
      'a key type that one of the layouts does not read',
      { layouts: ['tls', 'kafka'], key: 'ed25519' },
      'ERR_KEY_TYPE_UNREADABLE',
      /^Kafka cannot use ed25519 keys: its stores in PEM/,
    ],
    [
      'a key type that BoringSSL does not take',
      { layouts: ['grpc'], key: 'ec-p521' },
      'ERR_KEY_TYPE_UNREADABLE',
      /^native gRPC TLS cannot use ec-p521 keys: BoringSSL/,
    ],
    [
      'a key type that is too weak for any',
      given({ layouts: ['java'], key: 'rsa-1024' }),
      'ERR_KEY_TYPE_UNKNOWN',
      /'rsa-1024'/,
    ],
    ['an empty password', { layouts: ['java'], password: '' }, 'ERR_PASSWORD_INVALID', /is empty/],
    [
      'a password that is a number',
      given({ layouts: ['java'], password: 1 }),
      'ERR_PASSWORD_INVALID',
      /not text/,
    ],
    [
      'a client who would be a server for MongoDB',
      {
        layouts: ['mongodb'],
        names: [`${'a'.repeat(60)}.example.test`],
        clients: ['CN=app,O=generate-certs'],
      },
      'ERR_IDENTITY_INVALID',
      /with every right/,
    ],
    [
      'two parties that would share a Secret of Kubernetes',
      { layouts: ['kubernetes'], clients: ['carol@example.test', 'carol-example.test'] },
      'ERR_PARTY_CONFLICT',
      /carol/,
    ],
    [
      'a client and a server with one folder',
      { layouts: ['redis'], servers: { alice: ['alice.test'] }, clients: ['alice'] },
      'ERR_PARTY_CONFLICT',
      /alice/,
    ],
    [
      'a client and a server with one folder where letter case is all the same',
      { layouts: ['redis'], servers: { api: ['api.test'] }, clients: ['API'] },
      'ERR_PARTY_CONFLICT',
      /API/i,
    ],
    [
      "a server with the folder of the CA's key",
      { layouts: ['java'], servers: { authority: ['a.test'] } },
      'ERR_PARTY_CONFLICT',
      /authority/,
    ],
    [
      "a client with the folder of the CA's key",
      { layouts: ['java'], clients: ['Authority'] },
      'ERR_CLIENT_CONFLICT',
      /Authority/,
    ],
    [
      'a server whose folder would be the manifest',
      { layouts: ['tls'], servers: { 'set.json': ['a.test'] } },
      'ERR_PARTY_CONFLICT',
      /set\.json/,
    ],
    [
      'a server for a layout that the set does not have',
      { layouts: ['redis'], servers: { db: { names: ['db.test'], layouts: ['postgres'] } } },
      'ERR_OPTION_INVALID',
      /postgres/,
    ],
    ['a layout in capitals', given({ layouts: ['Java'] }), 'ERR_LAYOUT_UNKNOWN', /'Java' is not a layout/],
    ['no layout at all', { layouts: [] }, 'ERR_OPTION_INVALID', /layouts/],
    [
      'a client that ends a line of a configuration',
      { layouts: ['mysql'], clients: ["a'\n[mysqld]"] },
      'ERR_IDENTITY_INVALID',
      /a'/,
    ],
    [
      'a server id that is a path',
      { layouts: ['haproxy'], servers: { '../up': ['a.test'] } },
      'ERR_IDENTITY_INVALID',
      /\.\.\/up/,
    ],
    [
      'a name with a quote in it',
      { layouts: ['postgres'], names: ["db'; --"] },
      'ERR_IDENTITY_INVALID',
      /db'/,
    ],
  ])('%s', (_what, options, code, message) => expectRefused(options, code, message));

  test.each<[EnsureOptions, RegExp]>([
    [{ keyMode: '644' }, /PostgreSQL does not load the key of 'server' with mode 0644/],
    [{ keyMode: '660' }, /the key of 'server' with mode 0660/],
    [{ keyMode: ['600', 'client=644'], clients: ['alice'] }, /the key of 'alice' with mode 0644/],
    [{ keyMode: ['600', 'client:bob=604'], clients: ['alice', 'bob'] }, /the key of 'bob' with mode 0604/],
  ])('a mode with which PostgreSQL loads no key: %j', (options, message) =>
    expectRefused({ layouts: ['postgres'], ...options }, 'ERR_KEY_MODE_INVALID', message),
  );

  test('a mode with which PostgreSQL loads no key, however the set is written', async () => {
    const set = await createCertificateSet({ layouts: ['postgres'], untrusted: 'none' });
    const out = join(temporaryFolder(), 'certs');
    const refused = expect.objectContaining({ code: 'ERR_KEY_MODE_INVALID' });
    await expect(writeCertificateSet(set, out, { keyMode: '644' })).rejects.toEqual(refused);
    expect(existsSync(out)).toBe(false);
    await expect(temporaryCertificates({ layouts: ['postgres'], keyMode: '644' })).rejects.toEqual(refused);
    // The set that is there has other layouts, and a mode that they take.
    await ensureCertificateSet(out, { layouts: ['redis'], keyMode: '644' });
    await expect(ensureCertificateSet(out, { layouts: ['postgres'] })).rejects.toEqual(refused);
    await ensureCertificateSet(out, { layouts: ['postgres'], keyMode: '600' });
  });

  test.runIf(process.getuid?.() === 0)('a group that may read the key of another than root', async () => {
    const message = /its group may read it only if root owns it/;
    const options = { layouts: ['postgres'], keyMode: '640' } as const;
    await expectRefused({ ...options, owner: '70:70' }, 'ERR_KEY_MODE_INVALID', message);
    await ensureCertificateSet(join(temporaryFolder(), 'certs'), { ...options, owner: '0:70' });
  });

  test('a mode that another layout takes is for that one alone, and told of', async () => {
    const out = join(temporaryFolder(), 'certs');
    const options = { layouts: ['nginx', 'postgres'], keyMode: ['644', 'client=640'] } as const;
    const owner = process.getuid?.() === 0 ? { owner: ['client=70:70'] } : {};
    const { warnings } = await ensureCertificateSet(out, { ...options, ...owner, clients: ['alice', 'bob'] });
    expect(warnings.filter(({ message }) => message.includes('PostgreSQL'))).toEqual([
      {
        message: expect.stringMatching(
          /^PostgreSQL does not load the key of 'server' with mode 0644, and its copy keeps mode 0600: /,
        ),
        hint: expect.stringContaining('the other layouts have 0644'),
      },
    ]);
    const modeOf = (path: string) => (statSync(join(out, path)).mode & 0o777).toString(8);
    expect(modeOf('nginx/server.key')).toBe('644');
    expect(modeOf('postgres/server/server.key')).toBe('600');
    expect(modeOf('nginx/alice.key')).toBe('640');
    expect(modeOf('postgres/alice/postgresql.key')).toBe('600');
    // It is no damage, and a second run changes nothing.
    expect((await ensureCertificateSet(out)).changed).toBe(false);
  });

  test('a server without its key in PostgreSQL may have any mode', async () => {
    await ensureCertificateSet(join(temporaryFolder(), 'certs'), {
      layouts: ['nginx', 'postgres'],
      servers: { web: { names: ['web.test'], layouts: ['nginx'] } },
      keyMode: ['600', 'server:web=644'],
    });
  });
});

describe('is told of', () => {
  test.each<[LayoutName, string]>([
    ['postgres', 'PostgreSQL'],
    ['rabbitmq', 'RabbitMQ'],
    ['mosquitto', 'Mosquitto'],
  ])('a client without a CN, whom %s would know by it', async (layout, program) => {
    const out = join(temporaryFolder(), 'certs');
    const { warnings } = await ensureCertificateSet(out, { layouts: [layout], clients: ['CN=a,O=b', 'O=b'] });
    expect(warnings).toEqual([
      {
        message: `${program} takes a client's CN for the name of its user, and 'O=b' has none`,
        hint: "give it one: --client 'CN=alice,O=clients'",
      },
    ]);
  });

  test('a client that is added, as one that a set is made with, and not those that were there', async () => {
    const out = join(temporaryFolder(), 'certs');
    const kafka = { layouts: ['kafka', 'mongodb'], clients: ['CN=app,O=billing'] } as const;
    expect((await ensureCertificateSet(out, kafka)).warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining('has no peer') }),
    ]);
    expect((await addClients(out, ['CN=other,O=billing'])).warnings).toEqual([]);
    const { stderr } = generateCerts(['client', 'bob', '-o', out]);
    expect(stderr).toContain("MongoDB wants an O, OU or DC in the name of a client, and 'bob' has none");
    expect(stderr).not.toContain('no peer');
    expect((await addClients(out, ['carol'])).warnings).toEqual([]);
  });
});

describe.runIf(openssl)("a CA of one's own with the name of a party", () => {
  const ca = join(temporaryFolderForAll(), 'ca');
  beforeAll(() => {
    mkdirSync(ca);
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(ca, 'ca.key'),
    ];
    const args = ['req', '-x509', ...key, '-out', join(ca, 'ca.pem'), '-days', '2', '-subj', '/CN=db.test'];
    expect(run('openssl', args).status).toBe(0);
  });

  test('is refused for MySQL, and for no other', async () => {
    const options = { ca, names: ['db.test'] } as const;
    await expectRefused({ ...options, layouts: ['mysql'] }, 'ERR_CA_INVALID', /common name/);
    await ensureCertificateSet(join(temporaryFolder(), 'certs'), { ...options, layouts: ['redis'] });
  });
});

describe('the layouts together', () => {
  test('write no file twice', async () => {
    const out = join(temporaryFolder(), 'certs');
    const layouts = LAYOUT_NAMES as readonly LayoutName[];
    const options = { layouts, peers: { node: ['node.test'] }, clients: ['CN=app,O=billing'] };
    const { manifest } = await ensureCertificateSet(out, options);
    const places = manifest.files.map(({ path }) => path.toLowerCase());
    expect(new Set(places).size).toBe(places.length);
    for (const layout of layouts) expect(places.some((path) => path.startsWith(`${layout}/`))).toBe(true);
  });

  test('asked for twice are there once', async () => {
    const out = join(temporaryFolder(), 'certs');
    const { manifest } = await ensureCertificateSet(out, { layouts: ['redis', 'redis'] });
    expect(manifest.request.layouts).toEqual(['redis']);
  });

  test.each(LAYOUTS)('$name: says of every key type whether it reads it', ({ keyTypes, keyTypeProblem }) => {
    expect(keyTypes.length).toBeGreaterThan(0);
    for (const type of KEY_TYPES) expect(keyTypeProblem(type) === undefined).toBe(keyTypes.includes(type));
  });
});

test('the command line ends with 2, and says what is right', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'generate-certs.yaml'), 'layouts: [postgres]\nkeyMode: "644"\n');
  const { status, stderr } = generateCerts(['-o', 'certs'], { cwd: folder });
  expect(status).toBe(2);
  expect(stderr).toContain("error: PostgreSQL does not load the key of 'server' with mode 0644");
  expect(stderr).toContain('hint: leave --key-mode out, with --owner');
  expect(existsSync(join(folder, 'certs'))).toBe(false);
});
