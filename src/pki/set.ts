import { GenerateCertsError, quote } from '../errors.js';
import { hintForUnknown } from '../suggest.js';
import type { Authority } from './authority.js';
import type { ClientCredential, ServerCredential } from './credential.js';
import { type FlawName, findFlaw } from './flaws.js';
import { parseClientIdentity } from './identity.js';
import type { SetRequest } from './request.js';
import type { RevocationList } from './revocation-list.js';

/** Everything that one run makes, in memory. */
export class CertificateSet {
  readonly request: SetRequest;
  /** When the set was made; the moments of a set are whole seconds, as X.509 writes them. */
  readonly createdAt: Date;
  /** When every certificate of the set ends. */
  readonly expiresAt: Date;
  readonly authority: Authority;
  readonly server: ServerCredential;
  /** The clients to let in. */
  readonly clients: readonly ClientCredential[];
  /** The clients to refuse. */
  readonly untrustedClients: readonly ClientCredential[];
  readonly revocationList: RevocationList;
  /** The serial number that stands on every CRL of the set, for a client made revoked at any time. */
  readonly revokedSerialNumber: string;

  constructor(fields: {
    request: SetRequest;
    createdAt: Date;
    expiresAt: Date;
    authority: Authority;
    server: ServerCredential;
    clients: readonly ClientCredential[];
    untrustedClients: readonly ClientCredential[];
    revocationList: RevocationList;
    revokedSerialNumber: string;
  }) {
    this.request = fields.request;
    this.createdAt = fields.createdAt;
    this.expiresAt = fields.expiresAt;
    this.authority = fields.authority;
    this.server = fields.server;
    this.clients = fields.clients;
    this.untrustedClients = fields.untrustedClients;
    this.revocationList = fields.revocationList;
    this.revokedSerialNumber = fields.revokedSerialNumber;
  }

  /**
   * The client to let in that bears this identity.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET` where the set has no such client
   */
  client(identity: string): ClientCredential {
    const { value } = parseClientIdentity(identity);
    const found = this.clients.find(({ name }) => name === value);
    if (found !== undefined) return found;
    const known = this.clients.map(({ name }) => name);
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no client ${quote(identity)}`,
      known.length === 0 ? 'the set was made without clients' : hintForUnknown(identity, known.slice(0, 20)),
    );
  }

  /**
   * The client with this flaw.
   *
   * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`, or `ERR_NOT_IN_SET` where the set was made
   * without it
   */
  untrusted(flaw: FlawName): ClientCredential {
    const { name } = findFlaw(flaw);
    const found = this.untrustedClients.find((credential) => credential.flaw === name);
    if (found !== undefined) return found;
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no client with the flaw ${quote(flaw)}`,
      `ask for it when the set is made: untrusted: ['${name}'], or 'all'`,
    );
  }
}
