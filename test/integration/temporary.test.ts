import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryCertificates } from '../../src/index.js';
import { claimName, describeSelf } from '../../src/store/transaction/claimant.js';
import { statOf } from '../../src/util/proc.js';
import { temporaryFolder } from '../support/folder.js';
import { start } from '../support/processes.js';
import { generateCerts, REPOSITORY } from '../support/program.js';

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

test("a killed process's folder goes at the next run that makes one, and nothing else", async () => {
  const folder = temporaryFolder();
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  const script = join(folder, 'host.cjs');
  writeFileSync(script, `${MAKE}\nfunction then() {}\n`);
  const runOnce = async () => {
    const host = start(process.execPath, [script], { TMPDIR: tmp });
    const [, folders = ''] = await host.said(/^folders (.*) made$/m);
    return { host, folders: folders.split(' ') };
  };
  const killed = await runOnce();
  const ended = once(killed.host.child, 'close');
  killed.host.child.kill('SIGKILL');
  await ended;
  const [first = '', second = ''] = killed.folders;
  expect(killed.folders.filter((path) => existsSync(path))).toEqual([first, second]);

  const precious = join(folder, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'file'), 'precious');
  symlinkSync(precious, join(first, 'link'));
  // By the name of a dead process: a link, one that others may enter, a file, and a name that is not quite it.
  const like = (letters: string) => first.replace(/.{6}$/, letters);
  symlinkSync(precious, like('linked'));
  mkdirSync(like('opento'), { mode: 0o755 });
  writeFileSync(like('isfile'), '');
  mkdirSync(like('muchlonger'), { mode: 0o700 });
  const foreign = ['linked', 'opento', 'isfile', 'muchlonger'].map(like);

  const living = await runOnce();
  onTestFinished(living.host.stop);
  expect(killed.folders.filter((path) => existsSync(path))).toEqual([]);
  const next = await runOnce();
  onTestFinished(next.host.stop);
  expect(living.folders.filter((path) => existsSync(path))).toEqual(living.folders);
  expect(foreign.filter((path) => existsSync(path))).toEqual(foreign);
  expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('precious');
});

test.skipIf(process.platform !== 'linux')('a bundle half written by a killed run goes at the next', () => {
  const folder = temporaryFolder();
  const cache = join(folder, 'cache', 'generate-certs');
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const out = join(folder, 'certs');
  expect(generateCerts(['-l', 'grpc', '-q', '-o', out]).status).toBe(0);
  expect(generateCerts(['env', '-o', out], { env }).status).toBe(0);
  const [bundle = ''] = readdirSync(cache);
  const draft = (pid: number, began: string) =>
    join(cache, `${bundle}.${claimName({ ...describeSelf(false), pid, began })}`);
  const { pid } = process;
  const [dead, alive] = [draft(pid, '1'), draft(pid, statOf(pid)?.start ?? '')];
  for (const path of [dead, alive]) writeFileSync(path, '');
  expect(generateCerts(['env', '-o', out], { env }).status).toBe(0);
  expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
});
