// Builds dist/ from src/.
//
//   dist/cli/       the program: ES modules, each command's parts in a file that loads when it runs
//   dist/index.cjs  the library, in one CommonJS file
//   dist/index.mjs  the same library for `import`: its names passed on
//   dist/types/     the declarations of both
//
// The library is there once, not once for each module system: a suite may import it in one file and
// require it in another (Jest, a plugin), and an error of one copy would be no instance of the other
// copy's class, nor would the two share what they remember.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
};
await Promise.all([
  build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outdir: 'dist/cli',
    format: 'esm',
    splitting: true,
    // A part named for its folder's index would be a hidden file.
    chunkNames: 'part-[hash]',
  }),
  build({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.cjs',
    format: 'cjs',
    // Jest runs CommonJS in a context that refuses import(): what loads later is required later.
    supported: { 'dynamic-import': false },
    // It would be undefined there.
    logOverride: { 'empty-import-meta': 'error' },
  }),
]);

const require = createRequire(import.meta.url);
const names = Object.keys(require('../dist/index.cjs'));
writeFileSync(
  'dist/index.mjs',
  `export {\n${names.map((name) => `  ${name},\n`).join('')}} from './index.cjs';\n`,
);

// The declarations are those of the CommonJS file, and say so; ES modules read them through it.
mkdirSync('dist/types');
writeFileSync('dist/types/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/index.d.mts', "export * from './types/index.js';\n");
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
