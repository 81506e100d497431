import { GenerateCertsError, quote } from '../errors.js';
import { parseDuration } from '../util/duration.js';
import { readList, textOf } from '../util/options.js';
import { hintForUnknown } from '../util/suggest.js';
import type { ClientCredential, Credential, PeerCredential, ServerCredential } from './credential.js';
import { clientCatalogueOf, serverCatalogueOf } from './flaws/catalogue-of.js';
import { type FlawName, findFlaw, findServerFlaw, SERVER_FLAWS, type ServerFlawName } from './flaws/flaws.js';
import type { Authority } from './issue/authority.js';
import { type Certificate, type Validity, validityFrom } from './issue/certificate.js';
import { type Hierarchy, issuerOf, trustOf } from './issue/hierarchy.js';
import type { PartyCredential } from './issue/party.js';
import { refuseEnded, refuseOutsideNames } from './issue/refusals.js';
import { type RevocationList, signRevocationList } from './issue/revocation-list.js';
import { addPreviousRevocation, type Rotation } from './issue/rotation.js';
import { freshKeys } from './keys/key-source.js';
import { parseClientIdentity, readClientIdentity, withPlainSan } from './names/identity.js';
import { identitiesOf, nameClients, nameServers } from './names/party-names.js';
import { requestedIdentity, requestedServer } from './names/requested.js';
import { parseServer, recordOf, refuseForeignLayouts, type ServerOptions } from './names/server.js';
import type { ParsedParty, ParsedServer, SetRequest } from './request.js';
import type { SetParts } from './set-parts.js';
import { parseSignOptions, type SignedRequest, type SignOptions } from './sign-options.js';
import { issueParties } from './workers/issue-parties.js';

/** By which every copy of this package knows a set, whichever of them made it. */
export const SET_MARK = Symbol.for('generate-certs.CertificateSet');

/** Goes up with what the other rooms read of a set: a copy of another version then refuses it. */
export const SET_SHAPE = 1;

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
  /** When the set was made; the moments of a set are whole seconds, as X.509 writes them. */
  readonly createdAt: Date;
  /** When every certificate of the set ends. */
  readonly expiresAt: Date;
  /** The root CA. */
  readonly authority: Authority;
  /** The CAs between the root and the leaves: the first is signed by the root, the last signs the leaves. */
  readonly intermediates: readonly Authority[];
  /** The clients to refuse. */
  readonly untrustedClients: readonly ClientCredential[];
  /** The servers to refuse. */
  readonly untrustedServers: readonly ServerCredential[];
  /** The serial number that stands on every CRL of the set, for a client made revoked at any time. */
  readonly revokedSerialNumber: string;
  readonly #reservedNames: readonly string[];
  readonly #hierarchy: Hierarchy;
  #request: SetRequest;
  #servers: readonly ServerCredential[];
  #peers: readonly PeerCredential[];
  #clients: readonly ClientCredential[];
  #revocationLists: readonly RevocationList[];
  #rotation: Rotation | undefined;

  constructor(parts: SetParts) {
    this.#request = parts.request;
    this.createdAt = parts.createdAt;
    this.expiresAt = parts.expiresAt;
    const { hierarchy } = parts;
    this.#hierarchy = hierarchy;
    this.authority = hierarchy.root;
    this.intermediates = hierarchy.intermediates;
    this.#servers = parts.servers.map((server) => this.#inThisSet(server));
    this.#peers = parts.peers.map((peer) => this.#inThisSet(peer));
    this.untrustedClients = parts.untrustedClients;
    this.untrustedServers = parts.untrustedServers.map((server) => this.#inThisSet(server));
    this.revokedSerialNumber = parts.revokedSerialNumber;
    this.#reservedNames = parts.reservedNames;
    this.#clients = parts.clients;
    this.#revocationLists = parts.revocationLists;
    this.#rotation = parts.rotation;
  }

  /** @internal */
  get [SET_MARK](): number {
    return SET_SHAPE;
  }

  /** What the set was made from, with the servers and peers that were added since. */
  get request(): SetRequest {
    return this.#request;
  }

  /** The first server: the one called `server` where the set has names of its own. */
  get server(): ServerCredential {
    return this.#servers[0] as ServerCredential;
  }

  /** Every server to be trusted, the first one among them. */
  get servers(): readonly ServerCredential[] {
    return this.#servers;
  }

  /** The parties that are server and client at once. */
  get peers(): readonly PeerCredential[] {
    return this.#peers;
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
    return findByName('client', this.#clients, value);
  }

  /**
   * The server with this id; `server` is the one with the set's own names.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET`
   */
  serverOf(id: string): ServerCredential {
    return findByName('server', this.#servers, id);
  }

  /**
   * The peer with this id.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET`
   */
  peer(id: string): PeerCredential {
    return findByName('peer', this.#peers, id);
  }

  /**
   * The server, peer or client to be trusted that is called so.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET`
   */
  party(name: string): PartyCredential {
    return this.#parties.find((party) => party.name === name) ?? this.client(name);
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
    const example = "['wrong-name']";
    return serverCatalogueOf(this, readList('the list of flaws', flaws, example) as ServerFlawName[]);
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
    const asked = readList('the list of identities', identities, "['alice']");
    const parsed = nameClients(
      asked.map((typed) => readClientIdentity(typed, this.#request)),
      this.#reservedNames,
      this.#parties,
    );
    const clients = (await this.#issue(parsed, now)) as ClientCredential[];
    this.#clients = [...this.#clients, ...clients];
    return clients;
  }

  /**
   * Makes one more server, of the set's CA. Its life ends with the CA's.
   *
   * @param id the name of its files: letters, digits, `.`, `_`, `-`
   * @param names DNS names, addresses and URIs, at least one
   * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`, `ERR_PARTY_CONFLICT`, `ERR_OUTSIDE_CONSTRAINTS` or
   * `ERR_SET_ENDED`
   * @example
   * ```ts
   * const db = await set.issueServer('db', ['db.test', 'localhost']);
   * https.createServer(db.tlsOptions());
   * ```
   */
  async issueServer(id: string, names: readonly string[]): Promise<ServerCredential> {
    const [server] = await this.issueServers([{ id, names }]);
    return server as ServerCredential;
  }

  /** As {@link CertificateSet.issueServer}, several at once: all of them or, where one is refused, none. */
  async issueServers(servers: readonly ServerOptions[]): Promise<ServerCredential[]> {
    return this.#issueServers('server', servers);
  }

  /** Makes more parties that are server and client at once, as {@link CertificateSet.issueServers}. */
  async issuePeers(peers: readonly ServerOptions[]): Promise<PeerCredential[]> {
    return (await this.#issueServers('peer', peers)) as PeerCredential[];
  }

  /**
   * Certifies a key that someone else holds. Of a request (PKCS #10) the key, the subject and the subjectAltName are
   * taken, the names through the checks of typed ones; whatever else it asks for is left out.
   *
   * @param request PEM, or DER
   * @throws {@link GenerateCertsError} `ERR_REQUEST_INVALID` where it is none, its signature is wrong or its key is too
   * weak; what the names are refused with; `ERR_SET_ENDED`
   * @example
   * ```ts
   * const make = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=dora'];
   * const request = execFileSync('openssl', make, { stdio: ['ignore', 'pipe', 'ignore'] });
   * const { credential, leftOut } = await set.sign(request);
   * console.log(credential.pem, leftOut);
   * ```
   */
  async sign(request: string | Uint8Array, options: SignOptions = {}): Promise<SignedRequest> {
    const { as, name } = parseSignOptions(options);
    const now = new Date();
    refuseEnded(this.expiresAt, now);
    const { readRequest } = await import('./read/read-request.js');
    const asked = await readRequest(request);
    const { publicKey } = asked;
    const { party, leftOut } =
      as === 'client' ? requestedIdentity(asked, name) : requestedServer(as, asked, name);
    const [parsed] =
      'kind' in party
        ? nameClients(
            [this.#request.plainSan ? withPlainSan(party) : party],
            this.#reservedNames,
            this.#parties,
          )
        : nameServers([party], this.#reservedNames, this.#parties);
    const [credential] = await this.#issue([{ ...(parsed as ParsedParty), publicKey }], now);
    return { credential: this.#add(parsed as ParsedParty, credential as PartyCredential), leftOut };
  }

  #add(party: ParsedParty, credential: PartyCredential): PartyCredential {
    if (party.role === 'client') {
      this.#clients = [...this.#clients, credential as ClientCredential];
      return credential;
    }
    const server = this.#inThisSet(credential as ServerCredential);
    const list = party.role === 'server' ? 'servers' : 'peers';
    this.#request = { ...this.#request, [list]: [...this.#request[list], recordOf(party)] };
    if (party.role === 'server') this.#servers = [...this.#servers, server];
    else this.#peers = [...this.#peers, server as PeerCredential];
    return server;
  }

  async #issueServers(
    role: 'server' | 'peer',
    servers: readonly ServerOptions[],
  ): Promise<ServerCredential[]> {
    const now = new Date();
    refuseEnded(this.expiresAt, now);
    const listed = readList(`the list of ${role}s`, servers, "[{ id: 'db', names: ['db.test'] }]");
    const asked = listed.map((server) => parseServer(role, server as ServerOptions));
    refuseForeignLayouts(asked, this.#request.layouts);
    const parsed = nameServers(asked, this.#reservedNames, this.#parties);
    const issued = await this.#issue(parsed, now);
    return issued.map(
      (server, index) => this.#add(parsed[index] as ParsedServer, server) as ServerCredential,
    );
  }

  async #issue(parties: readonly ParsedParty[], now: Date): Promise<PartyCredential[]> {
    for (const party of parties) {
      for (const identity of identitiesOf(party)) refuseOutsideNames(identity, this.issuer);
    }
    const validity = this.#validityFrom(now);
    const { hierarchy, request } = this;
    return issueParties(parties, { keyType: request.key, keys: freshKeys, hierarchy, validity });
  }

  /**
   * Puts a client on the CA's revocation list; a peer or a server, too, by its id. Revoking it twice changes nothing.
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
    const { certificate, name } = this.party(identity);
    const now = new Date();
    refuseEnded(this.expiresAt, now);
    if (this.revokedAt(certificate) !== undefined) return this.revocationList;
    const { number, revocations } = this.revocationList;
    const revokedAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const moments = { thisUpdate: this.#validityFrom(now).notBefore, nextUpdate: this.expiresAt };
    const { serialNumber } = certificate;
    const rotation = this.#rotation && addPreviousRevocation(this.#rotation, name, revokedAt, moments);
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

  /** File names, without the extension and in lower case, that no party of the set may take. */
  get reservedNames(): readonly string[] {
    return this.#reservedNames;
  }

  /** Every certificate of the set that is no CA's, in the order in which they are listed. */
  get credentials(): readonly Credential[] {
    return [...this.#parties, ...this.untrustedClients, ...this.untrustedServers];
  }

  get #parties(): readonly PartyCredential[] {
    return [...this.#servers, ...this.#peers, ...this.#clients];
  }

  /** The same server, trusting what this set trusts and with its lists as they are whenever it is asked. */
  #inThisSet<Server extends ServerCredential>(server: Server): Server {
    const { trusted } = trustOf(this.#hierarchy);
    return server.inSet(trusted, () => this.revocationLists) as Server;
  }

  /** From now to the set's end; whole seconds, and never before the CA's own certificate begins. */
  #validityFrom(now: Date): Validity {
    const begin = Math.max(Math.floor(now.getTime() / 1000) * 1000, this.createdAt.getTime());
    return validityFrom(new Date(begin), this.expiresAt, parseDuration(this.#request.backdate));
  }
}

/** How many names a hint lists. */
const MOST_NAMED = 20;

function findByName<Party extends Credential>(what: string, parties: readonly Party[], asked: string): Party {
  const found = parties.find(({ name }) => name === asked);
  if (found !== undefined) return found;
  const known = parties.map(({ name }) => name).slice(0, MOST_NAMED);
  throw new GenerateCertsError(
    'ERR_NOT_IN_SET',
    `the set has no ${what} ${quote(asked)}`,
    known.length === 0 ? `the set has no ${what}s` : hintForUnknown(textOf(asked), known),
  );
}
