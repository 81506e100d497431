// Argument lists that nobody would type: each ends with a status of its own and two lines, writes nothing outside its
// folder, and lets no control character out.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { MAKE_OPTIONS } from '../../src/cli/make-options.js';
import { temporaryFolder } from '../support/folder.js';
import { REPOSITORY, runBeside } from '../support/program.js';
import { randomFrom, tally } from '../support/tally.js';

/** Runs many argument lists in one process: a start takes longer than all that they do. */
const RUNNER = `
const { main } = require(process.argv[2]);
const lists = JSON.parse(require('node:fs').readFileSync(process.argv[3], 'utf8'));
let text = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    text += chunk;
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}
(async () => {
  const results = [];
  for (const list of lists) {
    text = '';
    const { status } = await main(list);
    results.push({ status, text: text.slice(0, 20000) });
  }
  require('node:fs').writeFileSync(process.argv[4], JSON.stringify(results));
  process.exit(0);
})();
`;

const counts = tally('argument lists');

const WORDS = [
  ...[
    '',
    '-',
    '--',
    '--=',
    '-=',
    '---',
    '-x',
    '--help=1',
    '-q',
    '--json',
    '--dry-run',
    '--strict',
    '-h',
    '-V',
  ],
  ...[
    '\u001b]0;t\u0007',
    'a\nb',
    '::error::x',
    '\u202egpj',
    '\ud800',
    '💥',
    'a'.repeat(5000),
    '*',
    '*.a',
    '..',
  ],
  ...['../../etc', '/etc/passwd', '$(id)', '`id`', ';id', '%s%n', '-1', '1e999', 'NaN', 'null', '__proto__'],
  ...[
    'constructor',
    'a.test',
    '10.0.0.7',
    '::1',
    'CN=x',
    'spiffe://a/b',
    'a@b',
    '0',
    '99999999999',
    'all',
    'none',
  ],
];

test('five hundred argument lists', async () => {
  const folder = temporaryFolder();
  const work = join(folder, 'work');
  mkdirSync(work);
  const random = randomFrom(20_261_128);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  // Those that go on until they are stopped, or run what they are given, are not for this.
  const left = ['serve', 'watch', 'exec', 'verify-client'];
  const commands = COMMANDS.map(({ name }) => name).filter((name) => !left.includes(name));
  const options = Object.keys(MAKE_OPTIONS).filter((name) => !['out', 'ca', 'lock-timeout'].includes(name));
  const lists = Array.from({ length: 520 }, () => {
    const words = Array.from({ length: Math.floor(random() * 6) }, () =>
      random() < 0.4 ? `--${pick(options)}${random() < 0.5 ? `=${pick(WORDS)}` : ''}` : pick(WORDS),
    );
    // A set that is made is not what is tried.
    const head = random() < 0.6 ? [pick(commands)] : ['--dry-run', '-l', 'grpc'];
    return [...head, ...words.map((word) => word.replaceAll('\0', ''))];
  });
  const files = {
    lists: join(folder, 'lists.json'),
    results: join(folder, 'results.json'),
    runner: join(folder, 'run.cjs'),
  };
  writeFileSync(files.lists, JSON.stringify(lists));
  writeFileSync(files.runner, RUNNER);
  const main = join(REPOSITORY, 'dist', 'cli', 'main.cjs');
  const { stdout, stderr } = await runBeside(
    process.execPath,
    [files.runner, main, files.lists, files.results],
    {
      cwd: work,
      env: { XDG_CACHE_HOME: join(folder, 'cache'), LC_ALL: 'C.UTF-8', GENERATE_CERTS_DEBUG: '' },
    },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  const results = JSON.parse(readFileSync(files.results, 'utf8')) as { status: number; text: string }[];
  expect(results).toHaveLength(lists.length);
  results.forEach(({ status, text }, index) => {
    const label = JSON.stringify(lists[index]).slice(0, 300);
    expect([label, [0, 1, 2, 3].includes(status)]).toEqual([label, true]);
    expect([label, /error: unexpected|\n {4}at /.exec(text)?.input ?? '']).toEqual([label, '']);
    expect([label, /[\p{Cc}\u202a-\u202e]/u.test(text.replaceAll('\n', ''))]).toEqual([label, false]);
    counts.add(`of status ${status}`);
    if (status === 2) expect([label, text]).toEqual([label, expect.stringMatching(/error: .*\n.*hint: /)]);
  });
  expect(readdirSync(folder).sort()).toEqual(['lists.json', 'results.json', 'run.cjs', 'work']);
  counts.add('lists', lists.length);
});
