import type { ClientCredential, PeerCredential, ServerCredential } from './credential.js';
import type { Hierarchy } from './issue/hierarchy.js';
import type { RevocationList } from './issue/revocation-list.js';
import type { Rotation } from './issue/rotation.js';
import type { SetRequest } from './request.js';

/** What a set is made of. */
export interface SetParts {
  readonly request: SetRequest;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly hierarchy: Hierarchy;
  /** At least one. */
  readonly servers: readonly ServerCredential[];
  readonly peers: readonly PeerCredential[];
  readonly clients: readonly ClientCredential[];
  readonly untrustedClients: readonly ClientCredential[];
  readonly untrustedServers: readonly ServerCredential[];
  /** Of each CA: of the one that signs leaves first, of the root last. */
  readonly revocationLists: readonly RevocationList[];
  readonly revokedSerialNumber: string;
  readonly rotation?: Rotation | undefined;
  /** File names, without the extension and in lower case, that no client may take. */
  readonly reservedNames: readonly string[];
}
