// Root in a folder that another user controls: nothing of root's is reached through it.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureCertificateSet } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { generateCerts } from '../support/program.js';
import { tally } from '../support/tally.js';

tally("another user's folder");
const OTHER = 65_534;

/** A folder of another user, which can be reached. */
function foldersOf(uid: number): { home: string; out: string } {
  const home = temporaryFolder();
  chmodSync(home, 0o755);
  chownSync(home, uid, uid);
  return { home, out: join(home, 'certs') };
}

// Only root can be root.
describe.skipIf(process.getuid?.() !== 0)('root', () => {
  test("in another user's folder makes a set that is that user's", () => {
    const { out } = foldersOf(OTHER);
    const { status, stderr } = generateCerts(['-l', 'grpc', '-o', out]);
    expect(status).toBe(0);
    expect(stderr).toContain(`going on as user ${OTHER}`);
    for (const name of ['.', ...readdirSync(out, { recursive: true })]) {
      expect([name, lstatSync(join(out, String(name))).uid]).toEqual([name, OTHER]);
    }
    expect(generateCerts(['client', 'bob', '-o', out]).status).toBe(0);
    expect(statSync(join(out, 'bob.key')).uid).toBe(OTHER);
    expect(generateCerts(['clean', '-o', out]).status).toBe(0);
  });

  test('cannot give a key away there', () => {
    const { out } = foldersOf(OTHER);
    const { status, stderr } = generateCerts(['-l', 'grpc', '-o', out, '--owner', '5000']);
    expect([status, stderr]).toEqual([3, expect.stringContaining('--owner needs root')]);
    expect(existsSync(out)).toBe(false);
  });

  test('gives a key away in a folder of its own', () => {
    const out = join(temporaryFolder(), 'certs');
    expect(generateCerts(['-l', 'grpc', '-o', out, '--owner', '5000']).status).toBe(0);
    expect(statSync(join(out, 'server.key')).uid).toBe(5000);
  });

  test('refuses a folder that every user may write to', async () => {
    const out = temporaryFolder();
    chmodSync(out, 0o777);
    const { status, stderr } = generateCerts(['-l', 'grpc', '-o', out]);
    expect([status, stderr]).toEqual([3, expect.stringContaining('every user may exchange files')]);
    expect(readdirSync(out)).toEqual([]);
    await expect(ensureCertificateSet(out)).rejects.toMatchObject({ code: 'ERR_FOLDER_UNSAFE' });
  });

  test('by way of the library is refused, and nothing is written', async () => {
    const { out, home } = foldersOf(OTHER);
    await expect(ensureCertificateSet(out)).rejects.toMatchObject({ code: 'ERR_FOLDER_UNSAFE' });
    expect(readdirSync(home)).toEqual([]);
  });

  test('reads there, and repairs nothing', () => {
    const { out } = foldersOf(OTHER);
    expect(generateCerts(['-l', 'grpc', '-o', out, '-q']).status).toBe(0);
    const work = join(out, '.generate-certs');
    mkdirSync(join(work, 'new'), { recursive: true });
    writeFileSync(join(work, 'new', 'left'), 'over');
    expect(generateCerts(['show', '-o', out]).status).toBe(0);
    expect(existsSync(join(work, 'new', 'left'))).toBe(true);
    writeFileSync(join(work, 'journal.json'), '{"version":1,"files":[],"removals":["set.json"]}');
    const { status, stderr } = generateCerts(['show', '-o', out]);
    expect([status, stderr]).toEqual([3, expect.stringContaining(`user ${OTHER}`)]);
    expect(existsSync(join(out, 'set.json'))).toBe(true);
  });
});
