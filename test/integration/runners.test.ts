// The sample suites in test/samples and those of docs/test-runners.md, each run by its own runner in a project that has
// the package from its tarball, with no program on the PATH but node: no openssl above all.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { packPackage } from '../support/package.js';
import { codeBlocks } from '../support/pages.js';
import { REPOSITORY, run, runBeside } from '../support/program.js';

const folder = temporaryFolderForAll();
const project = join(folder, 'project');
const modules = join(project, 'node_modules');
const bin = join(folder, 'bin');
const temporary = join(folder, 'tmp');

beforeAll(() => {
  for (const path of [modules, bin, temporary]) mkdirSync(path, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(project, 'package.json'), '{ "name": "samples", "private": true }\n');
  for (const name of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name));
  }
  const unpacked = join(modules, 'generate-certs');
  mkdirSync(unpacked);
  expect(run('tar', ['-xzf', packPackage(folder), '-C', unpacked, '--strip-components=1']).status).toBe(0);
  copyFileSync(join(REPOSITORY, 'test', 'samples', 'servers.cjs'), join(project, 'servers.cjs'));
});

/** Their own bounds, of 2 s and 5 s, are for a machine that does nothing else. In milliseconds. */
const TIMEOUT = '120000';

const RUNNERS = [
  {
    runner: 'node:test',
    sample: 'node-test.test.mjs',
    command: ['--test', '--test-reporter=tap'],
    passed: /^# pass 6$[\s\S]*^# fail 0$/m,
  },
  {
    runner: 'vitest',
    sample: 'vitest.test.mjs',
    command: [
      join(REPOSITORY, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--root',
      project,
      '--config',
      'none.mjs',
      `--testTimeout=${TIMEOUT}`,
      `--hookTimeout=${TIMEOUT}`,
    ],
    passed: /Tests +6 passed \(6\)/,
  },
  {
    runner: 'jest',
    sample: 'jest.test.cjs',
    command: [
      join(REPOSITORY, 'node_modules/jest/bin/jest.js'),
      ...['--rootDir', project, '--no-watchman', '--cacheDirectory', join(folder, 'jest'), '--colors=false'],
      `--testTimeout=${TIMEOUT}`,
      ...['--testMatch', '**/*.test.cjs', '--testMatch', '**/*.test.js'],
    ],
    passed: /Tests: +8 passed, 8 total/,
  },
  {
    runner: 'mocha',
    sample: 'mocha.test.mjs',
    command: [join(REPOSITORY, 'node_modules/mocha/bin/mocha.js'), '--reporter', 'dot', '--timeout', TIMEOUT],
    passed: /6 passing/,
  },
];

// Jest gives a suite a process object that never exits: the folder must go all the same.
const FORGETFUL = `
const { temporaryCertificates } = require('generate-certs');
test('never removes its certificates', () => temporaryCertificates({ layouts: ['grpc'] }));
`;

test.each(RUNNERS)('$runner', async ({ runner, sample, command, passed }) => {
  const block = codeBlocks().find(({ info }) => info === `js ${runner}`);
  const shown = `shown-${sample}`;
  copyFileSync(join(REPOSITORY, 'test', 'samples', sample), join(project, sample));
  writeFileSync(join(project, shown), block?.text ?? '');
  writeFileSync(join(project, 'none.mjs'), 'export default {};\n');
  if (runner === 'jest') writeFileSync(join(project, 'forgetful.test.cjs'), FORGETFUL);
  const files = runner === 'jest' ? [] : [sample, shown];
  const { status, stdout, stderr } = await runBeside(process.execPath, [...command, ...files], {
    cwd: project,
    env: {
      PATH: bin,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      CI: 'true',
      TMPDIR: temporary,
      VITEST: '',
      NODE_ENV: '',
    },
  });
  const output = `${stdout}${stderr}`;
  expect(output).toMatch(passed);
  expect(status).toBe(0);
  // The page's suites have their sets in temporary folders, and one forgets to remove it.
  expect(readdirSync(temporary).filter((name) => name.startsWith('generate-certs-'))).toEqual([]);
});

test('the page shows a suite for each of the four', () => {
  const text = readFileSync(join(REPOSITORY, 'docs', 'test-runners.md'), 'utf8');
  for (const { runner } of RUNNERS) expect(text).toContain(`\`\`\`js ${runner}\n`);
});
