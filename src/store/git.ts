import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { printable, type Warning } from '../errors.js';
import { AUTHORITY_KEY, type Manifest } from './manifest/manifest.js';

/**
 * Warns where a set's private keys stand in a git work tree that does not ignore them: one `git add .` would commit
 * them. A folder that a run made has a `.gitignore` of its own.
 *
 * Without git, or outside a work tree, there is nothing to say.
 */
export async function gitWarnings(folder: string, { files }: Manifest): Promise<Warning[]> {
  const keys = files.filter(({ path }) => path.endsWith('.key')).map(({ path }) => path);
  if (keys.length === 0) return [];
  const unignored = await notIgnored(folder, keys.slice(0, MOST_ASKED));
  if (unignored.length === 0) return [];
  const prefix = await git(folder, ['rev-parse', '--show-prefix']);
  const place = `/${(prefix ?? '').trim()}`;
  return [
    {
      message: `git does not ignore the private keys in ${printable(folder)}: ${unignored.slice(0, 2).join(', ')}${unignored.length > 2 ? ', …' : ''}`,
      hint: `add these lines to .gitignore, or choose a folder of its own with --out: ${linesFor(place)}`,
    },
  ];
}

const MOST_ASKED = 20;

function linesFor(place: string): string {
  return [
    `${place}*.key`,
    `${place}*.pem`,
    `${place}${AUTHORITY_KEY.split('/')[0]}/`,
    `${place}set.json`,
  ].join(' ');
}

async function notIgnored(folder: string, paths: readonly string[]): Promise<string[]> {
  // Status 1: none is ignored; 128: not a work tree.
  const ignored = await git(folder, ['check-ignore', '--', ...paths], [0, 1]);
  if (ignored === undefined) return [];
  const known = new Set(ignored.split('\n'));
  return paths.filter((path) => !known.has(path));
}

/** What git prints; nothing where it is not there or says that it cannot. */
function git(
  folder: string,
  args: readonly string[],
  fine: readonly number[] = [0],
): Promise<string | undefined> {
  return new Promise((done) => {
    const options = { cwd: resolve(folder), encoding: 'utf8', timeout: 5000 } as const;
    execFile('git', args, options, (error, stdout) => {
      const status = error === null ? 0 : error.code;
      done(typeof status === 'number' && fine.includes(status) ? stdout : undefined);
    });
  });
}
