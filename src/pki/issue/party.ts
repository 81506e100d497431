import {
  ClientCredential,
  type CredentialMaterial,
  PeerCredential,
  ServerCredential,
} from '../credential.js';
import type { PrivateKey, PublicKey } from '../keys/keys.js';
import { identityText } from '../names/identity.js';
import type { ParsedParty } from '../request.js';
import { Certificate, describeCertificate, type Validity } from './certificate.js';
import { type Hierarchy, type HierarchyTrust, issuerOf, trustOf } from './hierarchy.js';
import { signLeaf } from './leaf.js';
import { partyLeaf } from './party-leaf.js';
import { withRoot } from './server-leaf.js';

/** A certificate with its key of a party to be trusted. */
export type PartyCredential = ServerCredential | PeerCredential | ClientCredential;

/** Makes a party's certificate. */
export function issueParty(
  party: ParsedParty,
  privateKey: PrivateKey,
  hierarchy: Hierarchy,
  validity: Validity,
): PartyCredential {
  const issuer = issuerOf(hierarchy);
  const certificate = signLeaf(partyLeaf(party, privateKey, issuer, validity), issuer.signer);
  return partyCredential(describe(party), { certificate, privateKey }, trustOf(hierarchy));
}

/** Makes the certificate of a party whose private key someone else holds. */
export function certifyParty(
  party: ParsedParty & { readonly publicKey: PublicKey },
  hierarchy: Hierarchy,
  validity: Validity,
): PartyCredential {
  const issuer = issuerOf(hierarchy);
  const certificate = signLeaf(partyLeaf(party, party.publicKey, issuer, validity), issuer.signer);
  return partyCredential(describe(party), { certificate, privateKey: 'elsewhere' }, trustOf(hierarchy));
}

/** As {@link issueParty}, of a certificate that a worker thread has signed. */
export function partyOfSigned(
  party: ParsedParty,
  privateKey: PrivateKey,
  hierarchy: Hierarchy,
  validity: Validity,
  signed: { readonly serialNumber: string; readonly der: Buffer },
): PartyCredential {
  const issuer = issuerOf(hierarchy);
  const leaf = partyLeaf(party, privateKey, issuer, validity);
  const { serialNumber, der } = signed;
  const fields = describeCertificate({ ...leaf, serialNumber }, issuer.signer);
  const certificate = new Certificate(der, fields);
  return partyCredential(describe(party), { certificate, privateKey }, trustOf(hierarchy));
}

function describe(party: ParsedParty): PartyDescription {
  return party.role === 'client' ? { ...party, identity: identityText(party.identity) } : party;
}

/** What a credential says of its party. */
interface PartyDescription extends Pick<ParsedParty, 'role' | 'name' | 'fileName'> {
  readonly layouts?: readonly string[] | null;
  readonly identity?: string;
}

/** A party's credential, of its certificate and key. */
export function partyCredential(
  party: PartyDescription,
  material: CredentialMaterial,
  trust: HierarchyTrust,
): PartyCredential {
  const { role, name, fileName, layouts = null, identity = name } = party;
  const { authority, trusted, chain } = role === 'server' ? withRoot(trust) : trust;
  const fields = { name, fileName, layouts, identity, authority, trusted, chain, material };
  switch (role) {
    case 'server':
      return new ServerCredential({ ...fields, role });
    case 'peer':
      return new PeerCredential({ ...fields, role });
    default:
      return new ClientCredential({ ...fields, role });
  }
}
