// The schemas that the package holds: of the configuration file, of the manifest and of reports.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  addClients,
  addServers,
  createCertificateSet,
  type EnsureOptions,
  ensureCertificateSet,
  type Manifest,
  readManifest,
  revokeClient,
  rotateCertificateSet,
  signRequests,
  verifyCertificateSet,
  verifyClient,
  verifyEndpoint,
} from '../../src/index.js';
import { RECORDED_FIELDS } from '../../src/request/recorded.js';
import { SCHEMAS } from '../../src/schemas.js';
import { temporaryFolder } from '../support/folder.js';
import { run } from '../support/program.js';

const compile = (schema: object): ValidateFunction =>
  new Ajv({ strict: true, allErrors: true }).compile(schema as AnySchemaObject);

/** Every part of a schema that describes an object takes no other key. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { ...copy, additionalProperties: false } : copy;
}

/** Every key that a schema describes, with its description. */
function described(schema: unknown): [key: string, description: unknown][] {
  if (schema === null || typeof schema !== 'object') return [];
  const { properties, definitions, ...rest } = schema as Record<string, Record<string, AnySchemaObject>>;
  const resolve = (part: AnySchemaObject) => (part.$ref === undefined ? part : { description: part.$ref });
  const own = Object.entries(properties ?? {}).map(([key, part]): [string, unknown] => [
    key,
    resolve(part).description,
  ]);
  const below = [
    ...Object.values(properties ?? {}),
    ...Object.values(definitions ?? {}),
    ...Object.values(rest),
  ];
  return [...own, ...below.flatMap(described)];
}

describe('of the configuration file', () => {
  const validate = compile(SCHEMAS['schema.json'] ?? {});

  test('takes a file that uses most of it', () => {
    const file = `
validFor: 12h
intermediates: 1
layouts: [grpc, postgres, java]
servers:
  api: [api.test, localhost]
  db: { names: [db.test, localhost], layouts: [postgres] }
peers:
  etcd-1: [etcd-1.test]
clients:
  - alice
  - 'CN=app,O=billing,OU=ops'
untrusted: all
untrustedServers: [expired, wrong-name]
`;
    expect([validate(parse(file)), validate.errors]).toEqual([true, null]);
  });

  test.each([
    [{ validfor: '1h' }],
    [{ servers: { api: [] } }],
    [{ servers: { api: { name: ['a.test'] } } }],
    [{ servers: { 'a/b': ['a.test'] } }],
    [{ intermediates: 4 }],
    [{ force: true }],
  ])('refuses %j', (file) => {
    expect(validate(file)).toBe(false);
  });

  test('describes every key', () => {
    const { properties } = SCHEMAS['schema.json'] as { properties: Record<string, { description: string }> };
    for (const [key, { description }] of Object.entries(properties)) {
      expect([key, description]).toEqual([key, expect.stringMatching(/\w{3}/)]);
    }
  });
});

describe('of the manifest', () => {
  const schema = SCHEMAS['manifest.schema.json'] ?? {};
  const validate = compile(schema);
  const validateClosed = compile(closed(schema) as object);

  function expectValid(manifest: Manifest) {
    expect([validate(manifest), validate.errors]).toEqual([true, null]);
    // A key that the schema says nothing of would be one that no reader can know.
    expect([validateClosed(manifest), validateClosed.errors]).toEqual([true, null]);
  }

  const SETS: [string, EnsureOptions][] = [
    ['as it is made by default', { key: 'ec-p256' }],
    ['for one layout', { layouts: ['grpc'], keyMode: '640', untrusted: 'none', clients: [] }],
    [
      'of many',
      {
        layouts: ['grpc', 'java', 'postgres'],
        servers: { api: ['api.test'], db: { names: ['db.test'], layouts: ['postgres'] } },
        peers: { 'node-1': ['node-1.test'] },
        clients: ['alice', 'bob@example.test', 'spiffe://example.test/carol'],
      },
    ],
    [
      'with everything that is to be refused',
      {
        layouts: ['grpc'],
        names: ['a.test'],
        nameConstraints: true,
        untrusted: 'all',
        untrustedServers: 'all',
        intermediates: 2,
      },
    ],
  ];

  test.each(SETS)('takes a set %s', async (_name, options) => {
    const folder = join(temporaryFolder(), 'certs');
    expectValid((await ensureCertificateSet(folder, options)).manifest);
  });

  test('takes a set that changes: more clients, a revocation, each step of a rotation', async () => {
    const folder = join(temporaryFolder(), 'certs');
    await ensureCertificateSet(folder, { layouts: ['grpc'], clients: ['alice'] });
    await addClients(folder, ['bob']);
    await revokeClient(folder, 'alice');
    expectValid(await readManifest(folder));
    for (const step of ['trust', 'issue', 'drop'] as const) {
      await rotateCertificateSet(folder, { step });
      expectValid(await readManifest(folder));
    }
  });

  test("takes a set with certificates for others' keys, and with servers that came later", async () => {
    const folder = join(temporaryFolder(), 'certs');
    await ensureCertificateSet(folder, { layouts: ['grpc'] });
    await addServers(folder, { api: ['api.test'] });
    const make = [
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      '/dev/null',
      '-subj',
      '/CN=dora',
    ];
    await signRequests(folder, [run('openssl', make).stdout]);
    const manifest = await readManifest(folder);
    expect(manifest.certificates.find(({ name }) => name === 'dora')?.key).toBeNull();
    expectValid(manifest);
  });

  test('takes a set that another CA signs', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(join(folder, 'one'), { layouts: ['grpc'] });
    const ca = join(folder, 'one');
    const { manifest } = await ensureCertificateSet(join(folder, 'two'), { layouts: ['grpc'], ca });
    expectValid(manifest);
  });

  test('takes version 1, without what came later, and refuses what is no manifest', async () => {
    const folder = join(temporaryFolder(), 'certs');
    const { manifest } = await ensureCertificateSet(folder, { layouts: ['grpc'] });
    const later = RECORDED_FIELDS.flatMap(([name, { recorded }]) => ('missing' in recorded ? [name] : []));
    const request = Object.entries(manifest.request).filter(([name]) => !later.some((one) => one === name));
    const first = { ...manifest, version: 1, request: Object.fromEntries(request) };
    expect([validate(first), validate.errors]).toEqual([true, null]);
    expect(later.length).toBeGreaterThan(3);
    for (const broken of [
      { ...manifest, version: 3 },
      { ...manifest, createdAt: 'today' },
      { ...manifest, request: { ...manifest.request, names: 'localhost' } },
      { ...manifest, certificates: manifest.certificates.map((one) => ({ ...one, role: 'friend' })) },
      { ...manifest, files: [{ path: 'a' }] },
      { ...manifest, revocationList: undefined },
    ]) {
      expect(validate(JSON.parse(JSON.stringify(broken)))).toBe(false);
    }
  });

  test('describes every key', () => {
    const keys = described(schema);
    expect(keys.length).toBeGreaterThan(50);
    for (const [key, description] of keys) expect([key, description]).toEqual([key, expect.any(String)]);
  });
});

describe('of a report', () => {
  const schema = SCHEMAS['report.schema.json'] ?? {};
  const validate = compile(schema);
  const validateClosed = compile(closed(schema) as object);

  function expectValid(report: unknown) {
    const printed = JSON.parse(JSON.stringify(report));
    expect([validate(printed), validate.errors]).toEqual([true, null]);
    expect([validateClosed(printed), validateClosed.errors]).toEqual([true, null]);
  }

  test('takes what a set, an endpoint, a silent one and a client come to', async () => {
    const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'] });
    const server = createServer(set.server.tlsOptions(), (_request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const report = await verifyEndpoint({ set, url: `https://localhost:${port}` });
    server.close();
    expect(report.notes).toBeDefined();
    expectValid(report);
    expectValid({ ...report, command: ['generate-certs', 'verify'] });
    expectValid(await verifyCertificateSet(set));
    const silent = await verifyEndpoint({ set, url: `https://localhost:${port}` });
    expect(silent.result).toBe('no-answer');
    expectValid(silent);
    const command = ['node', '-e', 'process.exit(0)'];
    expectValid(await verifyClient({ set, command, flaws: ['expired'] }));
  });

  test('refuses what is no report', async () => {
    const set = await createCertificateSet({ key: 'ec-p256' });
    const report = await verifyCertificateSet(set, { handshakes: false });
    const [row] = report.rows;
    for (const broken of [
      { ...report, rows: [{ ...row, verdict: 'fine' }] },
      { ...report, rows: [{ ...row, kind: undefined }] },
      { ...report, result: 'good' },
      { ...report, notes: ['looked'] },
      { ...report, silent: undefined },
    ]) {
      expect(validate(JSON.parse(JSON.stringify(broken)))).toBe(false);
    }
  });

  test('describes every key', () => {
    const keys = described(schema);
    expect(keys.length).toBeGreaterThan(20);
    for (const [key, description] of keys) expect([key, description]).toEqual([key, expect.any(String)]);
  });
});
