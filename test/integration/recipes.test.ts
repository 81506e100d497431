// The recipes of docs/recipes.md: what can be run with npm and Debian's programs is run as it is printed. What needs a
// container engine or Maven is read here, and run by test/field.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type CertificateSet, loadCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { codeBlocks } from '../support/pages.js';
import { generateCerts, REPOSITORY, runBeside } from '../support/program.js';

const executablePath = inject('tools').chromium;
const folder = temporaryFolderForAll();

function block(info: string): string {
  const text = codeBlocks().find((one) => one.page === 'docs/recipes.md' && one.info === info)?.text;
  if (text === undefined) throw new Error(`docs/recipes.md has no block ${info}`);
  return text;
}

/** A project that has the repository's modules, the built package and what else it is given. */
function makeProject(name: string, files: Readonly<Record<string, string>>): string {
  const project = join(folder, name);
  const modules = join(project, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const module of readdirSync(join(REPOSITORY, 'node_modules'))) {
    if (!module.startsWith('.')) symlinkSync(join(REPOSITORY, 'node_modules', module), join(modules, module));
  }
  // A copy, as an installed package is: vitest treats what a link leads to as the project's own source.
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(REPOSITORY, part), join(modules, 'generate-certs', part), { recursive: true });
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return project;
}

test('vitest makes the set once, hands it to the tests and removes it', async () => {
  const project = makeProject('vitest', {
    'package.json': '{ "private": true }',
    'global-setup.mjs': block('js vitest-global-setup'),
    'vitest.config.mjs': block('js vitest-config'),
    'alice.test.mjs': block('js vitest-inject'),
  });
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const vitest = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = await runBeside(process.execPath, [vitest, 'run', '--root', project], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', TMPDIR: temporary, VITEST: '', NODE_ENV: '' },
  });
  expect(`${stdout}${stderr}`).toMatch(/Tests +1 passed \(1\)/);
  expect(status).toBe(0);
  expect(readdirSync(temporary).filter((name) => name.startsWith('generate-certs-'))).toEqual([]);
});

describe.runIf(executablePath !== '')('Playwright, in Chromium', () => {
  let project: string;
  let set: CertificateSet;
  let server: https.Server;
  let port: number;

  /** Opens the server in contexts of the page, and says what each came to. */
  const SCRIPT = `
import { chromium } from 'playwright-core';
import config from './playwright.config.mjs';

const [executablePath, url, ...contexts] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
async function visit(context) {
  try {
    const page = await context.newPage();
    const response = await page.goto(url);
    return { status: response.status(), text: await page.textContent('body') };
  } catch (error) {
    return { refused: String(error.message) };
  } finally {
    await context.close();
  }
}
async function refused() {
  CONTEXT
  return context;
}
const open = {
  configured: () => browser.newContext(config.use),
  refused,
  none: () => browser.newContext({ ignoreHTTPSErrors: true }),
};
const results = {};
for (const name of contexts) results[name] = await visit(await open[name]());
await browser.close();
console.log(JSON.stringify(results));
`;

  beforeAll(async () => {
    // The configuration is the runner's, and what it configures is the browser's context: defineConfig hands it on.
    project = makeProject('playwright', { 'package.json': '{ "private": true, "type": "module" }' });
    const [command = ''] = codeBlocks()
      .filter(({ page, info }) => page === 'docs/recipes.md' && info === 'sh')
      .map(({ text }) => text.trim())
      .filter((text) => text.includes('--layout tls'));
    const made = generateCerts(command.split(' ').slice(1), { cwd: project });
    expect(made.status).toBe(0);
    set = await loadCertificateSet(join(project, 'certs'));
    server = https.createServer(set.server.tlsOptions({ clientAuth: 'require' }), (request, response) => {
      const { subject } = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
      response.end(`hello ${subject.CN}`);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    ({ port } = server.address() as AddressInfo);
    const here = (text: string) => text.replaceAll('localhost:8443', `localhost:${port}`);
    const standIn = join(project, 'node_modules', '@playwright', 'test');
    mkdirSync(standIn, { recursive: true });
    writeFileSync(join(standIn, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(standIn, 'index.js'), 'export const defineConfig = (config) => config;\n');
    writeFileSync(join(project, 'playwright.config.mjs'), here(block('js playwright')));
    writeFileSync(
      join(project, 'visit.mjs'),
      SCRIPT.replace('CONTEXT', () => here(block('js playwright-refused'))),
    );
  });
  afterAll(() => server?.close());

  const visit = async (prefix: readonly string[], contexts: readonly string[]) => {
    const visited = [
      process.execPath,
      'visit.mjs',
      executablePath,
      `https://localhost:${port}/`,
      ...contexts,
    ];
    const [program = '', ...args] = [...prefix, ...visited];
    const { stdout, stderr } = await runBeside(program, args, { cwd: project });
    return JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? JSON.stringify({ stderr }));
  };

  test('with exec the client is let in, and the others are refused', async () => {
    const bin = join(REPOSITORY, 'bin', 'generate-certs.js');
    const { configured, refused, none } = await visit(
      [process.execPath, bin, 'exec', '--'],
      ['configured', 'refused', 'none'],
    );
    expect(configured).toEqual({ status: 200, text: 'hello alice' });
    expect(refused).not.toHaveProperty('status', 200);
    expect(JSON.stringify(refused)).not.toContain('hello');
    expect(none.refused).toMatch(/ERR_BAD_SSL_CLIENT_AUTH_CERT|ERR_SSL|ERR_CONNECTION/);
  });
});

test('the Testcontainers recipe is TypeScript, and copies what Redis is configured with', async () => {
  const text = block('ts testcontainers');
  await transform(text, { loader: 'ts', format: 'esm' });
  const out = join(folder, 'redis');
  expect(generateCerts(['-q', '-o', out, '-l', 'redis', '-c', 'app']).status).toBe(0);
  const [, configuration = ''] = /'(\/certs\/[^']+)'\]/.exec(text) ?? [];
  const copied = readdirSync(join(out, 'server')).map((name) => `/certs/${name}`);
  expect(copied).toContain(configuration);
  const lines = readFileSync(join(out, 'server', 'redis.conf'), 'utf8');
  for (const [path] of lines.matchAll(/\/certs\/[\w.]+/g)) expect(copied).toContain(path);
});

test.each(['properties spring-pem', 'properties spring-jks'])('%s names files of the layout java', (info) => {
  const project = join(folder, info.replace(' ', '-'));
  mkdirSync(project);
  expect(generateCerts(['-q', '-l', 'java', '-c', 'alice', 'localhost'], { cwd: project }).status).toBe(0);
  const paths = [...block(info).matchAll(/=file:(.*)$/gm)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(1);
  for (const path of paths) expect(existsSync(join(project, path)), path).toBe(true);
});
