// What a second run does: it adds and changes, and takes nothing away that is in use.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureCertificateSet, loadCertificateSet } from '../../src/index.js';
import { copiedSets } from '../support/copied-sets.js';
import { temporaryFolder } from '../support/folder.js';
import { generateCerts, run } from '../support/program.js';
import { findProblems, snapshot } from '../support/set-checker.js';

const isRoot = process.getuid?.() === 0;
/** RSA, the default for NGINX, takes long. `-q` leaves out the warning that its example needs RSA. */
const EC = ['-k', 'ec-p256'];
const QUICK = [...EC, '-q'];

const copySet = copiedSets();

function manifestOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));
}

function entryOf(folder: string, name: string) {
  return manifestOf(folder).certificates.find((entry: { name: string }) => entry.name === name);
}

/** Runs the program on a folder, which must go well. */
function make(folder: string, ...args: string[]): string {
  const { status, stdout, stderr } = generateCerts([...args, '--out', folder]);
  expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
  expect(findProblems(folder)).toEqual([]);
  return stdout;
}

/** Moves a set back in time, so that only this share of its life is left: the manifest alone says when it was made. */
function age(folder: string, share: number): void {
  const path = join(folder, 'set.json');
  const manifest = manifestOf(folder);
  const life = Date.parse(manifest.expiresAt) - Date.parse(manifest.createdAt);
  const created = new Date(Date.now() - life * (1 - share));
  const iso = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;
  const text = readFileSync(path, 'utf8')
    .replace(manifest.createdAt, iso(created))
    .replace(
      `"expiresAt": "${manifest.expiresAt}"`,
      `"expiresAt": "${iso(new Date(created.getTime() + life))}"`,
    );
  writeFileSync(path, text);
}

describe('a run adds and takes nothing away', () => {
  test('without names and options it takes the recorded request, and added clients stay', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice', 'api.test');
    expect(generateCerts(['client', 'bob', '-o', folder, '-q']).status).toBe(0);
    const before = snapshot(folder);
    expect(make(folder)).toContain('up to date, nothing to do');
    expect(snapshot(folder)).toEqual(before);
  });

  test('a client that is asked for is added, and no other file changes', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice');
    const before = snapshot(folder);
    make(folder, '-c', 'bob');
    const after = snapshot(folder);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed.sort()).toEqual(['bob.key', 'bob.pem', 'set.json']);
    expect(manifestOf(folder).request.clients).toEqual(['alice', 'bob']);
  });

  test.each(['java', 'postgres'])(
    'a client that is added changes no file of others in the layout %s',
    (layout) => {
      const folder = join(temporaryFolder(), 'certs');
      copySet(folder, '-l', layout, '-k', 'ec-p256', '-c', 'alice');
      const before = snapshot(folder);
      expect(generateCerts(['client', 'bob', '-o', folder, '-q'])).toMatchObject({ status: 0, stderr: '' });
      expect(findProblems(folder)).toEqual([]);
      const after = snapshot(folder);
      const changed = Object.keys(before).filter((path) => after[path] !== before[path]);
      expect(changed).toEqual(['set.json']);
      expect(Object.keys(after)).toContain('bob');
      // One that is damaged is made again, and fits the manifest.
      const store = Object.keys(after).find((path) => path.endsWith('alice/keystore.p12'));
      if (store === undefined) return;
      writeFileSync(join(folder, store), 'damaged');
      make(folder);
    },
  );

  test('other names are issued by the same CA, and no client changes', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice');
    const before = snapshot(folder);
    make(folder, 'api.test', 'localhost');
    const after = snapshot(folder);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed.sort()).toEqual(['server.key', 'server.pem', 'set.json']);
    expect(entryOf(folder, 'server').subject).toBe('CN=api.test');
  });

  test('another key type changes every leaf, by the same CA', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc');
    const ca = entryOf(folder, 'ca').sha256;
    make(folder, '--key', 'ec-p384');
    expect(entryOf(folder, 'ca').sha256).toBe(ca);
    for (const { role, key } of manifestOf(folder).certificates) {
      if (role !== 'ca') expect(key).toBe('ec-p384');
    }
  });

  test('a flaw is added; none adds none', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc');
    make(folder, '-u', 'expired');
    make(folder, '-u', 'none');
    expect(manifestOf(folder).request.untrusted).toEqual(['unknown-ca', 'expired']);
    expect(existsSync(join(folder, 'untrusted-unknown-ca.pem'))).toBe(true);
  });

  test('files of a layout go only where --layout no longer names it', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, ...EC);
    make(folder, '-c', 'bob', ...QUICK);
    expect(readdirSync(folder)).toContain('nginx');
    const said = make(folder, '--layout', 'grpc');
    expect(said).toContain('removed');
    expect(readdirSync(folder)).not.toContain('nginx');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['bob.pem', 'client.pem', 'server.pem']));
  });

  test('in the last quarter of the life everything is renewed: CA, added clients and revocations stay', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'nginx', '-c', 'eve', ...EC);
    expect(generateCerts(['client', 'bob', '-o', folder, '-q']).status).toBe(0);
    expect(generateCerts(['revoke', 'eve', '-o', folder, '-q']).status).toBe(0);
    const [ca, bob] = [entryOf(folder, 'ca'), entryOf(folder, 'bob')];
    age(folder, 0.2);
    expect(generateCerts(['-o', folder, ...EC]).stdout).toContain('with the same CA');
    expect(findProblems(folder)).toEqual([]);
    expect(entryOf(folder, 'ca').subject).toBe(ca.subject);
    expect(entryOf(folder, 'bob').sha256).not.toBe(bob.sha256);
    expect(entryOf(folder, 'eve').revokedAt).not.toBeNull();
    const list = run('openssl', ['crl', '-in', join(folder, 'client_cert_ca.crl'), '-noout', '-text']).stdout;
    expect(list).toContain(entryOf(folder, 'eve').serialNumber.toUpperCase());
  });

  test('a set that has ended gets a new CA, with its clients, the revoked as revoked', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'nginx', '-c', 'eve', '-c', 'alice', ...EC);
    expect(generateCerts(['revoke', 'eve', '-o', folder, '-q']).status).toBe(0);
    const ca = entryOf(folder, 'ca').subject;
    age(folder, -0.1);
    expect(generateCerts(['-o', folder, ...EC]).stdout).toContain('with a new CA');
    expect(entryOf(folder, 'ca').subject).not.toBe(ca);
    expect(entryOf(folder, 'eve').revokedAt).not.toBeNull();
    expect(entryOf(folder, 'alice').revokedAt).toBeNull();
  });

  test.each([
    ['--name-constraints', 'name constraints: on instead of off'],
    ['--ca-key=ec-p384', "the CA's key type: ec-p384 instead of ec-p256"],
  ])('%s needs a new CA, which issues everything that was in the set', (option, reason) => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice');
    const ca = entryOf(folder, 'ca').subject;
    const said = make(folder, option);
    expect(said).toContain('with a new CA');
    expect(said).toContain(reason);
    expect(entryOf(folder, 'ca').subject).not.toBe(ca);
    expect(existsSync(join(folder, 'alice.pem'))).toBe(true);
  });

  test("a name outside the CA's constraints needs a new CA", () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '--name-constraints', 'api.test');
    expect(make(folder, 'a.api.test')).toContain('updated');
    expect(make(folder, 'b.test')).toContain("the CA's name constraints forbid b.test");
  });

  test('--new forgets the set and its request', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice', 'api.test');
    const ca = entryOf(folder, 'ca').subject;
    make(folder, '--new', '-l', 'grpc');
    expect(entryOf(folder, 'ca').subject).not.toBe(ca);
    expect(manifestOf(folder).request).toMatchObject({ names: ['localhost'], clients: ['client'] });
    expect(existsSync(join(folder, 'alice.pem'))).toBe(false);
  });
});

describe('what is missing or damaged is made again', () => {
  test.each(['alice.key', 'alice.pem', 'server.key', 'untrusted-unknown-ca.pem'])(
    '%s: that certificate alone',
    (path) => {
      const folder = join(temporaryFolder(), 'certs');
      copySet(folder, '-l', 'grpc', '-c', 'alice');
      const before = snapshot(folder);
      writeFileSync(join(folder, path), 'damaged\n');
      make(folder);
      const after = snapshot(folder);
      const stem = path.replace(/\.\w+$/, '');
      const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
      expect(changed.sort()).toEqual(['set.json', `${stem}.key`, `${stem}.pem`].sort());
    },
  );

  test('a copy in another layout is used again', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, ...EC);
    const before = snapshot(folder);
    rmSync(join(folder, 'nginx'), { recursive: true });
    make(folder, ...QUICK);
    expect(Object.keys(snapshot(folder)).sort()).toEqual(Object.keys(before).sort());
    const after = snapshot(folder);
    expect(after['grpc/client.pem']).toBe(before['grpc/client.pem']);
    expect(after['nginx/client.pem']).toBe(before['nginx/client.pem']);
  });

  test('a lost CA key means a new CA', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc', '-c', 'alice');
    rmSync(join(folder, 'authority/ca.key'));
    expect(make(folder)).toContain("the CA's certificate or private key is lost");
    expect(existsSync(join(folder, 'alice.pem'))).toBe(true);
  });
});

describe('what a run did is listed', () => {
  test('in the JSON beside the manifest, and by the library', async () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc');
    const printed = JSON.parse(make(folder, '--json', '-c', 'bob'));
    expect(printed).toMatchObject({
      version: manifestOf(folder).version,
      outcome: 'updated',
      made: ['bob.key', 'bob.pem'],
      removed: [],
    });
    expect(printed.kept).toContain('server.pem');
    const again = await ensureCertificateSet(folder, { clients: ['carol'] });
    expect(again).toMatchObject({ changed: true, outcome: 'updated', made: ['carol.key', 'carol.pem'] });
    const nothing = await ensureCertificateSet(folder);
    expect(nothing).toMatchObject({ changed: false, outcome: 'unchanged', made: [], removed: [] });
  });

  test.each([
    ['a new set', [], ['-l', 'grpc']],
    ['one more client', ['-l', 'grpc'], ['-c', 'bob']],
    ['another layout', ['-l', 'grpc'], ['-l', 'nginx']],
    ['a new CA', ['-l', 'grpc'], ['--ca-key', 'rsa-2048']],
    ['nothing', ['-l', 'grpc'], []],
    ['another set', ['-l', 'grpc', '-c', 'alice'], ['--new', '-l', 'grpc']],
  ])('--dry-run says what the run then does, and writes nothing: %s', (_what, first, second) => {
    const folder = join(temporaryFolder(), 'certs');
    if (first.length > 0) copySet(folder, ...first);
    const before = existsSync(folder) ? snapshot(folder) : undefined;
    const rehearsed = JSON.parse(generateCerts([...second, '--dry-run', '--json', '-o', folder]).stdout);
    expect(existsSync(folder) ? snapshot(folder) : undefined).toEqual(before);
    const done = JSON.parse(generateCerts([...second, '--json', '-o', folder]).stdout);
    for (const key of ['outcome', 'made', 'kept', 'removed']) expect(rehearsed[key]).toEqual(done[key]);
  });

  test('--dry-run finds a foreign file in the way', () => {
    const folder = join(temporaryFolder(), 'certs');
    mkdirSync(folder);
    writeFileSync(join(folder, 'server.pem'), 'mine\n');
    const { status, stderr } = generateCerts(['-l', 'grpc', '--dry-run', '-o', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain("did not write 'server.pem'");
    expect(readdirSync(folder)).toEqual(['server.pem']);
  });
});

describe('a foreign file in the way', () => {
  test.each([
    ['of a new set', [], {}, 'server.pem'],
    ['of one more client', ['-l', 'grpc'], { clients: ['bob'] }, 'bob.key'],
    ['of one more layout', ['-l', 'grpc'], { layouts: ['nginx', 'grpc'] }, 'nginx/dhparam.pem'],
  ] as const)('%s is told before a key is made', async (_what, first, asked, path) => {
    const folder = join(temporaryFolder(), 'certs');
    if (first.length > 0) make(folder, ...first);
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), 'mine\n');
    const before = snapshot(folder);
    const steps: unknown[] = [];
    const { ensureSet } = await import('../../src/store/ensure.js');
    const options = first.length > 0 ? asked : { layouts: ['grpc'] as const };
    await expect(ensureSet(folder, options, (step) => steps.push(step))).rejects.toMatchObject({
      code: 'ERR_FILE_IN_THE_WAY',
      message: expect.stringContaining(`'${path}'`),
    });
    expect(steps).toEqual([]);
    expect(snapshot(folder)).toEqual(before);
  });
});

describe("the CA's private key", () => {
  test('is in a folder of its own, closed to others, with one layout and with several', () => {
    for (const layouts of [['-l', 'grpc'], QUICK]) {
      const folder = join(temporaryFolder(), 'certs');
      copySet(folder, ...layouts);
      expect(statSync(join(folder, 'authority')).mode & 0o777).toBe(0o700);
      expect(readdirSync(join(folder, 'authority'))).toEqual(['ca.key']);
      expect(readdirSync(folder)).toContain('ca.pem');
    }
  });

  test('of a set of the old shape moves at the next run, and nothing else changes', () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc');
    const path = join(folder, 'set.json');
    const before = snapshot(folder);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('authority/ca.key', 'ca.key'));
    renameSync(join(folder, 'authority/ca.key'), join(folder, 'ca.key'));
    rmdirSync(join(folder, 'authority'));
    expect(generateCerts(['verify', '-o', folder]).status).toBe(0);
    expect(make(folder)).toContain('moves to authority/ca.key');
    const { 'set.json': _manifest, ...files } = snapshot(folder);
    const { 'set.json': _before, ...expected } = before;
    expect(files).toEqual(expected);
  });

  test('is not needed to read, check and use a set; what needs it says so', async () => {
    const folder = join(temporaryFolder(), 'certs');
    copySet(folder, '-l', 'grpc');
    rmSync(join(folder, 'authority/ca.key'));
    for (const args of [['show'], ['env'], ['exec', '--', process.execPath, '-e', '0']]) {
      const [command = '', ...rest] = args;
      const { status, stderr } = generateCerts([command, '-o', folder, ...rest]);
      expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
    }
    for (const args of [['client', 'bob'], ['revoke', 'client'], ['renew']]) {
      const { status, stderr } = generateCerts([...args, '-o', folder]);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toContain("the CA's private key is missing");
    }
    const set = await loadCertificateSet(folder);
    expect(set.authority.canSign).toBe(false);
    expect(set.client('client').tlsOptions().key).toContain('PRIVATE KEY');
    expect(() => set.authority.privateKey).toThrow(/private key is missing/);
  });

  // Needs another user to run as, which only root can be.
  test.skipIf(!isRoot)(
    'and other keys that this user may not read do not keep it from reading the set',
    () => {
      const folder = join(temporaryFolder(), 'certs');
      chmodSync(join(folder, '..'), 0o755);
      copySet(folder, '-l', 'grpc');
      const other = { uid: 65_534, gid: 65_534 };
      expect(generateCerts(['show', '-o', folder], other).status).toBe(0);
      const script = `
      const { loadCertificateSet } = require(${JSON.stringify(join(process.cwd(), 'dist/index.cjs'))});
      loadCertificateSet(${JSON.stringify(folder)}).then((set) => {
        console.log(set.server.hasPrivateKey, set.server.certificate.subject);
        try { set.server.privateKey } catch (error) { console.log(error.code) }
        try { set.authority.privateKey } catch (error) { console.log(error.code) }
      });`;
      const { stdout } = run(process.execPath, ['-e', script], other);
      expect(stdout).toBe('false CN=localhost\nERR_KEY_UNREADABLE\nERR_CA_KEY_MISSING\n');
    },
  );
});

describe('in a git work tree', () => {
  function repository(): string {
    const folder = temporaryFolder();
    expect(run('git', ['init', '-q', folder]).status).toBe(0);
    return folder;
  }

  test('keys that git would add are told of, with the lines that keep them out', () => {
    const folder = repository();
    const { status, stderr } = generateCerts(['-l', 'nginx', '-k', 'rsa-2048', '-o', folder, '-c', 'a']);
    expect(status).toBe(0);
    expect(stderr).toContain('warning: git does not ignore the private keys');
    const lines = /--out: (.*)\n/.exec(stderr)?.[1]?.split(' ') ?? [];
    writeFileSync(join(folder, '.gitignore'), `${lines.join('\n')}\n`);
    expect(run('git', ['-C', folder, 'status', '--porcelain', '-uall']).stdout).toBe(
      '?? .gitignore\n?? client_cert_ca.crl\n',
    );
    expect(generateCerts(['-o', folder, '-c', 'b']).stderr).toBe('');
  });

  test('a folder that the run makes has a .gitignore of its own, and there is nothing to tell', () => {
    const folder = repository();
    expect(generateCerts(['-l', 'grpc', '-o', join(folder, 'certs')]).stderr).toBe('');
  });

  test('outside of one there is nothing to tell', () => {
    const folder = temporaryFolder();
    expect(generateCerts(['-l', 'grpc', '-o', folder]).stderr).toBe('');
  });
});

test('renew gives everything a new life by the same CA key and name', () => {
  const folder = join(temporaryFolder(), 'certs');
  copySet(folder, '-l', 'grpc');
  const copy = join(folder, '..', 'copy');
  cpSync(folder, copy, { recursive: true });
  const { status, stdout } = generateCerts(['renew', '-o', folder]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('renewed the set in') });
  expect(entryOf(folder, 'ca').subject).toBe(entryOf(copy, 'ca').subject);
  expect(entryOf(folder, 'client').sha256).not.toBe(entryOf(copy, 'client').sha256);
  const verified = run('openssl', ['verify', '-CAfile', join(copy, 'ca.pem'), join(folder, 'client.pem')]);
  expect(verified.stdout).toContain('client.pem: OK');
});
