import { parseDuration } from '../../util/duration.js';
import type { Credential } from '../credential.js';
import { type Validity, validityFrom } from '../issue/certificate.js';
import { type Hierarchy, issuerOf } from '../issue/hierarchy.js';
import { hasOwnHash } from '../issue/signer.js';
import type { KeySource } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import { generatePrivateKey, type PrivateKey } from '../keys/keys.js';
import type { SetRequest } from '../request.js';
import type { Flaw } from './catalogue.js';

/** What flawed certificates are made of. */
export interface FlawedContext {
  readonly hierarchy: Hierarchy;
  readonly validity: Validity;
  /** When the set was made. */
  readonly createdAt: Date;
  /** The key that they share with each other and with no valid certificate. */
  readonly privateKey: PrivateKey;
  readonly caKey: KeyType;
  /** The serial number kept for the `revoked` flaw. */
  readonly revokedSerialNumber: string;
  /** New keys when absent. */
  readonly keys?: KeySource | undefined;
}

/** The context of a set that is there: its flawed certificates share the key of those that it has. */
export async function flawedContextOf(set: {
  readonly hierarchy: Hierarchy;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly request: SetRequest;
  readonly revokedSerialNumber: string;
  readonly untrustedClients: readonly Credential[];
  readonly untrustedServers: readonly Credential[];
}): Promise<FlawedContext> {
  const { hierarchy, createdAt, expiresAt, request, revokedSerialNumber } = set;
  const shared = [...set.untrustedClients, ...set.untrustedServers].find(
    // Asked in this order: the key of one that this user may not read throws.
    (credential) => credential.hasPrivateKey && credential.privateKey.type === request.key,
  )?.privateKey;
  return {
    hierarchy,
    validity: validityFrom(createdAt, expiresAt, parseDuration(request.backdate)),
    createdAt,
    privateKey: shared ?? (await generatePrivateKey(request.key)),
    caKey: request.caKey,
    revokedSerialNumber,
  };
}

/** Whether a flaw makes sense below these CAs. */
export function isPossible(flaw: Flaw, hierarchy: Hierarchy): boolean {
  const { permittedDnsNames, certificate } = issuerOf(hierarchy);
  const constrained = permittedDnsNames !== undefined;
  if (flaw.needsChosenHash === true && hasOwnHash(certificate.publicKey.type)) return false;
  return (
    (constrained || flaw.needsNameConstraints !== true) &&
    (hierarchy.intermediates.length > 0 || flaw.needsIntermediates !== true)
  );
}
