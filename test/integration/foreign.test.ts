// What is not this program's stays as it is: other people's files, what links lead to, other users' folders.
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { copiedSets } from '../support/copied-sets.js';
import { temporaryFolder } from '../support/folder.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, type Outcome, run } from '../support/program.js';
import { findProblems, snapshot } from '../support/set-checker.js';
import { SLOW_DISK } from '../support/slow-disk.js';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

const copySet = copiedSets();

function makeSet(options: string[] = ['-l', 'grpc']): string {
  const out = join(temporaryFolder(), 'certs');
  copySet(out, ...options);
  return out;
}

const again = (out: string, ...options: string[]) => generateCerts(['-l', 'grpc', '--out', out, ...options]);

const ownKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;

describe('a file of the set that was changed', () => {
  test.each([
    ['cut short', (path: string) => truncateSync(path, 40)],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['garbled', (path: string) => writeFileSync(path, 'garbled')],
    ["another file of the set's", (path: string) => copyFileSync(join(path, '..', 'client.key'), path)],
  ])('is healed where it is %s', (_title, change) => {
    const out = makeSet();
    change(join(out, 'server.key'));
    expect(again(out)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('server.key was changed'),
    });
    expect(findProblems(out)).toEqual([]);
  });

  const openssl = (...args: string[]) => expect(run('openssl', args).status).toBe(0);
  const ownCertificate = (out: string, path: string) => {
    const key = join(out, '..', 'own.key');
    const subject = ['-nodes', '-subj', '/CN=mine', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    openssl('req', '-x509', ...subject, '-keyout', key, '-out', path);
  };
  test.skipIf(!inject('tools').openssl).each([
    ['server.key', (_out: string, path: string) => writeFileSync(path, ownKey())],
    ['server.pem', ownCertificate],
    [
      'client.key',
      (_out: string, path: string) => {
        openssl('genpkey', '-algorithm', 'RSA', '-aes256', '-pass', 'pass:secret', '-out', path);
      },
    ],
    [
      'client_cert_ca.crl',
      (out: string, path: string) => {
        const other = makeSet(['-l', 'nginx', '-k', 'ec-p256']);
        const crl = readFileSync(join(other, 'client_cert_ca.crl'), 'utf8');
        expect(crl).toContain('X509 CRL');
        const [ca, database, config] = ['ca.pem', 'index.txt', 'ca.cnf'].map((name) => join(out, '..', name));
        ownCertificate(out, ca ?? '');
        writeFileSync(database ?? '', '');
        writeFileSync(
          config ?? '',
          `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\ndefault_md=sha256\ndefault_crl_days=1\n`,
        );
        const key = join(out, '..', 'own.key');
        openssl('ca', '-gencrl', '-config', config ?? '', '-keyfile', key, '-cert', ca ?? '', '-out', path);
      },
    ],
  ])("is somebody's own where it holds something whole: %s", (name, change) => {
    const options = ['-l', 'nginx', '-k', 'ec-p256'];
    const out = makeSet(options);
    change(out, join(out, name));
    const before = snapshot(out);
    for (const names of [[], ['api.test']]) {
      const { status, stderr } = generateCerts([...options, ...names, '--out', out, '-q']);
      expect({ status, stderr }).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`this program did not write '${name}'`),
      });
      expect(snapshot(out)).toEqual(before);
    }
    const cleaned = generateCerts(['clean', '--out', out]);
    expect(cleaned).toMatchObject({ status: 0, stderr: expect.stringContaining(`${name} stays`) });
    expect(readdirSync(out)).toEqual([name]);
  });

  test('--force replaces it', () => {
    const out = makeSet();
    writeFileSync(join(out, 'server.key'), ownKey());
    expect(again(out, '--force').status).toBe(0);
    expect(findProblems(out)).toEqual([]);
  });
});

describe('without a manifest', () => {
  test("files that bear an older set's marks are replaced", () => {
    const out = makeSet(['-l', 'nginx', '-k', 'ec-p256']);
    rmSync(join(out, 'set.json'));
    rmSync(join(out, '.gitignore'));
    expect(generateCerts(['-l', 'nginx', '-k', 'ec-p256', '-q', '--out', out]).status).toBe(0);
    expect(findProblems(out)).toEqual([]);
  });

  test('all others stop the run', () => {
    const out = makeSet();
    rmSync(join(out, 'set.json'));
    writeFileSync(join(out, 'client.key'), ownKey());
    writeFileSync(join(out, 'ca.pem'), 'notes');
    const before = snapshot(out);
    expect(again(out)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("did not write 'ca.pem', 'client.key'\n"),
    });
    expect(snapshot(out)).toEqual(before);
  });
});

describe('symbolic links', () => {
  test("in a file's place is not followed, and stops the run", () => {
    const out = makeSet();
    const target = join(out, '..', 'precious.key');
    renameSync(join(out, 'server.key'), target);
    symlinkSync(target, join(out, 'server.key'));
    const before = readFileSync(target, 'utf8');
    expect(again(out).status).toBe(2);
    expect(again(out, '--force', '-q').status).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe(before);
    expect(findProblems(out)).toEqual([]);
  });

  test("in a layout's folder's place is not followed, by no command", () => {
    const out = makeSet(['-l', 'grpc', '-l', 'nginx', '-k', 'ec-p256']);
    const elsewhere = join(out, '..', 'elsewhere');
    renameSync(join(out, 'nginx'), elsewhere);
    symlinkSync(elsewhere, join(out, 'nginx'));
    const before = snapshot(elsewhere);
    for (const args of [['-l', 'grpc', '-l', 'nginx'], ['-l', 'grpc'], ['client', 'bob'], ['clean']]) {
      generateCerts([...args, '--out', out]);
      expect(snapshot(elsewhere)).toEqual(before);
    }
  });
});

describe('what somebody wrote by hand', () => {
  const commands = [['show'], [], ['api.test'], ['client', 'bob'], ['clean'], ['watch']];
  const expectRefused = (out: string, pattern: RegExp) => {
    const folder = join(out, '..');
    const before = snapshot(folder);
    for (const args of commands) {
      const { status, stderr } = generateCerts([...args, '--out', out]);
      expect([args, status, stderr]).toEqual([args, 2, expect.stringMatching(pattern)]);
      expect(snapshot(folder)).toEqual(before);
    }
  };

  test('a manifest that is not JSON, or 20 MB of it, is refused', () => {
    const out = makeSet();
    writeFileSync(join(out, 'set.json'), 'certs!');
    expectRefused(out, /set.json is not a manifest of this program/);
    rmSync(join(out, 'set.json'));
    const big = join(out, '..', 'big');
    writeFileSync(big, '');
    truncateSync(big, 20_000_000);
    renameSync(big, join(out, 'set.json'));
    for (const args of commands) expect(generateCerts([...args, '--out', out]).status).toBe(2);
  });

  const sha256 = 'ab'.repeat(32);
  test.each([
    ['not JSON', 'journal!'],
    ['a path that leaves', { files: [{ path: '../precious', sha256 }], removals: [] }],
    ['a removal that leaves', { files: [], removals: ['../precious'] }],
    ['a file that is nowhere', { files: [{ path: 'ca.pem', sha256 }], removals: ['client.pem'] }],
  ])('a journal with %s is refused', (_title, journal) => {
    const out = makeSet();
    writeFileSync(join(out, '..', 'precious'), 'precious');
    writeJournal(out, journal);
    expectRefused(out, /journal.json is not a journal of this program/);
    expect(again(out, '--force', '-q').status).toBe(0);
    expect(findProblems(out)).toEqual([]);
    expect(readFileSync(join(out, '..', 'precious'), 'utf8')).toBe('precious');
  });

  test('a journal over links moves nothing from outside or to it', () => {
    const out = makeSet();
    const elsewhere = join(out, '..', 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'ca.pem'), '');
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const journal = { files: [{ path: 'ca.pem', sha256: empty }], removals: [] };
    writeJournal(out, journal);
    symlinkSync(elsewhere, join(out, '.generate-certs', 'new'));
    expectRefused(out, /a folder is not a folder/);
    rmSync(join(out, '.generate-certs'), { recursive: true });
    writeJournal(out, { files: [], removals: ['nginx/ca.pem'] });
    symlinkSync(elsewhere, join(out, 'nginx'));
    expectRefused(out, /a folder is not a folder/);
    expect(readdirSync(elsewhere)).toEqual(['ca.pem']);
  });
});

function writeJournal(out: string, journal: object | string): void {
  mkdirSync(join(out, '.generate-certs'));
  const text = typeof journal === 'string' ? journal : JSON.stringify({ version: 1, ...journal });
  writeFileSync(join(out, '.generate-certs', 'journal.json'), text);
}

// Another user to be is root's to choose.
describe.skipIf(!isRoot)('a folder that this user may not write to', () => {
  const openSet = () => {
    const out = makeSet();
    chmodSync(join(out, '..'), 0o755);
    return out;
  };
  const expectReadable = ({ status, stdout, stderr }: Outcome) => {
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('server CN=localhost');
  };
  const args = (out: string) => ['show', '--json', '--out', out];

  test('is shown', () => {
    const out = openSet();
    expect(generateCerts(args(out), nobody)).toMatchObject({ status: 0, stderr: '' });
  });

  test('is shown as it is while its owner writes, or where a killed run prepared something', () => {
    const out = openSet();
    mkdirSync(join(out, '.generate-certs', 'new'), { recursive: true });
    expect(generateCerts(args(out), nobody)).toMatchObject({ status: 0, stderr: '' });
    expectReadable(generateCerts(['show', '--out', out]));
    expect(existsSync(join(out, '.generate-certs'))).toBe(false);
  });

  test('says that it is half done where a killed run left it so', () => {
    const out = openSet();
    writeJournal(out, { files: [], removals: ['client.pem'] });
    expect(generateCerts(args(out), nobody)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/half-done change, and this user may not finish it\n.*hint: run/),
    });
    expect(generateCerts(args(out)).status).toBe(0);
    expect(existsSync(join(out, 'client.pem'))).toBe(false);
  });

  // A read-only mount is root's to make, on Linux.
  test.skipIf(process.platform !== 'linux')('is shown on a read-only disk', () => {
    const out = openSet();
    const mount = join(out, '..', 'mount');
    mkdirSync(mount);
    cpSync(out, join(out, '..', 'copy'), { recursive: true });
    mkdirSync(join(out, '..', 'copy', '.generate-certs', 'new'), { recursive: true });
    expect(run('mount', ['--bind', join(out, '..', 'copy'), mount]).status).toBe(0);
    try {
      expect(run('mount', ['-o', 'remount,ro,bind', mount]).status).toBe(0);
      expectReadable(generateCerts(['show', '--out', mount]));
      expect(again(mount)).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to do') });
      expect(again(mount, 'api.test')).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/the file system is read-only/),
      });
    } finally {
      run('umount', [mount]);
    }
  });
});

test('a folder that is removed while a run writes into it is not made again', async () => {
  const out = makeSet();
  const args = ['--out', out, '--clients', '300'];
  const { child, output } = start(process.execPath, [EXECUTABLE, ...args], SLOW_DISK);
  const ended = new Promise((resolve) => child.on('close', resolve));
  // Once it stages files it has the lock; gone before that, the folder would be as if it had never been.
  const staged = join(out, '.generate-certs', 'new');
  while (!existsSync(staged)) await new Promise((resolve) => setTimeout(resolve, 5));
  // Away in one step: a removal file by file could meet a file that the run has just put there.
  renameSync(out, `${out}-gone`);
  expect(await ended).toBe(3);
  expect(output()).toMatch(/error: cannot .*: it is gone\n.*hint: something removed it meanwhile: run again/);
  expect(existsSync(out)).toBe(false);
});

// This kernel knows no file system without hard links (vfat), so that what is shown is that none is made.
test.skipIf(!inject('tools').strace)('no run makes a hard link, which not every file system has', () => {
  const out = makeSet();
  const trace = ['-f', '-qq', '-e', 'trace=?link,?linkat', '-e', 'inject=?link,?linkat:error=EPERM'];
  for (const args of [['api.test'], ['client', 'bob'], ['revoke', 'bob'], ['clean']]) {
    const command = [process.execPath, EXECUTABLE, ...args, '-q', '--out', out];
    const { status, stderr } = run('strace', [...trace, ...command]);
    expect({ args, status, stderr }).toMatchObject({
      args,
      status: 0,
      stderr: expect.not.stringContaining('link'),
    });
  }
});
