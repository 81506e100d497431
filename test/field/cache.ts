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

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'generate-certs-field');

/** A program from the cache, which is installed first where it is not there; empty where that fails, which is said. */
export async function cached(
  { name, install, use }: CachedProgram,
  say: (text: string) => void,
): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return use(folder);
  say(`installing ${name} into ${CACHE}`);
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    await install(unfinished);
    renameSync(unfinished, folder);
    return use(folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    say(`${name} cannot be had: ${(error as Error).message.slice(0, 500)}`);
    return '';
  }
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
