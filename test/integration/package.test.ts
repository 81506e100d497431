// The package as its users get it: packed, then installed into empty projects.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SCHEMAS } from '../../src/schemas.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { NODE_BUILDS } from '../support/node-builds.js';
import { installPackage, npm, ownCache, packPackage } from '../support/package.js';
import { REPOSITORY, run, runBeside } from '../support/program.js';

const folder = temporaryFolderForAll();
const project = join(folder, 'project');
let tarball = '';

beforeAll(async () => {
  tarball = packPackage(folder);
  await installPackage(tarball, project);
});

test('the tarball holds what users need and nothing else', () => {
  const listed = run('tar', ['-tzf', tarball]).stdout.trimEnd().split('\n');
  const kinds = listed.map((path) =>
    path
      .replace(/^package\//, '')
      .replace(/^dist\/cli\/[\w-]+\.cjs$/, 'dist/cli/*.cjs')
      .replace(/^dist\/index-[\w-]+\.cjs$/, 'dist/index-*.cjs')
      .replace(/^dist\/types\/.*\.d\.ts$/, 'dist/types/**.d.ts'),
  );
  expect([...new Set(kinds)].sort()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'bin/generate-certs.js', 'bin/package.json'],
    ...[
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/cli/*.cjs',
      'dist/index-*.cjs',
      'dist/index.cjs',
      'dist/index.d.mts',
      'dist/index.mjs',
      'dist/issuing-thread.cjs',
      'dist/manifest.schema.json',
      'dist/report.schema.json',
      'dist/schema.json',
      'dist/types/**.d.ts',
      'dist/types/package.json',
      'package.json',
    ],
  ]);
});

test('no CommonJS file has import(), which Jest refuses', () => {
  const dist = join(project, 'node_modules', 'generate-certs', 'dist');
  const files = readdirSync(dist).filter((name) => name.endsWith('.cjs'));
  expect(files).toContain('index.cjs');
  const refused = files.filter((name) => /\bimport\(/.test(readFileSync(join(dist, name), 'utf8')));
  expect(refused).toEqual([]);
});

test('the library loads no package until it needs it', () => {
  const loaded = run(
    process.execPath,
    [
      '-e',
      "require('generate-certs'); console.log(Object.keys(require.cache).map((path) => path.split('node_modules/').pop()).filter((path) => !path.startsWith('generate-certs/')).join())",
    ],
    { cwd: project },
  );
  expect(loaded).toMatchObject({ status: 0, stdout: '\n' });
});

test.each(Object.entries(SCHEMAS))('generate-certs/%s is what the program checks by', (name, schema) => {
  const require = createRequire(join(project, 'index.js'));
  expect(require(`generate-certs/${name}`)).toEqual(schema);
  // Where the documentation says that editors find it.
  expect(existsSync(join(project, 'node_modules', 'generate-certs', 'dist', name))).toBe(true);
});

const MAKE_A_SET = `
const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'] });
if (set.client('alice').certificate.x509Certificate.subject !== 'CN=alice') throw new Error('no alice');
`;
const PROGRAMS = {
  'import.mjs': `import { createCertificateSet } from 'generate-certs';\n${MAKE_A_SET}`,
  'require.cjs': `const { createCertificateSet } = require('generate-certs');\n(async () => {${MAKE_A_SET}})();`,
  // A suite may have both: an error of one is an instance of the other's class.
  'both.mjs': `
import { createRequire } from 'node:module';
import { createCertificateSet, GenerateCertsError } from 'generate-certs';
const required = createRequire(import.meta.url)('generate-certs');
if (required.GenerateCertsError !== GenerateCertsError) throw new Error('two classes');
const error = await required.createCertificateSet({ names: ['a b'] }).catch((thrown) => thrown);
if (!(error instanceof GenerateCertsError) || error.code !== 'ERR_IDENTITY_INVALID') throw error;
if (Object.keys(required).sort().join() !== Object.keys(await import('generate-certs')).sort().join()) {
  throw new Error('not the same names');
}
`,
};

describe.each(NODE_BUILDS)('on Node $version', ({ executable }) => {
  test.skipIf(executable === '').each(Object.keys(PROGRAMS))('%s', async (name) => {
    writeFileSync(join(project, name), PROGRAMS[name as keyof typeof PROGRAMS]);
    const outcome = await runBeside(executable, [name], { cwd: project });
    expect(outcome).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test.skipIf(executable === '')('the executable', async () => {
    const out = temporaryFolder();
    const program = join(project, 'node_modules', 'generate-certs', 'bin', 'generate-certs.js');
    const made = await runBeside(executable, [program, '--layout', 'grpc', '--out', out]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(out)).toContain('server.pem');
  });
});

test('few packages are installed with it', () => {
  const lock = readFileSync(join(project, 'node_modules', '.package-lock.json'), 'utf8');
  expect(Object.keys(JSON.parse(lock).packages).length).toBeLessThanOrEqual(36);
});

test('npx of the tarball runs the executable', async () => {
  const version = await npm(['exec', '--yes', `--package=${tarball}`, '--', 'generate-certs', '--version'], {
    cwd: temporaryFolder(),
    env: ownCache(),
  });
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

const RESOLUTIONS = [
  { moduleResolution: 'node16', module: 'node16' },
  { moduleResolution: 'nodenext', module: 'nodenext' },
  { moduleResolution: 'bundler', module: 'esnext' },
];

test.each(RESOLUTIONS)('its types under moduleResolution $moduleResolution', (resolution) => {
  const types = join(project, 'node_modules', '@types');
  mkdirSync(types, { recursive: true });
  if (!existsSync(join(types, 'node'))) {
    symlinkSync(join(REPOSITORY, 'node_modules', '@types', 'node'), join(types, 'node'));
  }
  const use = `
const options: CertificateSetOptions = { names: ['localhost'], clients: ['alice'], untrusted: 'all' };
const set: CertificateSet = await createCertificateSet(options);
https.createServer(set.server.tlsOptions({ clientAuth: 'require' }));
https.get('https://localhost', set.client('alice').tlsOptions());
// @ts-expect-error: a misspelt flaw is found by the compiler
set.untrusted('expird');
export {};
`;
  const imports = `import https from 'node:https';
import { createCertificateSet, type CertificateSet, type CertificateSetOptions } from 'generate-certs';
`;
  const files = ['consumer.mts', 'consumer.cts'];
  writeFileSync(join(project, 'consumer.mts'), imports + use);
  writeFileSync(
    join(project, 'consumer.cts'),
    `${imports.replace("https from 'node:https'", "https = require('node:https')")}
async function main() {${use.replace('export {};', '')}}
void main();`,
  );
  const config = {
    compilerOptions: {
      ...resolution,
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
    },
    // A bundler's input has no CommonJS.
    files: resolution.module === 'esnext' ? files.slice(0, 1) : files,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  expect(run(process.execPath, [tsc, '-p', project], { cwd: project })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

test.each([
  // The schemas are no modules: compilers that know no exports cannot import them, and need not.
  ['attw', ['--no-color', '--format', 'ascii', '--exclude-entrypoints', ...Object.keys(SCHEMAS)]],
  ['publint', ['--strict']],
])('%s finds nothing', (tool, args) => {
  const program = join(REPOSITORY, 'node_modules', '.bin', tool);
  const { status, stdout, stderr } = run(program, [tarball, ...args], { cwd: folder });
  expect(`${stdout}${stderr}`).toMatch(/No problems found|All good/);
  expect(status).toBe(0);
});
