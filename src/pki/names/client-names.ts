import { GenerateCertsError, quote } from '../../errors.js';
import type { ParsedClient } from '../request.js';
import { clientFileName, type Identity } from './identity.js';

/**
 * Gives each identity the name of its files, and makes sure that no two share one.
 *
 * @param reserved names that the set's own files have, in lower case
 * @param existing the clients that are there already
 * @throws {@link GenerateCertsError} `ERR_CLIENT_CONFLICT`
 */
export function nameClients(
  identities: readonly Identity[],
  reserved: readonly string[],
  existing: readonly { readonly name: string; readonly fileName: string }[] = [],
): ParsedClient[] {
  const taken = new Map(existing.map(({ name, fileName }) => [fileName.toLowerCase(), name]));
  const known = new Set(existing.map(({ name }) => name));
  const own = new Set(reserved);
  return identities.map((identity) => {
    const fileName = clientFileName(identity);
    const key = fileName.toLowerCase();
    if (own.has(key) || key.startsWith('untrusted-')) {
      throw conflict(
        `the client ${quote(identity.value)} would take the name of the set's own ${fileName}.pem`,
        'give the client another name',
      );
    }
    const other = taken.get(key);
    if (other === identity.value) {
      throw conflict(
        known.has(identity.value)
          ? `the client ${quote(identity.value)} is in the set already`
          : `the client ${quote(identity.value)} is asked for twice`,
        'give each client a name of its own',
      );
    }
    if (other !== undefined) {
      throw conflict(
        `the clients ${quote(other)} and ${quote(identity.value)} would share the file ${fileName}.pem`,
        'file names are compared without regard to letter case: rename one of the two',
      );
    }
    taken.set(key, identity.value);
    return { identity, fileName };
  });
}

function conflict(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_CLIENT_CONFLICT', message, hint);
}
