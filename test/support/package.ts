import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.js';
import { type Outcome, REPOSITORY, run, runBeside } from './program.js';

const QUIET = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };

/**
 * The environment of a npm with a cache of its own: what npx has run stays there, not in the user's. The packages that are
 * known in the user's are not fetched again.
 */
export function ownCache(): Record<string, string> {
  const cache = temporaryFolder();
  const known = join(run('npm', ['config', 'get', 'cache']).stdout.trim(), '_cacache');
  if (existsSync(known)) symlinkSync(known, join(cache, '_cacache'));
  return { npm_config_cache: cache, npm_config_prefer_offline: 'true' };
}

/** Runs npm, which says nothing but what it was asked for. */
export function npm(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<Outcome> {
  return runBeside('npm', args, { cwd, env: { ...QUIET, ...env } });
}

/** Packs the package as it is built now. Its own build would pull dist/ away under the other tests. */
export function packPackage(destination: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination];
  const { stdout, stderr, status } = run('npm', args, { cwd: REPOSITORY });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const packed: unknown = JSON.parse(stdout);
  const [entry] = Array.isArray(packed) ? packed : Object.values(packed as object);
  return join(destination, (entry as { filename: string }).filename);
}

/** Installs packages into an empty project. */
export async function installPackage(what: string, project: string): Promise<void> {
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true }\n');
  const args = ['install', '--prefer-offline', '--no-save', '--no-package-lock', what];
  const { status, stderr } = await npm(args, { cwd: project });
  if (status !== 0) throw new Error(`npm install failed: ${stderr}`);
}
