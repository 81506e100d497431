import { GenerateCertsError, quote } from '../errors.js';
import { hintForUnknown } from '../util/suggest.js';
import { type ClientCredential, type Credential, ServerCredential } from './credential.js';
import { clientCatalogueOf, serverCatalogueOf } from './flaws/catalogue-of.js';
import { type FlawName, findFlaw, findServerFlaw, SERVER_FLAWS, type ServerFlawName } from './flaws/flaws.js';
import type { Authority } from './issue/authority.js';
import { type Certificate, type Validity, validityFrom } from './issue/certificate.js';
import { type Hierarchy, issuerOf, trustOf } from './issue/hierarchy.js';
import { refuseEnded, refuseOutsideNames } from './issue/refusals.js';
import { type RevocationList, signRevocationList } from './issue/revocation-list.js';
import { addPreviousRevocation, type Rotation } from './issue/rotation.js';
import { withRoot } from './issue/server-leaf.js';
import { freshKeys } from './keys/key-source.js';
import { nameClients } from './names/client-names.js';
import { parseClientIdentity } from './names/identity.js';
import type { SetRequest } from './request.js';
import type { SetParts } from './set-parts.js';
import { issueClients } from './workers/issue-clients.js';

/** How many names a hint lists. */
const MOST_NAMED = 20;

/**
 * Everything that one run makes, in memory.
 *
 * @example
 * ```ts
 * const set: CertificateSet = await createCertificateSet({ clients: ['alice'] });
 * console.log(set.expiresAt, set.client('alice').certificate.pem);
 * ```
 */
export class CertificateSet {
  readonly request: SetRequest;
  /** When the set was made; the moments of a set are whole seconds, as X.509 writes them. */
  readonly createdAt: Date;
  /** When every certificate of the set ends. */
  readonly expiresAt: Date;
  /** The root CA. */
  readonly authority: Authority;
  /** The CAs between the root and the leaves: the first is signed by the root, the last signs the leaves. */
  readonly intermediates: readonly Authority[];
  readonly server: ServerCredential;
  /** The clients to refuse. */
  readonly untrustedClients: readonly ClientCredential[];
  /** The servers to refuse. */
  readonly untrustedServers: readonly ServerCredential[];
  /** The serial number that stands on every CRL of the set, for a client made revoked at any time. */
  readonly revokedSerialNumber: string;
  readonly #reservedNames: readonly string[];
  readonly #hierarchy: Hierarchy;
  #clients: readonly ClientCredential[];
  #revocationLists: readonly RevocationList[];
  #rotation: Rotation | undefined;

  constructor(parts: SetParts) {
    this.request = parts.request;
    this.createdAt = parts.createdAt;
    this.expiresAt = parts.expiresAt;
    const { hierarchy } = parts;
    this.#hierarchy = hierarchy;
    this.authority = hierarchy.root;
    this.intermediates = hierarchy.intermediates;
    const { certificate, privateKey } = parts.server;
    this.server = new ServerCredential(
      {
        role: 'server',
        name: 'server',
        fileName: 'server',
        ...withRoot(trustOf(hierarchy)),
        certificate,
        privateKey,
      },
      () => this.revocationLists,
    );
    this.untrustedClients = parts.untrustedClients;
    const { trusted } = trustOf(hierarchy);
    this.untrustedServers = parts.untrustedServers.map((server) =>
      server.inSet(trusted, () => this.revocationLists),
    );
    this.revokedSerialNumber = parts.revokedSerialNumber;
    this.#reservedNames = parts.reservedNames;
    this.#clients = parts.clients;
    this.#revocationLists = parts.revocationLists;
    this.#rotation = parts.rotation;
  }

  /** The clients to let in, the revoked ones among them. */
  get clients(): readonly ClientCredential[] {
    return this.#clients;
  }

  /** The revocation list of the CA that signs clients, as it is now. */
  get revocationList(): RevocationList {
    return this.#revocationLists[0] as RevocationList;
  }

  /**
   * The revocation lists of all CAs as they are now: of the one that signs clients, of those above it up to the
   * root and, while a rotation is under way, of the other CA's. What reads lists at all wants one of every CA.
   */
  get revocationLists(): readonly RevocationList[] {
    return [...this.#revocationLists, ...(this.#rotation?.revocationLists ?? [])];
  }

  /** The root certificates that both sides trust in PEM: the CA's and, while a rotation is under way, the other's. */
  get trustedPem(): string {
    return this.server.trustedPem;
  }

  /** @internal The CAs of the set as they sign and are trusted. */
  get hierarchy(): Hierarchy {
    return this.#hierarchy;
  }

  /** @internal What a rotation that is under way has done so far. */
  get rotation(): Rotation | undefined {
    return this.#rotation;
  }

  /** @internal The CA that signs servers and clients: the root, or the last of the intermediates. */
  get issuer(): Authority {
    return issuerOf(this.#hierarchy);
  }

  /**
   * The client to let in that bears this identity.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET` where the set has no such client
   */
  client(identity: string): ClientCredential {
    const { value } = parseClientIdentity(identity);
    const found = this.#clients.find(({ name }) => name === value);
    if (found !== undefined) return found;
    const known = this.#clients.map(({ name }) => name);
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no client ${quote(identity)}`,
      known.length === 0 ? 'the set has no clients' : hintForUnknown(identity, known.slice(0, MOST_NAMED)),
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

  /**
   * The server with this flaw.
   *
   * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`, or `ERR_NOT_IN_SET` where the set was made
   * without it
   * @example
   * ```ts
   * const set = await createCertificateSet({ untrustedServers: ['wrong-name'] });
   * const server = https.createServer(set.untrustedServer('wrong-name').tlsOptions({ clientAuth: 'none' }));
   * ```
   */
  untrustedServer(flaw: ServerFlawName): ServerCredential {
    const { name } = findServerFlaw(flaw);
    const found = this.untrustedServers.find((credential) => credential.flaw === name);
    if (found !== undefined) return found;
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no server with the flaw ${quote(flaw)}`,
      `ask for it when the set is made: untrustedServers: ['${name}'], or 'all'`,
    );
  }

  /**
   * The whole catalogue of clients to refuse: those of the set, and the missing ones made in memory.
   * Left out is what makes no sense below this CA, and without the CA's key what the set does not have.
   */
  async catalogue(): Promise<ClientCredential[]> {
    return clientCatalogueOf(this);
  }

  /**
   * Servers to refuse, each with one flaw of {@link SERVER_FLAWS}: those of the set, and the missing ones made in
   * memory. Left out is what makes no sense below this CA, and without the CA's key what the set does not have.
   *
   * @param flaws all of the catalogue when absent
   * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`
   * @example
   * ```ts
   * const [server] = await set.serverCatalogue(['wrong-name']);
   * if (server !== undefined) https.createServer(server.tlsOptions({ clientAuth: 'none' }));
   * ```
   */
  async serverCatalogue(
    flaws: readonly ServerFlawName[] = SERVER_FLAWS.map(({ name }) => name),
  ): Promise<ServerCredential[]> {
    return serverCatalogueOf(this, flaws);
  }

  /**
   * Makes one more client to let in, of the set's CA. Its life ends with the CA's.
   *
   * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`, `ERR_CLIENT_CONFLICT`,
   * `ERR_OUTSIDE_CONSTRAINTS` or `ERR_SET_ENDED`
   * @example
   * ```ts
   * const bob = await set.issueClient('bob');
   * https.get(url, bob.tlsOptions());
   * ```
   */
  async issueClient(identity: string): Promise<ClientCredential> {
    const [client] = await this.issueClients([identity]);
    return client as ClientCredential;
  }

  /** As {@link CertificateSet.issueClient}, several at once: all of them or, where one is refused, none. */
  async issueClients(identities: readonly string[]): Promise<ClientCredential[]> {
    const now = new Date();
    refuseEnded(this.expiresAt, now);
    if (!Array.isArray(identities)) {
      throw new GenerateCertsError(
        'ERR_OPTION_INVALID',
        `the identities are ${quote(identities)}, not a list`,
        "give a list such as ['alice']",
      );
    }
    const parsed = nameClients(identities.map(parseClientIdentity), this.#reservedNames, this.#clients);
    for (const { identity } of parsed) refuseOutsideNames(identity, this.issuer);
    const validity = this.#validityFrom(now);
    const { hierarchy, request } = this;
    const context = { keyType: request.key, keys: freshKeys, hierarchy, validity };
    const clients = await issueClients(parsed, context);
    this.#clients = [...this.#clients, ...clients];
    return clients;
  }

  /**
   * Puts a client on the CA's revocation list. Revoking it twice changes nothing.
   *
   * @returns the list as it is then, with a higher number where it changed
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET` or `ERR_SET_ENDED`
   * @example
   * ```ts
   * await set.revoke('alice');
   * server.setSecureContext(set.server.tlsOptions());
   * ```
   */
  async revoke(identity: string): Promise<RevocationList> {
    const { certificate } = this.client(identity);
    const now = new Date();
    refuseEnded(this.expiresAt, now);
    if (this.revokedAt(certificate) !== undefined) return this.revocationList;
    const { number, revocations } = this.revocationList;
    const revokedAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const moments = { thisUpdate: this.#validityFrom(now).notBefore, nextUpdate: this.expiresAt };
    const { serialNumber } = certificate;
    const rotation =
      this.#rotation && addPreviousRevocation(this.#rotation, this.client(identity).name, revokedAt, moments);
    const list = signRevocationList(
      { ...moments, number: number + 1, revocations: [...revocations, { serialNumber, revokedAt }] },
      this.issuer.signer,
    );
    this.#revocationLists = [list, ...this.#revocationLists.slice(1)];
    this.#rotation = rotation;
    return list;
  }

  /** When a certificate was put on the revocation list; nothing where it is not on it. */
  revokedAt({ serialNumber }: Certificate): Date | undefined {
    return this.revocationList.revokedAt(serialNumber);
  }

  /** File names, without the extension and in lower case, that no client of the set may take. */
  get reservedNames(): readonly string[] {
    return this.#reservedNames;
  }

  /** Every certificate of the set that is no CA's, in the order in which they are listed. */
  get credentials(): readonly Credential[] {
    return [this.server, ...this.#clients, ...this.untrustedClients, ...this.untrustedServers];
  }

  /** From now to the set's end; whole seconds, and never before the CA's own certificate begins. */
  #validityFrom(now: Date): Validity {
    const begin = Math.max(Math.floor(now.getTime() / 1000) * 1000, this.createdAt.getTime());
    return validityFrom(new Date(begin), this.expiresAt);
  }
}
