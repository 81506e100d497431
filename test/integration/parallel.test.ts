// Many runs at once on one folder, and readers that look all the while.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  addClients,
  ensureCertificateSet,
  GenerateCertsError,
  loadCertificateSet,
  revokeClient,
} from '../../src/index.js';
import { lockFolder } from '../../src/store/transaction/lock.js';
import { temporaryFolder } from '../support/folder.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, runBeside } from '../support/program.js';
import { findProblems } from '../support/set-checker.js';

const generate = (...args: string[]) => runBeside(process.execPath, [EXECUTABLE, ...args]);
const workFolder = (out: string) => join(out, '.generate-certs');

describe('runs with the same request that are started together', () => {
  test.each([
    [30, []],
    [10, ['--force']],
  ])('%i of them make one set, all exit 0: %j', async (count, options) => {
    const out = join(temporaryFolder(), 'certs');
    const runs = await Promise.all(
      Array.from({ length: count }, () =>
        generate('-l', 'grpc', '--out', out, ...options, '--lock-timeout', '10m'),
      ),
    );
    expect(runs.filter(({ status, stderr }) => status !== 0 || stderr !== '')).toEqual([]);
    const made = runs.filter(({ stdout }) => stdout.startsWith('made a set'));
    expect(made).toHaveLength(1);
    expect(findProblems(out)).toEqual([]);
    // Whichever run made the folder and whichever the set: its keys are kept out of a repository.
    expect(readFileSync(join(out, '.gitignore'), 'utf8')).toBe('*\n');
    expect(existsSync(workFolder(out))).toBe(false);
  });
});

test.each([[], ['--force']])(
  'readers never see half a set while runs with different requests replace it: %j',
  { timeout: 600_000 },
  async (...options) => {
    const out = join(temporaryFolder(), 'certs');
    expect(generateCerts(['-l', 'grpc', '-q', '--out', out]).status).toBe(0);
    let writing = true;
    const reading = Promise.all([
      (async () => {
        let seen = 0;
        for (; writing; seen++) {
          const set = await loadCertificateSet(out);
          const ca = set.authority.certificate.x509Certificate;
          for (const { certificate, privateKey } of [set.server, ...set.clients]) {
            expect(certificate.x509Certificate.verify(ca.publicKey)).toBe(true);
            expect(certificate.isOf(privateKey)).toBe(true);
          }
        }
        return seen;
      })(),
      (async () => {
        let seen = 0;
        for (; writing; seen++) {
          const { status, stdout, stderr } = await generate('show', '--out', out);
          expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
          expect(stdout).not.toMatch(/is missing|was changed|has mode/);
        }
        return seen;
      })(),
    ]);
    const layouts = [
      ['-l', 'grpc'],
      ['-l', 'grpc', '-l', 'nginx', '-k', 'ec-p256'],
    ];
    const writers = Array.from({ length: 6 }, (_, index) =>
      generate(
        `n${index}.test`,
        ...(layouts[index % 2] ?? []),
        '-q',
        '-o',
        out,
        '--lock-timeout',
        '10m',
        ...options,
      ),
    );
    const ends = await Promise.all(writers).finally(() => {
      writing = false;
    });
    // The two warn of the key type alone.
    expect(ends.filter(({ status }) => status !== 0)).toEqual([]);
    for (const seen of await reading) expect(seen).toBeGreaterThan(0);
    expect(findProblems(out)).toEqual([]);
    expect(existsSync(workFolder(out))).toBe(false);
  },
);

test('changes at once are all there in the end', async () => {
  const out = join(temporaryFolder(), 'certs');
  expect(
    generateCerts(['-l', 'nginx', '-k', 'ec-p256', '-q', '--out', out, '-c', 'a', '-c', 'b']).status,
  ).toBe(0);
  await Promise.all([
    ...['c', 'd', 'e', 'f'].map((name) => addClients(out, [name])),
    ...['a', 'b'].map((name) => revokeClient(out, name)),
  ]);
  const set = await loadCertificateSet(out);
  expect(set.clients.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(set.revocationList.number).toBe(3);
  expect(findProblems(out)).toEqual([]);
});

describe('the lock', () => {
  test('keeps another run waiting for as long as it was told, and no longer', async () => {
    const out = temporaryFolder();
    const lock = await lockFolder(out, { create: false });
    const { status, stderr } = await generate('--out', out, '--lock-timeout', '1s');
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr:
        `generate-certs: error: another run has been writing into '${out}' for 1s (process ${process.pid})\n` +
        'generate-certs: hint: wait for its end, or wait longer with --lock-timeout\n',
    });
    await lock.release('done');
    expect(readdirSync(out)).toEqual([]);
  });

  test('is never held by two, also where many wait for one that was killed', async () => {
    const out = temporaryFolder();
    const first = await lockFolder(out, { create: false });
    const [claim = ''] = readdirSync(workFolder(out));
    await first.release('done');
    mkdirSync(workFolder(out));
    // The claim of a process that is gone: the first process of a machine began at its first tick only here.
    writeFileSync(join(workFolder(out), claim.replace(/\.\d+\.\d+\./, '.1.1.')), '');
    let holders = 0;
    const ends = Array.from({ length: 30 }, async () => {
      const lock = await lockFolder(out, { create: false, lockTimeout: '10m' });
      expect(++holders).toBe(1);
      await lock.assertHeld();
      holders--;
      await lock.release('done');
    });
    await Promise.all(ends);
    expect(readdirSync(out)).toEqual([]);
  });

  test('of a machine that cannot be asked is respected while it is touched', async () => {
    const out = temporaryFolder();
    mkdirSync(workFolder(out));
    writeFileSync(join(workFolder(out), 'claim.0123456789abcdef.1.1.0123456789abcdef'), '');
    await expect(lockFolder(out, { create: false, lockTimeout: '1s' })).rejects.toMatchObject({
      code: 'ERR_SET_LOCKED',
    });
  });

  test('that was taken away stops the one who had it', async () => {
    const out = temporaryFolder();
    const lock = await lockFolder(out, { create: false });
    rmSync(workFolder(out), { recursive: true });
    await expect(lock.assertHeld()).rejects.toBeInstanceOf(GenerateCertsError);
    await lock.release('failed');
  });

  test('is not taken through a symbolic link', async () => {
    const folder = temporaryFolder();
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(join(elsewhere, 'new'), { recursive: true });
    mkdirSync(join(folder, 'certs'));
    symlinkSync(elsewhere, workFolder(join(folder, 'certs')));
    for (const args of [[], ['--force'], ['show']]) {
      const { status, stderr } = generateCerts([...args, '--out', join(folder, 'certs')]);
      expect({ status, stderr }).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('is in the way'),
      });
    }
    expect(readdirSync(elsewhere)).toEqual(['new']);
  });
});

describe('an interruption', () => {
  test.each([['SIGINT'], ['SIGTERM']] as const)('by %s leaves what was there before', async (signal) => {
    const out = join(temporaryFolder(), 'a', 'certs');
    for (const before of [false, true]) {
      if (before) expect(generateCerts(['-l', 'grpc', '-q', '--out', out]).status).toBe(0);
      const names = () => (existsSync(out) ? readdirSync(out).sort() : undefined);
      const files = names();
      const manifest = before ? readFileSync(join(out, 'set.json'), 'utf8') : undefined;
      const { child } = start(process.execPath, [
        ...[EXECUTABLE, '--out', out, '-k', 'rsa-4096', '--clients', '40'],
      ]);
      const ended = new Promise((resolve) => child.on('close', (_status, ending) => resolve(ending)));
      // It has begun to work once it has the lock; the keys take it a while.
      while (!existsSync(workFolder(out))) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill(signal);
      // By the signal itself, which a shell shows as 128 and its number.
      expect(await ended).toBe(signal);
      expect(names()).toEqual(files);
      if (before) expect(readFileSync(join(out, 'set.json'), 'utf8')).toBe(manifest);
      else expect(existsSync(join(out, '..'))).toBe(false);
    }
  });

  test('of a run that waits for another one ends it', async () => {
    const out = temporaryFolder();
    const lock = await lockFolder(out, { create: false });
    const controller = new AbortController();
    const run = ensureCertificateSet(out, { lockTimeout: '10m', signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(run).rejects.toMatchObject({ code: 'ERR_INTERRUPTED' });
    await lock.release('done');
    expect(readdirSync(out)).toEqual([]);
  });
});
