// The Testcontainers recipe: compiled against the package's types, and run where there is an engine and --run.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { block, REPOSITORY, run, workFolder } from './support.mjs';

const folder = workFolder('testcontainers');
writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
run(
  'npm',
  ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', 'testcontainers', '@types/node@22'],
  folder,
);
for (const part of ['bin', 'dist', 'package.json']) {
  cpSync(join(REPOSITORY, part), join(folder, 'node_modules', 'generate-certs', part), { recursive: true });
}
writeFileSync(join(folder, 'recipe.ts'), block('ts testcontainers'));
const options = [
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--types',
  'node',
];
run(process.execPath, [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), ...options, 'recipe.ts'], folder);
console.log('right  the recipe compiles');
if (process.argv.includes('--run')) run(process.execPath, ['recipe.ts'], folder);
