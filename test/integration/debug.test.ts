// NODE_DEBUG=generate-certs: the program tells of its decisions, and never of a key.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { loadCertificateSet } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { exitOf, startFront } from '../support/front.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, runBeside } from '../support/program.js';

const DEBUG = { NODE_DEBUG: 'generate-certs' };

/** The lines of a run about a topic, without what differs from run to run. */
function linesOf(stderr: string, topic: string): string[] {
  return stderr.split('\n').flatMap((line) => {
    const match = /^GENERATE-CERTS \d+: \d{4}-\d\d-\d\dT[\d:.]+Z (\w+): (.*)$/.exec(line);
    if (match?.[1] !== topic) return [];
    return [(match[2] ?? '').replace(/'\/.*?'/g, '<folder>').replace(/[\d.]+ ms/g, '<time>')];
  });
}

/** Every line of the base64 of every private key below a folder. */
function keyLines(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.key'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.length > 20 && !line.startsWith('-----'));
}

function expectNoKeys(output: string, folder: string): void {
  const secrets = keyLines(folder);
  expect(secrets.length).toBeGreaterThan(4);
  expect(secrets.filter((line) => output.includes(line))).toEqual([]);
  expect(output).not.toContain('PRIVATE KEY');
}

test('why a run wrote or did not, and its lock', () => {
  const out = join(temporaryFolder(), 'certs');
  const run = (...args: string[]) =>
    generateCerts(['-o', out, '-l', 'grpc', '--key', 'ec-p256', ...args], { env: DEBUG }).stderr;
  const [made, added, unchanged] = [run(), run('--client', 'bob'), run()];
  expect([made, added, unchanged].map((stderr) => linesOf(stderr, 'freshness'))).toEqual([
    ['<folder> has no set: making one'],
    ['<folder> lacks something: client bob is new; issuing again: missing'],
    ['<folder> serves the request: nothing to write'],
  ]);
  expect([made, unchanged].map((stderr) => linesOf(stderr, 'lock'))).toEqual([
    ["<folder> is this run's after <time>", '<folder> is released (done)'],
    [],
  ]);
  expectNoKeys(made + added + unchanged, out);
  expect(generateCerts(['-o', out]).stderr).toBe('');
});

test('who is waited for, and what a killed run left', async () => {
  const out = join(temporaryFolder(), 'certs');
  const clients = Array.from({ length: 40 }, (_, index) => ['--client', `client-${index}`]).flat();
  const slow = start(process.execPath, [EXECUTABLE, '-o', out, '--key', 'rsa-4096', ...clients], DEBUG);
  onTestFinished(slow.stop);
  await slow.said(/ lock: .* is this run's/);
  const waiting = start(process.execPath, [EXECUTABLE, '-o', out, '-l', 'grpc', '-q'], DEBUG);
  onTestFinished(waiting.stop);
  await waiting.said(new RegExp(` lock: .* is locked by process ${slow.child.pid}: waiting`));
  slow.child.kill('SIGKILL');
  expect(await exitOf(waiting)).toEqual({ status: 0, signal: null });
  const output = waiting.output();
  expect(linesOf(output, 'recovery')).toEqual([
    '<folder> has a work folder: no marked change, of a run that goes on',
    '<folder> has no change to finish',
  ]);
  expectNoKeys(output + slow.output(), out);
});

test.skipIf(!inject('tools').nginx)('what the front does', async () => {
  const out = join(temporaryFolder(), 'certs');
  const front = await startFront({ folder: temporaryFolder(), out, env: DEBUG });
  onTestFinished(front.process.stop);
  generateCerts(['revoke', 'client', '-o', out]);
  await front.process.said(/ front: the files changed/);
  front.process.child.kill('SIGTERM');
  await front.exit;
  const output = front.process.output();
  const told = linesOf(output, 'front').map((line) => line.replace(/\d{4}-.*Z/, '<moment>'));
  expect(told).toEqual([
    `NGINX is <folder>; grpc on port ${front.grpc} of 127.0.0.1; rest on port ${front.rest} of 127.0.0.1`,
    'serving with the set of <moment> in <folder>',
    `attempt 1: the server is at 127.0.0.1:${front.backend.grpc} and 127.0.0.1:${front.backend.rest}`,
    `the server is process ${front.backend.pid}`,
    'the server answers',
    expect.stringMatching(/^NGINX is process \d+$/),
    'NGINX listens',
    'the files changed: NGINX reads them again',
    'SIGTERM came: passing it on',
  ]);
  expectNoKeys(output, out);
});

test('what verify tried, and what came of it', async () => {
  const out = join(temporaryFolder(), 'certs');
  generateCerts(['-q', '-o', out, '-l', 'grpc']);
  const set = await loadCertificateSet(out);
  const server = createServer(set.server.tlsOptions(), (_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const { stderr } = await runBeside(process.execPath, [EXECUTABLE, 'verify', url, '-o', out], {
    env: DEBUG,
  });
  const lines = linesOf(stderr, 'probe').map((line) => line.replace(url, '<url>'));
  expect(lines).toContain('<url>: client client, TLSv1.3: let-in after <time>');
  expect(lines).toContain('<url>: no certificate, TLSv1.2: refused after <time>');
  expect(lines).toContain('<url>: no TLS, no TLS: refused after <time>');
  expectNoKeys(stderr, out);
});
