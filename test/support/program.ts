import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
export const EXECUTABLE = fileURLToPath(new URL('../../bin/generate-certs.js', import.meta.url));

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  input?: string;
  /** After so many milliseconds it is ended, and has no status. */
  timeout?: number;
}

/** Runs a program to its end, without a shell. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Outcome {
  const { env, ...others } = options;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...others,
    env: { ...process.env, ...ownCache(args), ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** The executable does not keep anything in the cache of the user who runs the tests. */
function ownCache(args: readonly string[]): Record<string, string> {
  const cache = process.env.GENERATE_CERTS_TEST_CACHE;
  return cache !== undefined && args.includes(EXECUTABLE) ? { XDG_CACHE_HOME: cache } : {};
}

/** Runs the built executable. */
export function generateCerts(args: readonly string[], options: RunOptions = {}): Outcome {
  return run(process.execPath, [EXECUTABLE, ...args], options);
}

/** As {@link run}, without stopping this process meanwhile: for peers of a server that runs in it. */
export function runBeside(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { env, input, ...others } = options;
    const all = { ...process.env, ...ownCache(args), ...env };
    const child = spawn(program, args, { ...others, env: all });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
    // A program need not read its input before it ends.
    child.stdin.on('error', () => undefined).end(input ?? '');
  });
}
