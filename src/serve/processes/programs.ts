import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GenerateCertsError, quote } from '../../errors.js';

const run = promisify(execFile);

/** What became of a program that was looked for. */
type Found = { readonly path: string } | { readonly missing: 'absent' | 'not-executable' };

/** Looks a program up as execvp(3) does: by its path, or by its name on the PATH. */
export async function findProgram(name: string, path = process.env.PATH ?? ''): Promise<Found> {
  const candidates = name.includes('/')
    ? [resolve(name)]
    : path.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, name));
  let missing: 'absent' | 'not-executable' = 'absent';
  for (const candidate of candidates) {
    const stats = await stat(candidate).catch(() => undefined);
    if (stats === undefined) continue;
    const executable = stats.isFile() && (await access(candidate, constants.X_OK).then(yes, no));
    if (executable) return { path: candidate };
    missing = 'not-executable';
  }
  return { missing };
}

const yes = () => true;
const no = () => false;

/**
 * Makes sure that a server's command can be started at all.
 *
 * @throws {@link GenerateCertsError} `ERR_PROGRAM_MISSING`
 */
export async function checkProgram(name: string): Promise<void> {
  const found = await findProgram(name);
  if ('path' in found) return;
  throw new GenerateCertsError(
    'ERR_PROGRAM_MISSING',
    found.missing === 'absent' ? `${quote(name)} does not exist` : `${quote(name)} is not executable`,
    name.includes('/')
      ? 'name a program that this user may run'
      : 'name a program on the PATH, or give the path of one',
  );
}

/** What an installed NGINX can do. */
export interface NginxProgram {
  readonly path: string;
  /** Whether it has the directive `http2`, which took the place of `listen … http2` in 1.25.1. */
  readonly http2Directive: boolean;
}

/** What serve cannot do without, and how `nginx -V` shows that a build has it. */
const NEEDED = [
  { module: 'http_ssl', given: '--with-http_ssl_module' },
  { module: 'http_v2', given: '--with-http_v2_module' },
] as const;

/** Where Debian and others install it, outside the PATH of a user who is not root. */
const SYSTEM_FOLDERS = '/usr/sbin:/usr/local/sbin:/opt/homebrew/bin';

/**
 * Finds NGINX on the PATH and asks it what it was built with.
 *
 * @throws {@link GenerateCertsError} `ERR_NGINX_MISSING` or `ERR_NGINX_UNFIT`
 */
export async function findNginx(): Promise<NginxProgram> {
  const found = await findProgram('nginx');
  if ('missing' in found) throw await nginxMissing();
  const { stderr } = await run(found.path, ['-V']).catch((error: Error) => {
    throw new GenerateCertsError(
      'ERR_NGINX_UNFIT',
      `${found.path} does not run: ${firstLine(error.message)}`,
      INSTALL,
      { cause: error },
    );
  });
  const lacking = NEEDED.filter(({ given }) => !stderr.includes(given)).map(({ module }) => module);
  // Part of every build that has http_v2, unless it was taken out.
  if (stderr.includes('--without-http_grpc_module')) lacking.push('http_grpc' as never);
  if (lacking.length > 0) {
    throw new GenerateCertsError(
      'ERR_NGINX_UNFIT',
      `${found.path} was built without the module ${lacking.join(' and ')}`,
      INSTALL,
    );
  }
  return { path: found.path, http2Directive: hasHttp2Directive(stderr) };
}

/** Whether the version that `nginx -V` tells is 1.25.1 or later. */
export function hasHttp2Directive(build: string): boolean {
  const [, major, minor, patch] = /^nginx version: \S+\/(\d+)\.(\d+)\.(\d+)/m.exec(build) ?? [];
  const version = [major, minor, patch].map(Number) as [number, number, number];
  return version[0] > 1 || (version[0] === 1 && (version[1] > 25 || (version[1] === 25 && version[2] >= 1)));
}

const INSTALL = 'install a full one: apt-get install nginx (Debian, Ubuntu), brew install nginx (macOS)';

async function nginxMissing(): Promise<GenerateCertsError> {
  const elsewhere = await findProgram('nginx', SYSTEM_FOLDERS);
  const message = 'there is no nginx on the PATH';
  if ('missing' in elsewhere) {
    return new GenerateCertsError('ERR_NGINX_MISSING', message, INSTALL.replace('a full one', 'it'));
  }
  const folder = elsewhere.path.replace(/\/nginx$/, '');
  return new GenerateCertsError('ERR_NGINX_MISSING', message, `put its folder there: PATH="$PATH:${folder}"`);
}

/**
 * The words before a command that let the kernel end it when this process dies, however it dies: `setpriv` of
 * util-linux (prctl(2), PR_SET_PDEATHSIG). Empty where there is none; the next run cleans up then.
 */
export async function deathSignalPrefix(signal: 'TERM' | 'KILL'): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const found = await findProgram('setpriv');
  if ('missing' in found) return [];
  const prefix = [found.path, '--pdeathsig', signal, '--'];
  const works = await run(found.path, [...prefix.slice(1), 'true']).then(yes, no);
  return works ? prefix : [];
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
