import { statSync } from 'node:fs';
import { printable, quote } from '../errors.js';
import { LONGEST_PASSWORD, parsePassword, passwordInvalid } from '../request/password.js';
import type { Manifest } from '../store/manifest/manifest.js';
import { environmentError } from '../store/transaction/file-system.js';
import { readRegularFile } from '../util/regular-file.js';
import type { Terminal } from './terminal/terminal.js';

/** Where a password comes from when no file is named. */
const VARIABLE = 'GENERATE_CERTS_PASSWORD';

/**
 * The password of keystores: of the file that was named, or of the environment. It is never an argument, which every
 * user of the machine can read.
 *
 * @returns nothing where there is neither
 * @throws {@link GenerateCertsError} `ERR_PASSWORD_INVALID` or `ERR_FILE_SYSTEM`
 */
export function givenPassword(
  { passwordFile }: { readonly passwordFile?: string | undefined },
  terminal: Terminal,
): string | undefined {
  const password =
    passwordFile === undefined ? process.env[VARIABLE] : readPasswordFile(passwordFile, terminal);
  // What is wrong with it is told before a set is looked at.
  if (password !== undefined) parsePassword(password);
  return password;
}

/** A password in the environment may be there for other sets; a file was named for this one. */
export function warnIfUnused(
  { passwordFile }: { readonly passwordFile?: string | undefined },
  { certificates }: Manifest,
  terminal: Terminal,
): void {
  const isUsed = certificates.some(({ files }) =>
    Object.values(files).some(({ keystore, truststore }) => (keystore ?? truststore) !== undefined),
  );
  if (passwordFile === undefined || isUsed) return;
  terminal.warn({
    message: 'the set has no keystores: --password-file is not used',
    hint: 'ask for some with --layout java, or leave --password-file out',
  });
}

function readPasswordFile(path: string, terminal: Terminal): string {
  const content = readFile(path);
  warnIfReadable(path, terminal);
  try {
    // Editors end a file with a line break.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content).replace(/\r?\n$/, '');
  } catch {
    throw passwordInvalid(`the password in ${quote(path)} is not UTF-8`, 'write it in ASCII');
  }
}

function readFile(path: string): Buffer {
  try {
    // A secret that is mounted into a container is a link. The line break at its end counts, too.
    return readRegularFile(path, { most: LONGEST_PASSWORD + 2, followLinks: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || path === '') {
      throw passwordInvalid(
        `there is no password file ${quote(path)}`,
        `name a file with the password in it, or set ${VARIABLE}`,
      );
    }
    if (code === 'ELOOP') {
      throw passwordInvalid(
        `the password file ${quote(path)} is a symbolic link that leads in a circle`,
        'name a file with the password in it',
      );
    }
    if (code === 'EFTYPE' || code === 'EISDIR') {
      throw passwordInvalid(
        `the password file ${quote(path)} is not a regular file`,
        `name a file with the password in it; from a pipe, set ${VARIABLE} instead`,
      );
    }
    if (code === 'EFBIG') {
      throw passwordInvalid(
        `the password file ${quote(path)} is larger than any password`,
        `it holds the password alone, of at most ${LONGEST_PASSWORD} characters`,
      );
    }
    throw environmentError(error, `read the password file ${printable(path)}`);
  }
}

function warnIfReadable(path: string, terminal: Terminal): void {
  // Windows keeps no such permissions.
  if (process.platform === 'win32') return;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o044) === 0) return;
  const mask = (mode & 0o777).toString(8).padStart(4, '0');
  terminal.warn({
    message: `other users can read the password file ${printable(path)} (mode ${mask})`,
    hint: 'chmod 600 it, unless it is a secret that was mounted for this program alone',
  });
}
