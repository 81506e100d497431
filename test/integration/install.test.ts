// Each way to install that the README names: from a tarball into a project and for every folder, and from git.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyCheckout } from '../support/checkout.js';
import { temporaryFolder } from '../support/folder.js';
import { npm, packPackage } from '../support/package.js';
import { codeBlocks } from '../support/pages.js';
import { run } from '../support/program.js';

const [block] = codeBlocks().filter(({ info }) => info === 'sh install');
const lines = block?.text.trimEnd().split('\n') ?? [];

/** The words of a line of the README, with what it installs in the place of the placeholder. */
function wordsOf(line: string | undefined, what: string): string[] {
  const [program, ...words] = (line ?? '').replace(/ +#.*/, '').split(' ');
  expect(program).toBe('npm');
  expect(words.at(-1)).toMatch(/generate-certs/);
  return [...words.slice(0, -1), what];
}

function project(): string {
  const folder = join(temporaryFolder(), 'project');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true }\n');
  return folder;
}

function makesASet(executable: string): void {
  const out = join(temporaryFolder(), 'certs');
  expect(run(executable, ['-l', 'grpc', '-o', out, '-q'])).toEqual({ status: 0, stdout: '', stderr: '' });
}

test('from a tarball: into a project, without install scripts, and for every folder', async () => {
  const tarball = packPackage(temporaryFolder());
  const cwd = project();
  const into = await npm([...wordsOf(lines[1], tarball), '--prefer-offline'], { cwd });
  expect([into.status, into.stderr]).toEqual([0, expect.any(String)]);
  makesASet(join(cwd, 'node_modules', '.bin', 'generate-certs'));
  const scripts = ':attr(scripts, [install]), :attr(scripts, [postinstall]), :attr(scripts, [preinstall])';
  const listed = JSON.parse((await npm(['query', scripts], { cwd })).stdout) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual([]);
  const everything = JSON.parse((await npm(['query', '*'], { cwd })).stdout) as { name: string }[];
  expect(everything.map(({ name }) => name)).toContain('generate-certs');

  const prefix = temporaryFolder();
  const everywhere = await npm([...wordsOf(lines[2], tarball), '--prefix', prefix, '--prefer-offline'], {
    cwd,
  });
  expect(everywhere.status).toBe(0);
  makesASet(join(prefix, 'bin', 'generate-certs'));
});

test('from git, which builds it', { timeout: 300_000 }, async () => {
  const repository = temporaryFolder();
  copyCheckout(repository);
  const git = (...args: string[]) => expect(run('git', ['-C', repository, ...args]).status).toBe(0);
  git('init', '-q');
  git('add', '-A');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.test', 'commit', '-qm', 'all');
  const cwd = project();
  const done = await npm([...wordsOf(lines[0], `git+file://${repository}`), '--prefer-offline'], { cwd });
  expect([done.status, done.stderr]).toEqual([0, expect.any(String)]);
  makesASet(join(cwd, 'node_modules', '.bin', 'generate-certs'));
});
