import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY, run } from './program.js';

/** Copies what a fresh clone of this repository holds, with what is not committed yet. */
export function copyCheckout(folder: string): void {
  const listed = run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: REPOSITORY,
  });
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
  for (const path of listed.stdout.split('\0').filter((name) => name !== '')) {
    cpSync(join(REPOSITORY, path), join(folder, path));
  }
}
