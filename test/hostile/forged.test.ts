// Manifests and journals that somebody else wrote, in an unpacked archive: whatever they say, only files of a set are
// replaced or removed.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ensureCertificateSet,
  GenerateCertsError,
  loadCertificateSet,
  readManifest,
  removeCertificateSet,
} from '../../src/index.js';
import { claimName, describeSelf } from '../../src/store/transaction/claimant.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { generateCerts } from '../support/program.js';
import { randomFrom, tally, WHOLE } from '../support/tally.js';

const counts = tally('forged files');
const model = temporaryFolderForAll();
beforeAll(async () => {
  await ensureCertificateSet(join(model, 'certs'), { layouts: ['grpc'], clients: ['alice'] });
});

const hash = (content: string) => createHash('sha256').update(content).digest('hex');

/** A copy of the set with files of somebody else's beside it. */
function victim(): { folder: string; foreign: () => Record<string, string> } {
  const folder = join(temporaryFolder(), 'certs');
  cpSync(join(model, 'certs'), folder, { recursive: true });
  mkdirSync(join(folder, 'src'));
  const files = { 'notes.txt': 'mine\n', 'src/main.c': 'int main;\n', 'id.pem': 'mine too\n' };
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
  const foreign = () =>
    Object.fromEntries(
      Object.keys(files).map((path) => {
        const place = join(folder, path);
        return [path, existsSync(place) ? readFileSync(place, 'utf8') : 'gone'];
      }),
    );
  return { folder, foreign };
}

function kindOf(name: string): string {
  if (name === 'set.json') return 'mutated manifests';
  if (name === 'journal') return 'mutated journals';
  return name === 'lock' ? 'mutated locks' : 'mutated PEM files';
}

/** Claims that no run of this program made: of odd names, cut, and with content, which a claim has not. */
function writeLocks(folder: string, random: () => number): void {
  const work = join(folder, '.generate-certs');
  mkdirSync(work);
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    // No process has so high an id: it has ended.
    const characters = [...claimName({ ...describeSelf(random() < 0.5), pid: 4_194_304 + count })];
    // A claim of another machine is waited for: seldom tried.
    const first = random() < 0.02 ? 0 : 'claim.0123456789abcdef'.length;
    for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
      const place = first + Math.floor(random() * (characters.length - first));
      // No slash: it would be another folder.
      characters[place] = String.fromCharCode(48 + Math.floor(random() * 79));
    }
    const kept = random() < 0.3 ? Math.ceil(random() * characters.length) : characters.length;
    const content = random() < 0.5 ? '' : '../outside\n'.repeat(500);
    writeFileSync(join(work, characters.slice(0, kept).join('')), content);
  }
}

const UNTOUCHED = { 'notes.txt': 'mine\n', 'src/main.c': 'int main;\n', 'id.pem': 'mine too\n' };

function writeJournal(folder: string, journal: object, staged: Record<string, string> = {}): void {
  const work = join(folder, '.generate-certs');
  mkdirSync(join(work, 'new'), { recursive: true });
  mkdirSync(join(work, 'old'));
  for (const [path, content] of Object.entries(staged)) writeFileSync(join(work, 'new', path), content);
  writeFileSync(
    join(work, 'journal.json'),
    JSON.stringify({ version: 1, files: [], removals: [], ...journal }),
  );
}

const COMMANDS = [
  ['show'],
  ['verify'],
  ['client', 'bob'],
  ['renew'],
  ['revoke', 'alice'],
  ['clean'],
  ['env'],
  [],
];

describe('a forged journal', () => {
  test.each(COMMANDS)('that removes files of others removes none: %j', (...args) => {
    const { folder, foreign } = victim();
    writeJournal(folder, { removals: ['notes.txt', 'src/main.c', 'id.pem', 'set.json'] });
    const { status, stderr } = generateCerts([...args, '--out', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain('journal.json');
    expect(foreign()).toEqual(UNTOUCHED);
  });

  test('that replaces a file of others replaces none, with a manifest that names it, too', () => {
    const { folder, foreign } = victim();
    const manifest = JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));
    const content = 'theirs\n';
    manifest.files.push({ path: 'notes.txt', mode: '0644', sha256: hash(content) });
    const text = JSON.stringify(manifest);
    const files = [
      { path: 'notes.txt', sha256: hash(content) },
      { path: 'set.json', sha256: hash(text) },
    ];
    writeJournal(folder, { files }, { 'notes.txt': content, 'set.json': text });
    expect(generateCerts(['show', '--out', folder]).status).toBe(2);
    expect(foreign()).toEqual(UNTOUCHED);
  });
});

describe('a forged manifest', () => {
  test('that names files of others lets clean remove none of them', () => {
    const { folder, foreign } = victim();
    const path = join(folder, 'set.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    for (const [name, content] of Object.entries(UNTOUCHED)) {
      manifest.files.push({ path: name, mode: '0644', sha256: hash(content) });
    }
    writeFileSync(path, JSON.stringify(manifest));
    const { status, stderr } = generateCerts(['clean', '--out', folder]);
    expect(status).toBe(0);
    expect(stderr).toContain('notes.txt stays');
    expect(foreign()).toEqual(UNTOUCHED);
    expect(existsSync(join(folder, 'server.key'))).toBe(false);
  });

  test.each([
    ['[],', 2],
    ['0,', 1],
    ['{},', 1],
  ])('of a hundred megabytes of %s is refused before it is parsed', (piece) => {
    const folder = temporaryFolder();
    const head = '{\n  "version": 1,\n"files": [';
    writeFileSync(join(folder, 'set.json'), head + piece.repeat(Math.floor(100_000_000 / piece.length)));
    // Parsed, it would take far more.
    const env = { NODE_OPTIONS: `${process.env.NODE_OPTIONS} --max-old-space-size=160` };
    const { status, stderr } = generateCerts(['show', '--out', folder], { env });
    expect([status, stderr]).toEqual([2, expect.stringContaining('set.json')]);
  });
});

test('mutated manifests, journals, locks and PEM files have no effect outside the set', {
  timeout: 600_000,
}, async () => {
  const scratch = temporaryFolder();
  const random = randomFrom(20_261_127);
  const rounds = WHOLE ? 600 : 150;
  let mutations = 0;
  const names = [
    'set.json',
    'set.json',
    'set.json',
    'ca.pem',
    'server.pem',
    'alice.key',
    'authority/ca.key',
    'journal',
    'lock',
  ];
  for (let round = 0; round < rounds; round++) {
    const place = mkdtempSync(join(scratch, 'r'));
    const folder = join(place, 'certs');
    cpSync(join(model, 'certs'), folder, { recursive: true });
    writeFileSync(join(place, 'outside'), 'outside');
    writeFileSync(join(folder, 'notes'), 'notes');
    const name = names[round % names.length] ?? '';
    if (name === 'journal') {
      const removals = ['notes', '../outside', 'ca.pem', 'set.json'].filter(() => random() < 0.6);
      writeJournal(folder, { removals });
    } else if (name === 'lock') {
      writeLocks(folder, random);
    } else {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      writeFileSync(path, random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
    }
    mutations++;
    counts.add(kindOf(name));
    const actions = [readManifest, loadCertificateSet, removeCertificateSet] as const;
    for (const action of actions) {
      await action(folder, { lockTimeout: '1s' }).catch((error: unknown) => {
        if (!(error instanceof GenerateCertsError)) throw new Error(`round ${round}: ${String(error)}`);
      });
    }
    expect([round, readFileSync(join(place, 'outside'), 'utf8')]).toEqual([round, 'outside']);
    expect([round, readFileSync(join(folder, 'notes'), 'utf8')]).toEqual([round, 'notes']);
    expect(readdirSync(place).sort()).toEqual(['certs', 'outside']);
    rmSync(place, { recursive: true });
  }
  expect(mutations).toBe(rounds);
});
