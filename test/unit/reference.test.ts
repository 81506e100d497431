// The API reference is made by tools with a lock file of their own (`npm run docs`), too heavy for each run of the
// tests. Here is what would let it go wrong in silence: its settings, and the place where it is made.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY, run } from '../support/program.js';

const folder = join(REPOSITORY, 'docs', 'api');
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const options = json(folder, 'typedoc.json');

test('a public name without a comment and a broken link fail it', () => {
  expect(options.treatWarningsAsErrors).toBe(true);
  expect(options.validation).toMatchObject({ invalidLink: true, notDocumented: true });
  expect(options.requiredToBeDocumented).toEqual(
    expect.arrayContaining(['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method', 'Accessor']),
  );
});

test('it is of what the package exports, and git ignores it', () => {
  expect(options.entryPoints.map((path: string) => join(folder, path))).toEqual([
    join(REPOSITORY, 'src', 'index.ts'),
  ]);
  expect(existsSync(join(folder, options.tsconfig))).toBe(true);
  const ignored = run('git', ['check-ignore', '-q', `docs/api/${options.out}/index.html`], {
    cwd: REPOSITORY,
  });
  expect(ignored.status).toBe(0);
});

test('its tools are locked, and apart from those of the program', () => {
  const wanted = json(folder, 'package.json').dependencies;
  const locked = json(folder, 'package-lock.json').packages;
  expect(locked[''].dependencies).toEqual(wanted);
  for (const name of Object.keys(wanted))
    expect(locked[`node_modules/${name}`].integrity).toMatch(/^sha512-/);
  expect(Object.keys(json(REPOSITORY, 'package-lock.json').packages)).not.toContain('node_modules/typedoc');
});

test('a release makes it before it publishes', () => {
  const release = parse(readFileSync(join(REPOSITORY, '.github', 'workflows', 'release.yml'), 'utf8'));
  const lines = release.jobs.publish.steps.flatMap((step: { run?: string }) => step.run ?? []);
  const made = lines.indexOf('npm run docs');
  expect(made).toBeGreaterThanOrEqual(0);
  expect(made).toBeLessThan(lines.findIndex((line: string) => line.startsWith('npm publish')));
  expect(json(REPOSITORY, 'package.json').scripts.docs).toContain('--options docs/api/typedoc.json');
});
