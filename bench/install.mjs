// The peers, installed where that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Installs Debian's packages of programs that are not here; what cannot be had is told. */
export function installPrograms(packages, missing) {
  const wanted = Object.entries(packages).filter(([program]) => !has(program));
  if (wanted.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore' });
    const options = ['install', '-y', '-q', '--no-install-recommends'];
    spawnSync('apt-get', [...options, ...wanted.map(([, name]) => name)], { env, stdio: 'ignore' });
  }
  for (const [program, name] of wanted) {
    if (!has(program)) missing.push(`${program} (Debian's package ${name})`);
  }
  return Object.fromEntries(Object.keys(packages).map((program) => [program, has(program)]));
}

/** Installs packages from npm into a folder of their own. */
export function installPackages(folder, packages, missing) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const options = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  const { status } = spawnSync('npm', [...options, ...packages], { cwd: folder, stdio: 'ignore' });
  if (status === 0) return true;
  missing.push(`${packages.join(', ')} (from npm)`);
  return false;
}

/** Node in other versions, by version; those that cannot be had are told. */
export function installNodes(scratch, versions, missing) {
  const name = `node-${process.platform}-${process.arch}`;
  return versions.flatMap((version) => {
    const folder = join(scratch, `node-${version}`);
    const executable = join(folder, 'node_modules', name, 'bin', 'node');
    installPackages(folder, [`${name}@${version}`], missing);
    return existsSync(executable) ? [{ version, executable }] : [];
  });
}

/** What a package takes on the disk with everything it depends on. */
export function installedSize(scratch, name, spec, missing) {
  const folder = join(scratch, `size-${name}`);
  if (!installPackages(folder, [spec], missing)) return undefined;
  const modules = join(folder, 'node_modules');
  const packages = readdirSync(modules)
    .filter((entry) => !entry.startsWith('.'))
    .flatMap((entry) => (entry.startsWith('@') ? readdirSync(join(modules, entry)) : [entry]));
  return { name, kilobytes: Math.round(sizeOf(modules) / 1024), dependencies: packages.length - 1 };
}

function sizeOf(folder) {
  let size = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) size += sizeOf(path);
    else if (entry.isFile()) size += statSync(path).size;
  }
  return size;
}
