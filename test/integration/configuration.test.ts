// The configuration file on the disk, read by the program. Its errors are in the transcripts.
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfiguration } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { exitOf, startFront, startServe } from '../support/front.js';
import { freePort } from '../support/processes.js';
import { generateCerts, REPOSITORY, run } from '../support/program.js';

const tools = inject('tools');
const OTHER = 65_534;

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));

test('a set is made as the file says, whole', () => {
  const cwd = folderWith({
    'generate-certs.yaml': `
validFor: 12h
intermediates: 1
layouts: [grpc, postgres, java]
servers:
  api: [api.test, localhost]
  db: { names: [db.test, localhost], layouts: [postgres] }
peers:
  etcd-1: [etcd-1.test]
clients: [alice, 'spiffe://example.test/bob']
untrusted: [expired, missing-intermediate]
untrustedServers: [expired, wrong-name]
`,
  });
  expect(generateCerts([], { cwd })).toMatchObject({ status: 0, stderr: '' });
  const out = join(cwd, 'certs');
  expect(generateCerts(['verify'], { cwd }).status).toBe(0);
  expect(manifestOf(out).request).toMatchObject({
    validFor: '12h',
    intermediates: 1,
    layouts: ['grpc', 'java', 'postgres'],
    servers: [
      { id: 'api', names: ['api.test', 'localhost'], layouts: null },
      { id: 'db', names: ['db.test', 'localhost'], layouts: ['postgres'] },
    ],
    peers: [{ id: 'etcd-1', names: ['etcd-1.test'] }],
    clients: ['alice', 'spiffe://example.test/bob'],
    untrustedServers: ['expired', 'wrong-name'],
  });
  // The next run finds it so, and what is added to the file is added to the set.
  expect(generateCerts([], { cwd }).stdout).toContain('up to date');
  writeFileSync(join(cwd, 'generate-certs.yaml'), 'clients: [carol]\n');
  expect(generateCerts([], { cwd }).stdout).toContain('because client carol is new');
});

test('--json prints the manifest alone, and --quiet nothing but what is wrong', () => {
  const cwd = folderWith({ 'generate-certs.yml': 'layouts: [grpc]\n', 'generate-certs.json': '{}' });
  const { stdout, status } = generateCerts(['--json'], { cwd });
  expect(status).toBe(0);
  expect(Object.keys(JSON.parse(stdout))).not.toContain('configuration');
  expect(readFileSync(join(cwd, 'certs', 'set.json'), 'utf8')).not.toContain('generate-certs.yml');
  expect(generateCerts(['--quiet', '--new'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('a relative path in the file starts from the folder of the file', () => {
  const cwd = folderWith({});
  mkdirSync(join(cwd, 'sub'));
  writeFileSync(join(cwd, 'sub', 'my.yaml'), 'layouts: [grpc]\nca: shared\n');
  expect(generateCerts(['-l', 'grpc', '-o', 'sub/shared'], { cwd }).status).toBe(0);
  expect(generateCerts(['--config', 'sub/my.yaml', '-o', 'certs'], { cwd })).toMatchObject({ status: 0 });
  const [trusted, client] = [join(cwd, 'sub/shared/ca.pem'), join(cwd, 'certs/client.pem')];
  expect(run('openssl', ['verify', '-x509_strict', '-CAfile', trusted, client]).status).toBe(0);
});

test('the commands that work with the set that is there read no file', () => {
  const cwd = folderWith({});
  expect(generateCerts(['-l', 'grpc'], { cwd }).status).toBe(0);
  writeFileSync(join(cwd, 'generate-certs.yaml'), 'nothing: right\n');
  for (const args of [
    ['show'],
    ['client', 'bob'],
    ['renew'],
    ['verify'],
    ['env'],
    ['exec', '--', 'true'],
    ['clean'],
  ]) {
    expect([args, generateCerts(args, { cwd }).status]).toEqual([args, 0]);
  }
  expect(generateCerts([], { cwd }).status).toBe(2);
  expect(generateCerts(['--no-config', '--dry-run'], { cwd }).status).toBe(0);
  // Options may stand before a command, and a command without them has none.
  expect(generateCerts(['--config', 'x', 'show'], { cwd })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("'show' has no option --config"),
  });
});

// Root may read everything.
describe.skipIf(process.getuid?.() !== 0)('another user', () => {
  test('is told of a file that may not be read', () => {
    const cwd = folderWith({ 'generate-certs.yaml': 'layouts: [grpc]\n' });
    chmodSync(cwd, 0o777);
    chmodSync(join(cwd, 'generate-certs.yaml'), 0o600);
    const { status, stderr } = generateCerts([], { cwd, uid: OTHER, gid: OTHER });
    expect([status, stderr]).toEqual([
      3,
      'generate-certs: error: cannot read generate-certs.yaml: permission denied\n' +
        'generate-certs: hint: run as a user who may read it\n',
    ]);
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test('is told where no file can be looked for', () => {
    const out = temporaryFolder();
    chmodSync(out, 0o777);
    const cwd = folderWith({ 'generate-certs.yaml': 'layouts: [grpc]\n' });
    chmodSync(cwd, 0o700);
    const args = ['-l', 'grpc', '-o', join(out, 'certs')];
    expect(generateCerts(args, { cwd, uid: OTHER, gid: OTHER })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("no configuration file is looked for in '.': permission denied"),
    });
    const without = generateCerts([...args, '--no-config'], { cwd, uid: OTHER, gid: OTHER });
    expect(without).toMatchObject({ status: 0, stderr: '' });
  });
});

test('a link that leads in a circle is told of', () => {
  const cwd = folderWith({});
  symlinkSync('generate-certs.yaml', join(cwd, 'generate-certs.yaml'));
  const { status, stderr } = generateCerts([], { cwd });
  expect([status, stderr]).toEqual([2, expect.stringContaining('a symbolic link that leads in a circle')]);
});

test('the examples of the documentation are right', async () => {
  const text = readFileSync(join(REPOSITORY, 'docs', 'configuration.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(yaml|json).*\n([\s\S]*?)^```$/gm)];
  expect(blocks.map(([, kind]) => kind)).toEqual(['yaml', 'json']);
  for (const [, kind, block = ''] of blocks) {
    const folder = folderWith({ [`generate-certs.${kind}`]: block });
    const { options } = await loadConfiguration({ folder });
    expect(Object.keys(options).length).toBeGreaterThan(0);
    expect(parseAllDocuments(block)).toHaveLength(1);
  }
});

describe.skipIf(!tools.nginx)('serve', () => {
  test('makes the set as the file says, and says which file', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'front.yaml');
    writeFileSync(file, 'key: ec-p256\nlayouts: [nginx]\nnames: [api.test]\nclients: [alice]\n');
    const out = join(folder, 'certs');
    const front = await startFront({
      folder,
      out,
      options: ['--config', file, '--name', 'localhost', '--verify'],
    });
    onTestFinished(() => front.process.stop());
    expect(front.process.output()).toContain(`the set is configured by ${file}\n`);
    expect(front.process.output()).toMatch(/PASSED/);
    expect(manifestOf(out).request).toMatchObject({ names: ['api.test', 'localhost'], clients: ['alice'] });
  });

  test('refuses a file whose layouts have none for NGINX, before anything is made', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'front.yaml');
    writeFileSync(file, 'layouts: [grpc]\n');
    const out = join(folder, 'certs');
    const backend = ['--backend-grpc', '127.0.0.1:9', '--listen-grpc', `127.0.0.1:${await freePort()}`];
    const serve = startServe({ folder, out }, ['--config', file, ...backend]);
    expect(await exitOf(serve)).toEqual({ status: 2, signal: null });
    expect(serve.output()).toContain('and none of them is for NGINX');
    expect(existsSync(out)).toBe(false);
  });
});
