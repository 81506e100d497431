// The tarball, installed by each package manager that the registry has, makes a set and checks it.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { npm, packPackage } from '../support/package.js';
import { REPOSITORY, run, runBeside } from '../support/program.js';

const tools = temporaryFolderForAll();
const packed = temporaryFolderForAll();
let tarball: string;

const MANAGERS = ['pnpm@10', 'yarn@1', '@yarnpkg/cli-dist@4', 'bun@1'];

beforeAll(async () => {
  tarball = packPackage(packed);
  writeFileSync(join(tools, 'package.json'), '{ "private": true }\n');
  for (const manager of MANAGERS) {
    const { status } = await npm(['install', '--prefer-offline', '--no-package-lock', manager], {
      cwd: tools,
    });
    if (status !== 0)
      process.stdout.write(`package managers: left out ${manager}, which npm could not install\n`);
  }
});

const executable = (name: string) => join(tools, 'node_modules', '.bin', name);

/** Installs the tarball by a manager, and runs the program by it. */
async function installAndRun(
  program: string,
  install: readonly string[],
  execute: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const project = join(temporaryFolder(), 'project');
  mkdirSync(project);
  const home = temporaryFolder();
  const manifest = { name: 'project', private: true, dependencies: { 'generate-certs': `file:${tarball}` } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(project, name), content);
  const environment = {
    HOME: home,
    CI: 'true',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: '0',
  };
  const options = { cwd: project, env: environment };
  const installed = await runBeside(program, install, options);
  expect([program, installed.status, installed.stdout + installed.stderr]).toEqual([
    program,
    0,
    expect.any(String),
  ]);
  for (const args of [
    ['-l', 'grpc', '-q'],
    ['verify', '-q'],
  ]) {
    const done = await runBeside(program, [...execute, 'generate-certs', ...args], options);
    expect([program, args, done.status, done.stderr]).toEqual([program, args, 0, expect.any(String)]);
  }
  expect(readdirSync(join(project, 'certs'))).toContain('server.pem');
}

describe('installs and runs', () => {
  test('with pnpm', async ({ skip }) => {
    // Left out by name above.
    if (!existsSync(executable('pnpm'))) skip();
    await installAndRun(
      executable('pnpm'),
      ['install', '--store-dir', join(temporaryFolder(), 's')],
      ['exec'],
    );
  });

  test('with Yarn 1', async ({ skip }) => {
    if (!existsSync(join(tools, 'node_modules', 'yarn', 'bin', 'yarn.js'))) skip();
    const yarn = join(tools, 'node_modules', 'yarn', 'bin', 'yarn.js');
    await installAndRun(yarn, ['install', '--no-lockfile'], ['run', '--silent']);
  });

  test.each(['pnp', 'node-modules'])('with Yarn 4 and its linker %s', async (linker) => {
    const yarn = join(tools, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
    if (!existsSync(yarn)) return;
    const settings = `nodeLinker: ${linker}\nenableTelemetry: false\nenableGlobalCache: false\n`;
    const registry = run('npm', ['config', 'get', 'registry'], { cwd: tools }).stdout.trim();
    await installAndRun(yarn, ['install'], ['run'], {
      '.yarnrc.yml': `${settings}npmRegistryServer: ${JSON.stringify(registry)}\nunsafeHttpWhitelist: ["*"]\n`,
    });
  });

  test('with bun', async ({ skip }) => {
    if (!existsSync(executable('bun')) || run(executable('bun'), ['--version']).status !== 0) skip();
    await installAndRun(executable('bun'), ['install'], ['x', '--no-install']);
  });
});

test('bundled by esbuild into one ES module, a set of thousands is made without worker threads', () => {
  const folder = temporaryFolder();
  const entry = join(folder, 'in.mjs');
  const library = JSON.stringify(join(REPOSITORY, 'dist', 'index.mjs'));
  writeFileSync(
    entry,
    `import { createCertificateSet } from ${library};
const set = await createCertificateSet({ key: 'ec-p256', extraClients: 2500 });
console.log(set.clients.length);\n`,
  );
  const outfile = join(folder, 'out.mjs');
  // What CommonJS packages need in an ES module: esbuild's documentation has the same line.
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: { js: banner },
    logLevel: 'error',
  });
  expect(run(process.execPath, [outfile])).toEqual({ status: 0, stdout: '2501\n', stderr: '' });
});

test('a Node that is too old is told so in one line', () => {
  const folder = temporaryFolder();
  const old = join(folder, 'old.cjs');
  writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '18.20.4' });");
  const program = join(REPOSITORY, 'bin', 'generate-certs.js');
  expect(run(process.execPath, ['--require', old, program])).toEqual({
    status: 3,
    stdout: '',
    stderr:
      'generate-certs: error: Node 18.20.4 is too old\ngenerate-certs: hint: install Node 20.12 or later\n',
  });
});
