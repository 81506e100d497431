// Builds dist/ from src/.
//
//   dist/cli/       the program: what every run needs in one file, each command's parts in files of their own
//   dist/index.cjs  the library, in one CommonJS file
//   dist/index.mjs  the same library for `import`: its names passed on
//   issuing-thread.cjs  in both: what worker threads run
//   dist/types/     the declarations of both
//   dist/schema.json, dist/manifest.schema.json  of the configuration file and of the manifest
//   dist/THIRD-PARTY-LICENSES.txt  of what is put into them
//
// The library is there once, not once for each module system: a suite may import it in one file and
// require it in another (Jest, a plugin), and an error of one copy would be no instance of the other
// copy's class, nor would the two share what they remember.
//
// The program is CommonJS because a start counts: loading ES modules takes Node 5 ms more, and each file
// half a millisecond. For the same reason what its start needs of other packages is put into it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });
const require = createRequire(import.meta.url);
const { dependencies } = require('../package.json');

/** What every start needs is put into the program: one file loads sooner than several. */
const BUNDLED = ['chalk', 'commander'];
/** What many starts of the program need, and few of the library, in a file of its own: a third of the time. */
const BUNDLED_IN_PROGRAM = [...BUNDLED, 'yaml'];
const isDependency = (id, bundled) =>
  Object.keys(dependencies).some(
    (name) => !bundled.includes(name) && (id === name || id.startsWith(`${name}/`)),
  );
const output = {
  format: 'cjs',
  // Jest runs CommonJS in a context that refuses import(): what loads later is required later.
  dynamicImportInCjs: false,
};
// Every kilobyte of a start is parsed.
const short = {
  comments: false,
  minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
};
const bundled = new Set();

/** Commander loads this for subcommands that are programs of their own, and there are none here. */
const withoutSubprograms = {
  name: 'without-subprograms',
  resolveId: (id, importer = '') =>
    id === 'node:child_process' && /[\\/]commander[\\/]/.test(importer) ? '\0nothing' : undefined,
  load: (id) => (id === '\0nothing' ? 'export {};' : undefined),
};

async function bundle(input, write, bundledPackages = BUNDLED) {
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => isDependency(id, bundledPackages),
    preserveEntrySignatures: 'allow-extension',
    plugins: [withoutSubprograms],
    onLog: (level, log) => {
      if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(log.message);
    },
  });
  const { output: files } = await build.write({ ...output, ...write });
  await build.close();
  for (const module of files.flatMap(({ moduleIds = [] }) => moduleIds)) {
    const [, packageFolder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(module) ?? [];
    if (packageFolder !== undefined) bundled.add(packageFolder);
  }
}

/**
 * The files of the program that a run loads whole, and the modules that bring everything they need into
 * them: what every run needs, then help and every command but a plain one, a run with nothing to do, a run
 * that makes a set. A module goes into the first that needs it.
 */
const FILES = {
  start: ['src/cli/main.ts', 'src/pki/flaws/flaws.ts'],
  ensure: ['src/cli/commands/make.ts'],
  make: ['src/store/make-set.ts', 'src/pki/issue/issue.ts'],
};

function fileOf(id, graph) {
  if (id.includes('rolldown/runtime')) return 'start';
  const found = Object.entries(FILES).find(([, modules]) =>
    modules.some((module) => needs(join(root, module), id, graph)),
  );
  return found?.[0] ?? null;
}

function needs(from, id, graph, seen = new Set()) {
  if (from === id) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (graph.getModuleInfo(from)?.importedIds ?? []).some((next) => needs(next, id, graph, seen));
}

await bundle(
  { main: 'src/cli/main.ts' },
  {
    ...short,
    dir: 'dist/cli',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    codeSplitting: { groups: [{ name: fileOf, debugName: 'fileOf', includeDependenciesRecursively: false }] },
  },
  BUNDLED_IN_PROGRAM,
);
await bundle({ index: 'src/index.ts' }, { file: 'dist/index.cjs', codeSplitting: false });
// Beside each file that starts it.
for (const folder of ['dist', 'dist/cli']) {
  const file = `${folder}/issuing-thread.cjs`;
  await bundle({ thread: 'src/pki/workers/issuing-thread.ts' }, { ...short, file, codeSplitting: false });
}

// The schemas follow from the lists that the program itself checks by.
await bundle({ schemas: 'src/store/schemas.ts' }, { file: 'dist/schemas.cjs', codeSplitting: false });
for (const [name, schema] of Object.entries(require('../dist/schemas.cjs').SCHEMAS)) {
  writeFileSync(`dist/${name}`, `${JSON.stringify(schema, null, 2)}\n`);
}
rmSync('dist/schemas.cjs');

const names = Object.keys(require('../dist/index.cjs'));
writeFileSync(
  'dist/index.mjs',
  `export {\n${names.map((name) => `  ${name},\n`).join('')}} from './index.cjs';\n`,
);

// Whose code is in dist/ is told with it.
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', [...bundled].sort().map(licenseOf).join('\n----\n\n'));

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

// The declarations are those of the CommonJS file, and say so; ES modules read them through it.
mkdirSync('dist/types');
writeFileSync('dist/types/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/index.d.mts', "export * from './types/index.js';\n");
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
