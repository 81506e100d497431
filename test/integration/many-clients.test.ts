// Sets of thousands of clients: made by several threads, written and synced together, shown and stopped on
// the way.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type * as library from '../../src/index.js';
import { children } from '../../src/pki/asn1/der.js';
import { leafName } from '../../src/pki/asn1/distinguished-name.js';
import { leafExtensions } from '../../src/pki/asn1/extensions.js';
import { encodeTbsCertificate, validityFrom } from '../../src/pki/issue/certificate.js';
import { createSigner, keyIdentifier } from '../../src/pki/issue/signer.js';
import { temporaryFolder } from '../support/folder.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, REPOSITORY, run, runBeside } from '../support/program.js';
import { SLOW_DISK } from '../support/slow-disk.js';

// As it is built: only there threads have their file.
const built = createRequire(import.meta.url)('../../dist/index.cjs') as typeof library;
// Enough for threads.
const MANY = 1000;

test('threads make the same certificates as one thread alone', async () => {
  let threads = 0;
  const count = () => threads++;
  process.on('worker', count);
  const set = await built.createCertificateSet({
    layouts: ['grpc'],
    extraClients: MANY,
    clients: ['spiffe://example.test/x'],
  });
  process.off('worker', count);
  // On one core there is nothing to gain by them.
  const { availableParallelism } = await import('node:os');
  if (availableParallelism() > 1) expect(threads).toBeGreaterThan(0);

  const { authority } = set;
  const { certificate, privateKey } = authority;
  const signer = createSigner(certificate.subjectName, privateKey as never);
  const names = ['spiffe://example.test/x', ...Array.from({ length: MANY }, (_, n) => `client-${n + 1}`)];
  expect(set.clients.map(({ name }) => name)).toEqual(names);
  expect(new Set(set.clients.map((client) => client.certificate.serialNumber)).size).toBe(names.length);
  expect(new Set(set.clients.map((client) => client.privateKey.pem)).size).toBe(names.length);
  const validity = validityFrom(set.createdAt, set.expiresAt, 300);
  for (const client of set.clients) {
    const publicKey = client.privateKey.publicKeyDer;
    const subjectAltNames = client.name.startsWith('spiffe:')
      ? [{ type: 'URI' as const, value: client.name }]
      : [];
    const plain = encodeTbsCertificate(
      {
        serialNumber: client.certificate.serialNumber,
        subject: leafName(client.name),
        publicKey,
        validity,
        extensions: leafExtensions({
          purpose: 'client',
          rsa: false,
          subjectAltNames,
          keyIdentifier: keyIdentifier(publicKey),
          authorityKeyIdentifier: signer.keyIdentifier,
        }),
      },
      signer,
    );
    const [whole] = children(client.certificate.der);
    const [tbs] = children(whole?.content ?? new Uint8Array());
    expect(Buffer.from(tbs?.whole ?? []).equals(plain)).toBe(true);
    expect(client.certificate.x509Certificate.verify(certificate.x509Certificate.publicKey)).toBe(true);
    expect(client.certificate.isOf(client.privateKey)).toBe(true);
    expect(client.certificate.subject).toBe(`CN=${client.name}`);
  }
});

test('a thread that fails is no loss', () => {
  const folder = temporaryFolder();
  const preload = join(folder, 'fail.cjs');
  writeFileSync(
    preload,
    `if (!require('node:worker_threads').isMainThread) throw new Error('no threads here');`,
  );
  const out = join(folder, 'certs');
  const args = ['--layout', 'grpc', '--clients', String(MANY), '--out', out, '-q'];
  const env = { NODE_OPTIONS: `--require ${preload}` };
  expect(generateCerts(args, { env })).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(out).filter((name) => name.endsWith('.key'))).toHaveLength(MANY + 3);
});

/** What a thread may do instead of answering, as a statement about `post` and the `reply` it would send. */
const NONSENSE: Record<string, string> = {
  'a text': `post('nonsense')`,
  nothing: 'post(undefined)',
  'an answer to another request': 'post({ ...reply, from: 7 })',
  'too few parties': 'post({ ...reply, lengths: reply.lengths.slice(4) })',
  'lengths that lie': 'reply.lengths.fill(4_000_000_000); post(reply)',
  'random bytes': `require('node:crypto').randomFillSync(reply.bytes); post(reply)`,
  'a certificate with one bit turned over': 'reply.bytes[16 + reply.lengths[1] - 1] ^= 1; post(reply)',
  'no answer at all': '',
};

test.each(Object.entries(NONSENSE))('a thread that sends %s is an error', (_title, statement) => {
  const folder = temporaryFolder();
  const preload = join(folder, 'nonsense.cjs');
  writeFileSync(
    preload,
    `const { isMainThread, parentPort } = require('node:worker_threads');
    if (isMainThread) {
      // Time goes by quickly.
      const { setInterval } = globalThis;
      globalThis.setInterval = (work, ms, ...args) => setInterval(work, ms / 100, ...args);
    } else {
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (reply) => { ${statement} };
    }`,
  );
  const out = join(folder, 'certs');
  const args = ['--layout', 'grpc', '--clients', String(MANY), '--out', out, '-q'];
  const { status, stderr } = generateCerts(args, { env: { NODE_OPTIONS: `--require ${preload}` } });
  expect([status, stderr]).toEqual([
    3,
    expect.stringMatching(/^generate-certs: error: a thread .*\n.*hint: .*\n$/),
  ]);
  expect(existsSync(out)).toBe(false);
});

test('many files are synced by one call, and each by itself where there is no program for it', () => {
  const folder = temporaryFolder();
  const trace = join(folder, 'trace');
  const make = (name: string, env: Record<string, string>) => {
    const calls = ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=fsync,syncfs', '-o', trace];
    const args = ['--layout', 'grpc', '--clients', String(MANY), '--out', join(folder, name), '-q'];
    const command = [process.execPath, EXECUTABLE, ...args];
    expect(run('/usr/bin/strace', [...calls, ...command], { env }).status).toBe(0);
    const text = readFileSync(trace, 'utf8');
    return {
      each: text.match(/\bfsync\(\d+/g)?.length ?? 0,
      together: text.match(/\bsyncfs\(\d+/g)?.length ?? 0,
    };
  };
  const together = make('together', {});
  expect(together.together).toBeGreaterThan(0);
  expect(together.each).toBeLessThan(50);
  expect(make('each', { PATH: folder })).toMatchObject({
    each: expect.toSatisfy((n: number) => n > 2 * MANY),
    together: 0,
  });
});

const make = (out: string, clients: number) =>
  generateCerts(['--layout', 'nginx', '--key', 'ec-p256', '--clients', String(clients), '--out', out]);

test('a set of more than a thousand can be shown and is found fresh', () => {
  const out = join(temporaryFolder(), 'certs');
  expect(make(out, MANY).status).toBe(0);
  expect(make(out, MANY).stdout).toMatch(/is up to date, nothing to do/);
  expect(generateCerts(['show', '--out', out]).stdout.match(/client CN=|CN=client/g)?.length).toBeGreaterThan(
    MANY,
  );
});

// Each of these reads all that was issued before: milliseconds a client.
test('a set of hundreds can be added to and revoked from', () => {
  const out = join(temporaryFolder(), 'certs');
  expect(make(out, 300).status).toBe(0);
  expect(generateCerts(['client', 'one-more', '--out', out]).stdout).toMatch(/^made 1 client /);
  expect(generateCerts(['revoke', 'client-300', '--out', out]).stdout).toMatch(/CRL number 2/);
});

const ESCAPE = String.fromCharCode(27);
const slow = (out: string) => ['--layout', 'grpc', '--clients', '1000', '--out', out];

test('on a terminal a bar shows how far it is, and is gone at the end', async () => {
  const out = join(temporaryFolder(), 'certs');
  const python = join(REPOSITORY, 'test', 'support', 'terminal.py');
  const command = [python, process.execPath, EXECUTABLE, ...slow(out)];
  const { status, stdout } = await runBeside('/usr/bin/python3', command, { env: SLOW_DISK });
  expect(status).toBe(0);
  expect(stdout).toMatch(/\[#*\.*\] +\d+ % {2}made \d+ of 1002 certificates/);
  // The last thing done to its line is to clear it; the summary begins there.
  const lines = stdout.split('\n');
  const summary = lines.findIndex((line) => line.includes('made a set in'));
  const before = lines[summary]?.split('made a set in')[0] ?? '';
  expect(before.replaceAll(ESCAPE, 'ESC')).toMatch(/ESC\[1GESC\[0?K(?:ESC\[1m)?$/);
  expect(lines.slice(summary + 1).join('\n')).not.toContain('%  ');
});

test('in a log there are plain lines, with --quiet and --json none', async () => {
  const folder = temporaryFolder();
  const runSlow = (name: string, ...options: string[]) =>
    runBeside(process.execPath, [EXECUTABLE, ...slow(join(folder, name)), ...options], { env: SLOW_DISK });
  const [plain, quiet, json] = await Promise.all([
    runSlow('a'),
    runSlow('b', '--quiet'),
    runSlow('c', '--json'),
  ]);
  const { stdout, stderr } = plain;
  expect(stderr).toMatch(
    /^(?:generate-certs: (?:made \d+ of 1002 certificates|put \d+ of \d+ files in place)\n)+$/,
  );
  expect(stdout).toMatch(/^made a set/);
  expect(quiet).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(json.stderr).toBe('');
  expect(JSON.parse(json.stdout).certificates.length).toBeGreaterThan(1000);
});

test.each([
  ['while clients are made', /made \d+ of/],
  ['while files are put in place', /put \d+ of/],
])('Ctrl-C %s leaves what was there before', async (_when, pattern) => {
  const out = join(temporaryFolder(), 'certs');
  expect(generateCerts(['--layout', 'grpc', '--out', out, '-q']).status).toBe(0);
  const before = readdirSync(out).sort();
  const manifest = readFileSync(join(out, 'set.json'), 'utf8');
  const python = join(REPOSITORY, 'test', 'support', 'terminal.py');
  const command = [python, process.execPath, EXECUTABLE, ...slow(out)];
  const { said, output, child } = start('/usr/bin/python3', command, SLOW_DISK);
  const ended = new Promise((resolve) => child.on('close', resolve));
  await said(pattern);
  // As a terminal does it: the key reaches the program as a signal.
  child.stdin?.write('\x03');
  await ended;
  expect(output()).toContain('interrupted');
  expect(output()).not.toContain('made a set');
  expect(readdirSync(out).sort()).toEqual(before);
  expect(readFileSync(join(out, 'set.json'), 'utf8')).toBe(manifest);
  expect(existsSync(join(out, '.generate-certs'))).toBe(false);
});

test('a run that is killed while clients are made leaves nothing for the next to stumble over', async () => {
  const out = join(temporaryFolder(), 'certs');
  const { said, child } = start(process.execPath, [EXECUTABLE, ...slow(out)], SLOW_DISK);
  const ended = new Promise((resolve) => child.on('close', resolve));
  await said(/made \d+ of/);
  child.kill('SIGKILL');
  await ended;
  expect(readdirSync(out)).toEqual(['.generate-certs']);
  expect(generateCerts(['--layout', 'grpc', '--out', out, '-q'])).toMatchObject({ status: 0, stderr: '' });
  expect(readdirSync(out).sort()).toEqual([
    ...[
      '.gitignore',
      'authority',
      'ca.pem',
      'client.key',
      'client.pem',
      'server.key',
      'server.pem',
      'set.json',
    ],
    ...['untrusted-unknown-ca.key', 'untrusted-unknown-ca.pem'],
  ]);
});
