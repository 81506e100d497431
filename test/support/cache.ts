import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A program that a package registry has. */
export interface CachedProgram {
  /** The name of its folder, with its version. */
  readonly name: string;
  /** Installs it into an empty folder. */
  readonly install: (folder: string) => Promise<void>;
  /** What tests are given of the folder: never empty. */
  readonly use: (folder: string) => string;
}

/**
 * A folder of the user's cache. What it gives for a program is where that is, installed first where it is not there; empty
 * where that fails, which is said.
 */
export function cacheIn(
  name: string,
  say: (text: string) => void,
): (program: CachedProgram) => Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), name);
  return async (program) => {
    const folder = join(cache, program.name);
    if (existsSync(folder)) return program.use(folder);
    say(`installing ${program.name} into ${cache}`);
    mkdirSync(cache, { recursive: true });
    const unfinished = mkdtempSync(join(cache, 'unfinished-'));
    try {
      await program.install(unfinished);
      // Another run may have been quicker.
      if (!existsSync(folder)) renameSync(unfinished, folder);
      return program.use(folder);
    } catch (error) {
      say(`${program.name} cannot be had: ${(error as Error).message.slice(0, 500)}`);
      return '';
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  };
}

const TEN_MINUTES = 600_000;

/** Runs a program that installs something, and gives what it printed. */
export function call(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const env = { ...process.env, ...options.env };
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { ...options, env, timeout: TEN_MINUTES, maxBuffer: 2 ** 26 },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      },
    );
  });
}
