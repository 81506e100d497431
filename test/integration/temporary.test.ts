import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryCertificates } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { start } from '../support/processes.js';
import { REPOSITORY } from '../support/program.js';

test('a set in a private folder, with the paths of its files, gone when it is disposed of', async () => {
  let path = '';
  {
    await using certificates = await temporaryCertificates({
      layouts: ['nginx', 'grpc'],
      clients: ['alice'],
      untrusted: ['expired'],
      key: 'ec-p256',
    });
    path = certificates.path;
    expect(path.startsWith(tmpdir())).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(certificates.layout('nginx')).toBe(join(path, 'nginx'));
    expect(statSync(certificates.client('alice').key).mode & 0o777).toBe(0o600);
    const { set } = certificates;
    for (const [files, credential] of [
      [certificates.server, set.server],
      [certificates.client('alice'), set.client('alice')],
      [certificates.untrusted('expired'), set.untrusted('expired')],
    ] as const) {
      expect(readFileSync(files.certificate, 'utf8')).toBe(credential.pem);
      expect(readFileSync(files.key, 'utf8')).toBe(credential.privateKey.pem);
    }
    expect(new X509Certificate(readFileSync(certificates.ca)).subject).toContain('generate-certs test CA');
  }
  expect(existsSync(path)).toBe(false);
});

test('remove() may be called twice, and after somebody else removed the folder', async () => {
  const certificates = await temporaryCertificates({ layouts: ['grpc'] });
  expect(certificates.layout('grpc')).toBe(certificates.path);
  await certificates.remove();
  await certificates.remove();
  expect(existsSync(certificates.path)).toBe(false);
});

test('what the set has not is told of, with what it has', async () => {
  await using certificates = await temporaryCertificates({ layouts: ['grpc'], clients: ['alice'] });
  expect(() => certificates.client('bob')).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_IN_SET', hint: expect.stringContaining('alice') }),
  );
  expect(() => certificates.layout('nginx')).toThrow(expect.objectContaining({ code: 'ERR_NOT_IN_SET' }));
  await certificates.set.issueClient('carol');
  expect(() => certificates.client('carol')).toThrow(expect.objectContaining({ code: 'ERR_NOT_IN_SET' }));
});

const MAKE = `
const { temporaryCertificates } = require(${JSON.stringify(join(REPOSITORY, 'dist', 'index.cjs'))});
const keep = setInterval(() => {}, 1000);
Promise.all([1, 2].map(() => temporaryCertificates({ layouts: ['grpc'] }))).then((made) => {
  console.log('folders ' + made.map(({ path }) => path).join(' ') + ' made');
  then();
});
`;

/** Runs a program that makes two sets and then does something, up to its end. */
async function runHost(then: string, signal?: NodeJS.Signals) {
  const script = join(temporaryFolder(), 'host.cjs');
  writeFileSync(script, `${MAKE}\nfunction then() {${then}}\n`);
  const host = start(process.execPath, [script]);
  const ended = new Promise<{ status: number | null; by: NodeJS.Signals | null }>((resolve) => {
    host.child.on('close', (status, by) => resolve({ status, by }));
  });
  const [, folders = ''] = await host.said(/^folders (.*) made$/m);
  if (signal !== undefined) host.child.kill(signal);
  const end = await ended;
  return { ...end, left: folders.split(' ').filter((folder) => existsSync(folder)), output: host.output() };
}

test.each([
  ['its end', 'clearInterval(keep);', 0],
  ['process.exit', 'process.exit(7);', 7],
  ['an error that nobody caught', "throw new Error('on purpose');", 1],
])('the folders go with the process: %s', async (_, then, status) => {
  expect(await runHost(then)).toMatchObject({ status, by: null, left: [] });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s still ends the process, and the folders go',
  async (signal) => {
    expect(await runHost('', signal)).toMatchObject({ status: null, by: signal, left: [] });
  },
);

test("a program's own listener of a signal is not cut short", async () => {
  const then = `
    process.on('SIGTERM', () => {
      console.log('listened');
      clearInterval(keep);
    });
  `;
  const end = await runHost(`${then}; console.log('listening')`, 'SIGTERM');
  expect(end).toMatchObject({ status: 0, by: null, left: [] });
  expect(end.output).toContain('listened');
});
