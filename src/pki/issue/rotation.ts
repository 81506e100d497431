import { authoritiesOf, type Hierarchy, issuerOf } from './hierarchy.js';
import { type Revocation, type RevocationList, signRevocationList } from './revocation-list.js';

/** What a rotation of the CA has done so far. */
export interface Rotation {
  /**
   * The last step that was made: after `trust` both sides trust the next CA too; after `issue` it signs, and the
   * previous CA is still trusted.
   */
  readonly step: 'trust' | 'issue';
  /** The next CA after `trust`, the previous one after `issue`. */
  readonly other: Hierarchy;
  /** Of the other CA and those below it: of the one that signs leaves first. */
  readonly revocationLists: readonly RevocationList[];
  readonly revokedSerialNumber: string;
  /** The serial numbers of the previous CA's certificates by the party's name, to be revoked with the party. */
  readonly previousParties: ReadonlyMap<string, string>;
}

/** When a revocation list was signed, and when the next one is due. */
export interface ListMoments {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/**
 * Signs the list of every CA: the one that signs leaves lists what is revoked, those above it only the serial number
 * kept for the `revoked` flaw.
 */
export function signRevocationLists(
  hierarchy: Hierarchy,
  list: ListMoments & {
    readonly number: number;
    readonly revocations: readonly Revocation[];
    readonly revokedSerialNumber: string;
  },
): RevocationList[] {
  const { number, revocations, revokedSerialNumber, thisUpdate, nextUpdate } = list;
  const reserved = revocations.filter(({ serialNumber }) => serialNumber === revokedSerialNumber);
  return authoritiesOf(hierarchy).map((authority, index) =>
    signRevocationList(
      { number, revocations: index === 0 ? revocations : reserved, thisUpdate, nextUpdate },
      authority.signer,
    ),
  );
}

/** Revokes what a party has of the previous CA, which is still trusted. */
export function addPreviousRevocation(
  rotation: Rotation,
  party: string,
  revokedAt: Date,
  moments: ListMoments,
): Rotation {
  const serialNumber = rotation.previousParties.get(party);
  const [list, ...others] = rotation.revocationLists;
  if (serialNumber === undefined || list === undefined || list.revokedAt(serialNumber) !== undefined) {
    return rotation;
  }
  const revocations = [...list.revocations, { serialNumber, revokedAt }];
  const { signer } = issuerOf(rotation.other);
  const longer = signRevocationList({ ...moments, number: list.number + 1, revocations }, signer);
  return { ...rotation, revocationLists: [longer, ...others] };
}
