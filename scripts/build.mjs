// Builds dist/ from src/.
//
//   dist/cli/       the program: what every run needs in one file, each command's parts in files of their own
//   dist/index.cjs  the library; what few callers need is in the files index-*.cjs, loaded when it is needed
//   dist/index.mjs  the same library for `import`: its names passed on
//   issuing-thread.cjs  in both: what worker threads run
//   dist/types/     the declarations of both
//   dist/*schema.json  of the configuration file, of the manifest and of reports
//   dist/THIRD-PARTY-LICENSES.txt  of what is put into them
//
// The library is there once, not once for each module system: a suite may import it in one file and
// require it in another (Jest, a plugin), and an error of one copy would be no instance of the other
// copy's class, nor would the two share what they remember.
import { execFileSync, spawnSync } from 'node:child_process';
import { watch } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fs from 'fs-extra';
import { rolldown } from 'rolldown';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
fs.emptyDirSync('dist');
const require = createRequire(import.meta.url);
const { dependencies } = require('../package.json');

/**
 * Put into the program, because many starts need them: from node_modules, in files of their own, Chalk and Commander
 * take 15 ms more, and yaml three times as long.
 */
const PROGRAM_PACKAGES = ['chalk', 'commander', 'yaml'];

/**
 * What a run loads whole is one file each, with everything that it needs: every run, a run with nothing to do, a
 * run that makes a set. Rolldown's own division makes 20 files of them, and takes 8 ms more.
 */
const PROGRAM_FILES = [
  { name: 'start', test: /src[\\/](cli[\\/]main|pki[\\/]flaws[\\/]flaws)\.ts$/, priority: 3 },
  { name: 'ensure', test: /src[\\/]cli[\\/]commands[\\/]make\.ts$/, priority: 2 },
  { name: 'make', test: /src[\\/](store[\\/]make-set|pki[\\/]issue[\\/]issue)\.ts$/, priority: 1 },
];

const licensed = new Set();

async function bundle(input, output, packages = []) {
  const external = Object.keys(dependencies).filter((name) => !packages.includes(name));
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
    preserveEntrySignatures: 'allow-extension',
    onLog: (level, log) => {
      if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(log.message);
    },
  });
  // Jest runs CommonJS in a context that refuses import(): what loads later is required later.
  const written = await build.write({ format: 'cjs', dynamicImportInCjs: false, ...output });
  await build.close();
  for (const module of written.output.flatMap(({ moduleIds = [] }) => moduleIds)) {
    const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(module) ?? [];
    if (folder !== undefined) licensed.add(folder);
  }
}

const names = { entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' };
await bundle(
  { main: 'src/cli/main.ts' },
  { dir: 'dist/cli', ...names, codeSplitting: { groups: PROGRAM_FILES } },
  PROGRAM_PACKAGES,
);
await bundle({ index: 'src/index.ts' }, { dir: 'dist', ...names, chunkFileNames: 'index-[name].cjs' });
// Beside each file that starts it.
for (const folder of ['dist', 'dist/cli']) {
  const file = `${folder}/issuing-thread.cjs`;
  await bundle({ thread: 'src/pki/workers/issuing-thread.ts' }, { file, codeSplitting: false });
}

// The schemas follow from the lists that the program itself checks by.
await bundle({ schemas: 'src/schemas.ts' }, { file: 'dist/schemas.cjs', codeSplitting: false });
for (const [name, schema] of Object.entries(require('../dist/schemas.cjs').SCHEMAS)) {
  fs.writeJsonSync(`dist/${name}`, schema, { spaces: 2 });
}
fs.removeSync('dist/schemas.cjs');

const exported = Object.keys(require('../dist/index.cjs'));
fs.outputFileSync(
  'dist/index.mjs',
  `export {\n${exported.map((name) => `  ${name},\n`).join('')}} from './index.cjs';\n`,
);

// Whose code is in dist/ is told with it.
fs.outputFileSync('dist/THIRD-PARTY-LICENSES.txt', [...licensed].sort().map(licenseOf).join('\n----\n\n'));

function licenseOf(folder) {
  const { name, version, license } = fs.readJsonSync(join(folder, 'package.json'));
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license file`);
  return `${name} ${version} (${license})\n\n${fs.readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

// The declarations are those of the CommonJS file, and say so; ES modules read them through it.
fs.outputJsonSync('dist/types/package.json', { type: 'commonjs' });
fs.outputFileSync('dist/index.d.mts', "export * from './types/index.js';\n");
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

if (process.argv.includes('--watch')) {
  console.log('built; watching src/');
  let timer;
  watch('src', { recursive: true }, () => {
    clearTimeout(timer);
    // Editors write a file in several steps.
    timer = setTimeout(() => spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' }), 100);
  });
}
