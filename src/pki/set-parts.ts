import type { ClientCredential, KeyOrSource, ServerCredential } from './credential.js';
import type { Certificate } from './issue/certificate.js';
import type { Hierarchy } from './issue/hierarchy.js';
import type { RevocationList } from './issue/revocation-list.js';
import type { Rotation } from './issue/rotation.js';
import type { SetRequest } from './request.js';

/** What a server's credential is made of. */
export interface ServerParts {
  readonly certificate: Certificate;
  readonly privateKey: KeyOrSource;
}

/** What a set is made of. */
export interface SetParts {
  readonly request: SetRequest;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly hierarchy: Hierarchy;
  readonly server: ServerParts;
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
