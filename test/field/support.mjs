// What the scripts that are run by hand have in common.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The code block of docs/recipes.md with this info. */
export function block(info) {
  const page = readFileSync(join(REPOSITORY, 'docs', 'recipes.md'), 'utf8');
  const [, text] = page.split(`\`\`\`${info}\n`);
  if (text === undefined) throw new Error(`docs/recipes.md has no block ${info}`);
  return text.split(/^```$/m)[0];
}

/** A temporary folder, removed at the end. */
export function workFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `generate-certs-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a command, and fails where it does. */
export function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

export const generateCerts = (args, cwd) =>
  run(process.execPath, [join(REPOSITORY, 'bin', 'generate-certs.js'), ...args], cwd);
