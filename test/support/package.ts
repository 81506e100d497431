import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, REPOSITORY, run, runBeside } from './program.js';

const QUIET = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };

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
