// The linter's rules for imports (src/biome.json), tried on files that break them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { REPOSITORY } from '../support/program.js';

const ROOMS = ['cli', 'serve', 'verify', 'trust', 'store', 'layouts', 'request', 'pki', 'util'];
const SYSTEM = [
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:tls',
  'node:http',
  'node:child_process',
  'node:tty',
];
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
const folder = temporaryFolderForAll();
let findings: { readonly rule: string; readonly file: string }[];

function write(path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeAll(() => {
  for (const config of ['biome.json', 'src/biome.json']) {
    cpSync(join(REPOSITORY, config), join(folder, config));
  }
  for (const [below, room] of ROOMS.entries()) {
    for (const [above, other] of ROOMS.entries()) {
      if (above === below) continue;
      write(`src/${room}/deep/${other}.ts`, `export type { It } from '../../${other}/it.js';\n`);
      write(`src/${room}/later-${other}.ts`, `export const it = () => import('../${other}/it.js');\n`);
    }
    for (const module of SYSTEM) {
      write(`src/${room}/${module.replace(/\W/g, '-')}.ts`, `export * as system from '${module}';\n`);
    }
    write(`src/${room}/one.ts`, `import type { Two } from './two.js';\nexport type One = Two | 1;\n`);
    write(`src/${room}/two.ts`, `import type { One } from './one.js';\nexport type Two = One | 2;\n`);
  }
  const { stdout } = spawnSync(
    process.execPath,
    [biome, 'lint', '--reporter=json', '--max-diagnostics=none'],
    { cwd: folder, encoding: 'utf8' },
  );
  findings = JSON.parse(stdout).diagnostics.map(
    ({ category, location }: { category: string; location: { path: string } }) => ({
      rule: category,
      file: location.path,
    }),
  );
});

const found = (rule: string) =>
  findings
    .filter((finding) => finding.rule === `lint/${rule}`)
    .map(({ file }) => file)
    .sort();

test('a room imports those below it alone, and pki, request and layouts know no system', () => {
  const upward = ROOMS.flatMap((room, below) =>
    ROOMS.slice(0, below).flatMap((other) => [
      `src/${room}/deep/${other}.ts`,
      `src/${room}/later-${other}.ts`,
    ]),
  );
  const impure = ['layouts', 'request', 'pki'].flatMap((room) =>
    SYSTEM.map((module) => `src/${room}/${module.replace(/\W/g, '-')}.ts`),
  );
  expect(found('style/noRestrictedImports')).toEqual([...upward, ...impure].sort());
});

test('no circles, not of types either', () => {
  expect(found('suspicious/noImportCycles')).toEqual(
    ROOMS.flatMap((room) => [`src/${room}/one.ts`, `src/${room}/two.ts`]).sort(),
  );
});
