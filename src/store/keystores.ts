import { join } from 'node:path';
import { GenerateCertsError, quote } from '../errors.js';
import { DEFAULT_PASSWORD } from '../pki/formats/default-password.js';
import { readRegularFile } from '../util/regular-file.js';
import { statInside } from './manifest/damages.js';
import type { Manifest } from './manifest/manifest.js';

/** What OpenSSL says where the code over a keystore does not fit the password. */
const WRONG_PASSWORD = /mac verify failure/i;

/**
 * Whether a password opens the keystores of a set. All have the same one, so the first that is there is asked; with
 * none there, any password will do.
 *
 * @param layouts those whose keystores are asked about; all of the set's without
 */
export async function opensKeystores(
  folder: string,
  manifest: Manifest,
  password: string,
  layouts: readonly string[] = manifest.request.layouts,
): Promise<boolean> {
  for (const path of keystoresOf(manifest, layouts)) {
    const pfx = readKeystore(folder, path);
    if (pfx === undefined) continue;
    const tls = await import('node:tls');
    try {
      tls.createSecureContext({ pfx, passphrase: password });
      return true;
    } catch (error) {
      if (WRONG_PASSWORD.test(String(error))) return false;
      // Another file's place, or a key that this OpenSSL finds too weak: the next one tells more.
    }
  }
  return true;
}

/** @throws {@link GenerateCertsError} `ERR_PASSWORD_WRONG` */
export function otherPassword(folder: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_PASSWORD_WRONG',
    `the password does not open the keystores in ${quote(folder)}`,
    `give the one they were made with (--password-file or GENERATE_CERTS_PASSWORD; without, '${DEFAULT_PASSWORD}'), or start over with --new`,
  );
}

function* keystoresOf({ certificates }: Manifest, layouts: readonly string[]): Generator<string> {
  for (const { files } of certificates) {
    for (const layout of layouts) {
      const path = files[layout]?.keystore;
      if (path !== undefined) yield path;
    }
  }
}

function readKeystore(folder: string, path: string): Buffer | undefined {
  try {
    return statInside(folder, path)?.isFile() === true ? readRegularFile(join(folder, path)) : undefined;
  } catch {
    return undefined;
  }
}
