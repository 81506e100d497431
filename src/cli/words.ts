import { statSync } from 'node:fs';
import { distance } from 'fastest-levenshtein';
import { GenerateCertsError, quote } from '../errors.js';
import { PROGRAM } from './terminal/terminal.js';

/** Words that people try as commands, and what does what they are after. */
const TRIED: Readonly<Record<string, string>> = {
  add: 'client',
  ca: 'show',
  cert: '',
  certs: '',
  certificate: '',
  create: '',
  crl: 'revoke',
  delete: 'clean',
  destroy: 'clean',
  export: 'env',
  gen: '',
  generate: '',
  info: 'show',
  init: '',
  inspect: 'show',
  install: 'env',
  issue: 'client',
  list: 'show',
  ls: 'show',
  make: '',
  new: '',
  prove: 'verify',
  purge: 'clean',
  refresh: 'renew',
  reissue: 'renew',
  remove: 'clean',
  reset: '',
  rm: 'clean',
  run: 'exec',
  server: '',
  sign: 'client',
  start: 'serve',
  status: 'show',
  stop: '',
  test: 'verify',
  trust: 'env',
  uninstall: 'clean',
  update: 'renew',
  upgrade: 'renew',
  usage: 'help',
  validate: 'verify',
  version: '--version',
};

/**
 * Refuses words in the place of host names that were hardly meant as such: those that look like a command, and files
 * that exist. A host that has such a name is written with a final dot, or after `--`.
 *
 * @param commands the names of the program's commands
 * @throws {@link GenerateCertsError} `ERR_USAGE`
 */
export function refuseCommandLikeNames(names: readonly string[], commands: readonly string[]): void {
  for (const name of names) {
    if (isFile(name)) {
      throw new GenerateCertsError(
        'ERR_USAGE',
        `${quote(name)} is a file, not a host name`,
        `see ${PROGRAM} --help for what takes files; a host of that name is written with a final dot`,
      );
    }
    const meant = commandMeant(name, commands);
    if (meant === undefined) continue;
    const does = meant === '' ? `'${PROGRAM}' without a word makes a set` : `use '${PROGRAM} ${meant}'`;
    throw new GenerateCertsError(
      'ERR_USAGE',
      `${quote(name)} is not a command`,
      `${does}; a host of that name is written with a final dot: ${name}.`,
    );
  }
}

/** The command that a word was meant as: a known one, or an empty text for making a set. */
function commandMeant(name: string, commands: readonly string[]): string | undefined {
  // More than one label, an address or a wildcard: no command looks like that.
  if (!/^[a-z][a-z-]{0,30}$/i.test(name)) return undefined;
  const word = name.toLowerCase();
  const tried = Object.hasOwn(TRIED, word) ? TRIED[word] : undefined;
  if (tried !== undefined)
    return tried === '' || commands.includes(tried) || tried.startsWith('-') ? tried : '';
  // Half of a short word may differ from a command's by chance: `dev` is not `env`.
  const near = (command: string) => Math.min(2, Math.floor(word.length / 2)) >= distance(word, command);
  return commands.find((command) => command === word) ?? commands.find(near);
}

function isFile(name: string): boolean {
  try {
    return statSync(name, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
