import { GenerateCertsError, quote } from '../../errors.js';
import type { Credential } from '../credential.js';
import type { PublicKey } from '../keys/keys.js';
import type { ParsedClient, ParsedParty, ParsedRequest, ParsedServer } from '../request.js';
import { clientFileName, type Identity, parseClientIdentity } from './identity.js';

/**
 * The name of a party's files, without the extension, by its role and its name in the set.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` where a client's name is not an identity
 */
export function partyFileName(role: Credential['role'], name: string): string {
  return role === 'client' ? clientFileName(parseClientIdentity(name)) : name;
}

/** What a party is called in its certificate: an identity, or the names of an endpoint. */
export function identitiesOf(party: ParsedParty): readonly Identity[] {
  return party.role === 'client' ? [party.identity] : party.names;
}

/** Every party to be trusted, in the order in which they are listed. */
export function partiesOf({ servers, peers, clients }: Pick<ParsedRequest, 'servers' | 'peers' | 'clients'>) {
  return [...servers, ...peers, ...clients] as readonly ParsedParty[];
}

/** Gives a party the public key of its certificate, where someone else has the private one; by the party's name. */
export function withPublicKeys(
  keys: ReadonlyMap<string, PublicKey>,
): <Party extends ParsedParty>(party: Party) => Party {
  return (party) => {
    const publicKey = keys.get(party.name);
    return publicKey === undefined ? party : { ...party, publicKey };
  };
}

/** A party that is in the set already, or was named before. */
type Named = Pick<Credential, 'role' | 'name' | 'fileName'>;

/**
 * Gives each identity the name of its files, and makes sure that no two parties share one.
 *
 * @param reserved names that the set's own files have, in lower case
 * @param existing the parties that are there already
 * @throws {@link GenerateCertsError} `ERR_CLIENT_CONFLICT` or `ERR_PARTY_CONFLICT`
 */
export function nameClients(
  identities: readonly Identity[],
  reserved: readonly string[],
  existing: readonly Named[] = [],
): ParsedClient[] {
  const claim = claimNames(reserved, existing);
  return identities.map((identity) =>
    claim({ role: 'client', name: identity.value, fileName: clientFileName(identity), identity }),
  );
}

/** As {@link nameClients}, for servers or peers, whose files have the name of their id. */
export function nameServers(
  servers: readonly ParsedServer[],
  reserved: readonly string[],
  existing: readonly Named[] = [],
): ParsedServer[] {
  return servers.map(claimNames(reserved, existing));
}

/** Lets each party have the name of its files, unless another has it. */
function claimNames(
  reserved: readonly string[],
  existing: readonly Named[],
): <Party extends ParsedParty>(party: Party) => Party {
  const taken = new Map<string, Named>(existing.map((party) => [party.fileName.toLowerCase(), party]));
  const known = new Set(existing.map(({ name }) => name));
  const own = new Set(reserved);
  return (party) => {
    const { role, name, fileName } = party;
    const key = fileName.toLowerCase();
    if (own.has(key) || key.startsWith('untrusted-')) {
      throw conflict(
        role,
        `the ${role} ${quote(name)} would take the file name ${quote(fileName)}, which the set keeps for itself`,
        `give the ${role} another ${role === 'client' ? 'name' : 'id'}`,
      );
    }
    const other = taken.get(key);
    if (other !== undefined && other.role === role && other.name === name) {
      throw conflict(
        role,
        known.has(name)
          ? `the ${role} ${quote(name)} is in the set already`
          : `the ${role} ${quote(name)} is asked for twice`,
        `give each ${role} a name of its own`,
      );
    }
    if (other !== undefined) {
      const both =
        other.role === role
          ? `the ${role}s ${quote(other.name)} and ${quote(name)}`
          : `the ${other.role} ${quote(other.name)} and the ${role} ${quote(name)}`;
      throw conflict(
        other.role === role ? role : undefined,
        `${both} would share the file name ${quote(fileName)}`,
        'file names are compared without regard to letter case: rename one of the two',
      );
    }
    taken.set(key, party);
    return party;
  };
}

function conflict(role: ParsedParty['role'] | undefined, message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError(
    role === 'client' ? 'ERR_CLIENT_CONFLICT' : 'ERR_PARTY_CONFLICT',
    message,
    hint,
  );
}
