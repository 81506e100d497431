import type { Credential } from '../credential.js';
import { clientFileName, parseClientIdentity } from './identity.js';

/**
 * The name of a party's files, without the extension, by its role and its name in the set.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` where a client's name is not an identity
 */
export function partyFileName(role: Credential['role'], name: string): string {
  return role === 'client' ? clientFileName(parseClientIdentity(name)) : name;
}
