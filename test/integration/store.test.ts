// The set on a real disk: permissions under any umask, owners, and failures that leave all as it was.
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { EXECUTABLE, generateCerts, REPOSITORY, run } from '../support/program.js';

/** What is tested here goes for every key. */
const QUICK = ['-k', 'ec-p256', '-q'];
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

/** Every file below a folder with its mode, owner and content. */
function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, uid } = statSync(path);
      const content = entry.isFile() ? readFileSync(path, 'hex') : 'folder';
      return [relative(folder, path), `${mode.toString(8)} ${uid} ${content}`];
    }),
  );
}

function modes(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot(folder)).map(([path, text]) => [path, text.split(' ')[0]?.slice(-3) ?? '']),
  );
}

describe('permissions', () => {
  test.each(['000', '022', '077', '777'])('are what they must be under umask %s', (umask) => {
    const folder = temporaryFolder();
    const { status, stderr } = run('sh', [
      '-c',
      'umask "$1"; exec "$2" "$3" --out "$4/a/certs" -q',
      ...['sh', umask, process.execPath, EXECUTABLE, folder],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const [path, mode] of Object.entries(modes(folder))) {
      const isFolder = statSync(join(folder, path)).isDirectory();
      const ofFolder = path.endsWith('/authority') ? '700' : '755';
      const expected = path.endsWith('.key') ? '600' : isFolder ? ofFolder : '644';
      expect(`${path} ${mode}`).toBe(`${path} ${expected}`);
    }
  });

  test('--key-mode is for server.key alone', () => {
    const folder = temporaryFolder();
    expect(generateCerts(['--out', folder, '--key-mode', '640', ...QUICK]).status).toBe(0);
    const keys = Object.entries(modes(folder)).filter(([path]) => path.endsWith('.key'));
    for (const [path, mode] of keys) expect(mode).toBe(path.endsWith('server.key') ? '640' : '600');
  });

  // Giving files away is root's.
  test.skipIf(!isRoot)('--owner is for server.key alone, with its group or without', () => {
    for (const [owner, gid] of [
      ['5000', process.getgid?.()],
      ['5000:6000', 6000],
    ] as const) {
      const folder = temporaryFolder();
      expect(generateCerts(['--out', folder, '-l', 'nginx', '--owner', owner, ...QUICK]).status).toBe(0);
      expect(statSync(join(folder, 'server.key'))).toMatchObject({ uid: 5000, gid });
      expect(modes(folder)['server.key']).toBe('600');
      for (const name of ['server.pem', 'client.key', 'authority/ca.key'])
        expect(statSync(join(folder, name)).uid).toBe(0);
    }
  });

  test.skipIf(!isRoot)('a server.key that was taken from its owner is made anew', () => {
    const folder = temporaryFolder();
    const args = ['--out', folder, '-l', 'nginx', '--owner', '5000', '-k', 'ec-p256'];
    expect(generateCerts([...args, '-q']).status).toBe(0);
    expect(generateCerts(args).stdout).toContain('nothing to do');
    chownSync(join(folder, 'server.key'), 0, 0);
    expect(generateCerts(args).stdout).toContain('server.key has owner 0:0, not 5000');
    expect(statSync(join(folder, 'server.key')).uid).toBe(5000);
  });

  // Needs another user to run as, which only root can be.
  test.skipIf(!isRoot)('--owner by a user who may not is refused before anything is written', () => {
    const folder = temporaryFolder();
    chownSync(folder, 65_534, 65_534);
    chmodSync(folder, 0o755);
    const { status, stderr } = generateCerts(['--out', join(folder, 'certs'), '--owner', '5000'], {
      uid: 65_534,
      gid: 65_534,
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "generate-certs: error: '5000' cannot be made the owner by this user\n" +
        'generate-certs: hint: run as root, or use --key-mode 644 instead\n',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a failure leaves what was there as it was', () => {
  test.skipIf(!isRoot)('a folder that cannot be written', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    expect(generateCerts(['--out', folder, ...QUICK]).status).toBe(0);
    const before = snapshot(folder);
    const nobody = { uid: 65_534, gid: 65_534 };
    const changed = generateCerts(['api.test', '--out', folder, ...QUICK], nobody);
    expect(changed.status).toBe(3);
    expect(changed.stderr).toMatch(/error: cannot .*permission denied\n.*hint: choose a folder/);
    const fresh = generateCerts(['--out', join(folder, 'new', 'certs'), ...QUICK], nobody);
    expect(fresh.status).toBe(3);
    expect(snapshot(folder)).toEqual(before);
  });

  // A small tmpfs is root's to mount, on Linux.
  test.skipIf(!isRoot || !isLinux)('a full disk', () => {
    const folder = temporaryFolder();
    expect(run('mount', ['-t', 'tmpfs', '-o', 'size=96k,mode=755', 'tmpfs', folder]).status).toBe(0);
    onTestFinished(() => {
      run('umount', [folder]);
    });
    const args = ['--out', join(folder, 'certs'), '-l', 'grpc', '-q'];
    expect(generateCerts(args)).toMatchObject({ status: 0 });
    const before = snapshot(folder);
    const full = generateCerts([...args, '--clients', '30']);
    expect(full).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/error: cannot write the set to .*: no space is left/),
    });
    expect(snapshot(folder)).toEqual(before);
    const elsewhere = generateCerts(['--out', join(folder, 'a', 'b'), '--clients', '30', ...QUICK]);
    expect(elsewhere.status).toBe(3);
    expect(snapshot(folder)).toEqual(before);
    expect(generateCerts([...args, '--clients', '1'])).toMatchObject({ status: 0 });
  });

  // The first has no room for content, the second none for more files and folders.
  test.skipIf(!isRoot || !isLinux).each(['size=96k', 'size=1m,nr_inodes=30'])(
    'clean works on a full disk (%s)',
    (room) => {
      const folder = temporaryFolder();
      const mount = ['-t', 'tmpfs', '-o', `${room},mode=755`, 'tmpfs', folder];
      expect(run('mount', mount).status).toBe(0);
      onTestFinished(() => {
        run('umount', [folder]);
      });
      const out = join(folder, 'certs');
      expect(generateCerts(['--out', out, '-l', 'grpc', '-q'])).toMatchObject({ status: 0 });
      fill(folder);
      expect(generateCerts(['clean', '--out', out])).toMatchObject({ status: 0, stderr: '' });
      expect(existsSync(out)).toBe(false);
    },
  );

  test.each([1, 3, 1000])('clean works on a disk that has no room until %s files are gone', (until) => {
    const out = join(temporaryFolder(), 'certs');
    expect(generateCerts(['--out', out, '-l', 'grpc', '-q'])).toMatchObject({ status: 0 });
    const { files } = JSON.parse(readFileSync(join(out, 'set.json'), 'utf8')) as {
      files: { path: string }[];
    };
    const names = [...files.map(({ path }) => path), 'set.json'].sort();
    const NODE_OPTIONS = `--require ${join(REPOSITORY, 'test', 'support', 'full-disk.cjs')}`;
    const env = { NODE_OPTIONS, FULL_PLACE: out, FULL_UNTIL: String(until) };
    const { status, stdout, stderr } = generateCerts(['clean', '--json', '--out', out], { env });
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout) as { removed: string[] };
    expect(result).toMatchObject({ kept: [], folderRemoved: true });
    expect([...result.removed].sort()).toEqual(names);
    expect(existsSync(out)).toBe(false);
  });

  test('a symbolic link in the way is not followed, with --force neither', () => {
    const folder = temporaryFolder();
    const target = join(folder, 'precious');
    writeFileSync(target, 'precious');
    mkdirSync(join(folder, 'certs'));
    symlinkSync(target, join(folder, 'certs', 'ca.pem'));
    expect(generateCerts(['--out', join(folder, 'certs')]).status).toBe(2);
    expect(generateCerts(['--out', join(folder, 'certs'), '--force', ...QUICK]).status).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test('the folder may be reached through a symbolic link', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(generateCerts(['--out', join(folder, 'link'), ...QUICK]).status).toBe(0);
    expect(existsSync(join(folder, 'real', 'set.json'))).toBe(true);
  });

  test('other files of the folder stay, also where the layouts change', () => {
    const folder = temporaryFolder();
    expect(generateCerts(['--out', folder, ...QUICK]).status).toBe(0);
    writeFileSync(join(folder, 'nginx', 'mine.txt'), 'mine');
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    expect(generateCerts(['--out', folder, '-q', '-l', 'grpc']).status).toBe(0);
    expect(Object.keys(snapshot(folder)).filter((path) => path.startsWith('nginx'))).toEqual([
      'nginx',
      'nginx/mine.txt',
    ]);
    expect(existsSync(join(folder, 'grpc'))).toBe(false);
    expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, '.gitignore'))).toBe(false);
  });

  test.each([
    ['../../etc/passwd', '0644'],
    ['ca.pem', '0777'],
  ])('a manifest edited by hand is not believed: %s %s', (path, mode) => {
    const folder = temporaryFolder();
    expect(generateCerts(['--out', folder, ...QUICK]).status).toBe(0);
    const manifest = JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));
    manifest.files[0] = { ...manifest.files[0], path, mode };
    writeFileSync(join(folder, 'set.json'), JSON.stringify(manifest));
    const before = snapshot(folder);
    for (const args of [['show'], [], ['api.test']]) {
      const { status, stderr } = generateCerts([...args, '--out', folder]);
      expect({ status, stderr }).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('is not a manifest'),
      });
    }
    expect(snapshot(folder)).toEqual(before);
  });
});

test('no key material in anything that is printed', () => {
  const folder = temporaryFolder();
  const printed = [[], ['--json'], ['show'], ['show', '--json'], ['--clients', 'x']]
    .map((args) => generateCerts([...args, '--out', folder], { env: { GENERATE_CERTS_DEBUG: '1' } }))
    .map(({ stdout, stderr }) => stdout + stderr)
    .concat(readFileSync(join(folder, 'set.json'), 'utf8'))
    .join('\n');
  expect(printed).not.toContain('PRIVATE KEY');
  const keys = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.key'),
  );
  expect(keys.length).toBeGreaterThan(4);
  for (const path of keys) {
    const lines = readFileSync(join(folder, path), 'utf8')
      .split('\n')
      .filter((line) => line.length === 64);
    // The first line of PKCS #8 is the same for every key of a type.
    for (const line of lines.slice(1)) expect(printed).not.toContain(line);
  }
});

/** Leaves no room on a small disk: neither for content nor for more files. */
function fill(disk: string): void {
  const fails = (work: (index: number) => void) => {
    for (let index = 0; index < 10_000; index++) {
      try {
        work(index);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
        return;
      }
    }
    throw new Error('the disk is not small');
  };
  const filler = openSync(join(disk, 'filler'), 'w');
  fails(() => writeSync(filler, Buffer.alloc(4096)));
  closeSync(filler);
  if (statfsSync(disk).ffree < 1000) fails((index) => writeFileSync(join(disk, `filler-${index}`), ''));
}
