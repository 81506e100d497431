// The documentation hangs together: every link leads somewhere, and every code block is one that a test reads or runs.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeBlocks, commandsOf, PAGES, pageText } from '../support/pages.js';
import { REPOSITORY } from '../support/program.js';

const KNOWN = [
  ...['sh', 'sh set', 'sh watch', 'sh page', 'console', 'sh root', 'sh shim', 'yaml configuration'], // pages.test.ts
  ...['sh endpoint'], // pages.test.ts
  ...['sh postgres'], // layout-postgres.test.ts
  ...['sh clone'], // clone.test.ts, and below
  ...['sh install'], // install.test.ts
  ...['sh triton-native', 'sh triton-front', 'sh kserve', 'sh mlserver'], // test/field/model-servers.test.ts
  ...['py tritonclient-grpc', 'py tritonclient-http', 'py ovmsclient'], // test/field/model-servers.test.ts
  ...['sh serve', 'sh docker'], // serve.test.ts; docker.test.ts reads it, for want of an engine
  ...['yaml action', 'yaml gitlab', 'json script'], // action.test.ts
  ...['js node:test', 'js vitest', 'js jest', 'js mocha'], // runners.test.ts
  ...['js vitest-global-setup', 'js vitest-config', 'js vitest-inject'], // recipes.test.ts
  ...['js playwright', 'js playwright-refused'], // recipes.test.ts
  ...['ts testcontainers', 'properties spring-pem', 'properties spring-jks'], // recipes.test.ts, and by hand test/field
  ...['yaml certificate', 'yaml bundle'], // layout-kubernetes.test.ts
  ...['ts'], // examples.test.ts
  ...['text', 'json', 'mermaid'], // What is printed, and what is drawn.
];

test('every code block is one that a test knows', () => {
  const unknown = codeBlocks().filter(({ info }) => !KNOWN.includes(info));
  expect(unknown.map(({ page, info }) => `${page}: ${info}`)).toEqual([]);
});

test('the README is short', () => {
  expect(pageText('README.md').split('\n').length).toBeLessThanOrEqual(200);
});

test('what npm is told to run is a script of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    scripts: object;
  };
  const named = commandsOf('sh clone').flatMap((line) => /^npm run (\S+)/.exec(line)?.[1] ?? []);
  expect(named).toContain('bench');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the test files that vitest is told to run are there', () => {
  const named = commandsOf('sh clone').flatMap(
    (line) => /^npx vitest .*?(test\/\S+\.ts)/.exec(line)?.[1] ?? [],
  );
  expect(named).not.toEqual([]);
  for (const path of named) expect(existsSync(join(REPOSITORY, path)), path).toBe(true);
});

/** The anchors of a page, as GitHub makes them from its headings. */
const anchorsOf = (page: string) =>
  [...pageText(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(PAGES)('%s', (page) => {
  const text = pageText(page).replace(/^```.*\n[\s\S]*?^```$/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

  test('leads to files and headings that are there', () => {
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      expect(existsSync(join(REPOSITORY, target)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
    }
  });
});

test('the index names every page', () => {
  const index = pageText('docs/README.md');
  const pages = PAGES.filter((page) => /^docs\/(?!README)/.test(page));
  expect(pages.length).toBeGreaterThan(15);
  for (const page of pages) expect(index).toContain(`(${page.slice('docs/'.length)})`);
});
