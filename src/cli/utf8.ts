import { readFileSync, statSync } from 'node:fs';
import { GenerateCertsError, quote } from '../errors.js';

/** What Node puts in the place of bytes that are not UTF-8. */
const REPLACED = '\ufffd';

/**
 * Refuses arguments and a current folder that are not UTF-8. Node has other characters in their place: a path of them
 * would lead to another folder than the one that was named.
 *
 * @throws {@link GenerateCertsError} `ERR_USAGE` or `ERR_OUT_INVALID`
 */
export function refuseOtherEncodings(argv: readonly string[]): void {
  const odd = argv.find((word) => word.includes(REPLACED));
  if (odd !== undefined && !isCommandLineUtf8()) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      `the argument ${quote(odd)} is not UTF-8`,
      'use a path and names that are; a link to the folder with such a name will do',
    );
  }
  const folder = process.cwd();
  if (folder.includes(REPLACED) && !isCurrentFolder(folder)) {
    throw new GenerateCertsError(
      'ERR_OUT_INVALID',
      `the current folder ${quote(folder)} has a name that is not UTF-8`,
      'run in another folder, and name this one by a link to it',
    );
  }
}

/** As the system has it, where it tells: the character itself may have been typed. */
function isCommandLineUtf8(): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(readFileSync('/proc/self/cmdline'));
    return true;
  } catch {
    return false;
  }
}

function isCurrentFolder(path: string): boolean {
  try {
    const [named, current] = [statSync(path), statSync('.')];
    return named.ino === current.ino && named.dev === current.dev;
  } catch {
    return false;
  }
}
