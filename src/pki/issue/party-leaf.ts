import type { PublicKey } from '../keys/keys.js';
import type { ParsedParty } from '../request.js';
import type { Authority } from './authority.js';
import type { Validity } from './certificate.js';
import { clientLeaf, type Leaf } from './leaf.js';
import { serverLeaf } from './server-leaf.js';

/** What a party's certificate says of it below a CA. */
export function partyLeaf(
  party: ParsedParty,
  publicKey: PublicKey,
  authority: Pick<Authority, 'permittedDnsNames'>,
  validity: Validity,
): Leaf {
  return party.role === 'client'
    ? clientLeaf(party.identity, publicKey, authority, validity)
    : serverLeaf(party.names, publicKey, authority, validity, party.role);
}
