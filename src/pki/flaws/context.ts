import type { Credential } from '../credential.js';
import type { Authority } from '../issue/authority.js';
import { type Validity, validityFrom } from '../issue/certificate.js';
import type { KeySource } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import { generatePrivateKey, type PrivateKey } from '../keys/keys.js';
import type { SetRequest } from '../request.js';

/** What flawed certificates are made of. */
export interface FlawedContext {
  readonly authority: Authority;
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
  readonly authority: Authority;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly request: SetRequest;
  readonly revokedSerialNumber: string;
  readonly untrustedClients: readonly Credential[];
}): Promise<FlawedContext> {
  const { authority, createdAt, expiresAt, request, revokedSerialNumber } = set;
  const shared = set.untrustedClients.find(
    ({ hasPrivateKey, privateKey }) => hasPrivateKey && privateKey.type === request.key,
  )?.privateKey;
  return {
    authority,
    validity: validityFrom(createdAt, expiresAt),
    createdAt,
    privateKey: shared ?? (await generatePrivateKey(request.key)),
    caKey: request.caKey,
    revokedSerialNumber,
  };
}
