import { GenerateCertsError, quote } from '../errors.js';
import { readOptions } from '../util/options.js';
import type {
  ClientTlsOptions,
  GrpcChannelArguments,
  GrpcServerArguments,
  ServerAuthOptions,
  ServerTlsOptions,
} from './credential-options.js';
import { type FlawName, findFlaw, findServerFlaw, type ServerFlawName } from './flaws/flaws.js';
import { encodePkcs1, encodeSec1 } from './formats/key-pem.js';
import { encodeKeystore, encodeTruststore, type Pkcs12Options } from './formats/pkcs12.js';
import type { Certificate } from './issue/certificate.js';
import type { RevocationList } from './issue/revocation-list.js';
import type { PrivateKey } from './keys/keys.js';

/**
 * A certificate with its private key, as one side of a connection uses it.
 *
 * The key stays hidden when a credential is printed or serialised.
 *
 * @example
 * ```ts
 * for (const { name, role, certificate } of set.credentials) console.log(role, name, certificate.serialNumber);
 * ```
 */
export class Credential {
  /** `peer` for a server and client at once, `untrusted` for a client to refuse, `untrusted-server` for a server. */
  readonly role: 'server' | 'peer' | 'client' | 'untrusted' | 'untrusted-server';
  /** `server`, the id of a server or peer, a client's identity, `untrusted-<flaw>` or `untrusted-server-<flaw>`. */
  readonly name: string;
  /** The name of its files, without the extension. */
  readonly fileName: string;
  /** A client's identity with all names that were asked for with it, as it would be typed; else its name. */
  readonly identity: string;
  /** What is wrong with it, for one that must be refused. */
  readonly flaw: FlawName | ServerFlawName | null;
  /** What stands behind the certificate in its file: the certificates that a verifier needs to reach the CA. */
  readonly chain: readonly Certificate[];
  readonly #material: CredentialMaterial;
  /** The root CA that the other side's certificate is checked against. */
  readonly authority: Certificate;
  /** All roots that it trusts: its own CA's and, while a rotation is under way, the other CA's. */
  readonly trusted: readonly Certificate[];
  /** The layouts that have its files; null for all of the set's. */
  readonly layouts: readonly string[] | null;

  constructor(fields: CredentialFields) {
    this.role = fields.role;
    this.name = fields.name;
    this.fileName = fields.fileName;
    this.identity = fields.identity ?? fields.name;
    this.flaw = fields.flaw ?? null;
    this.chain = fields.chain ?? [];
    this.#material = fields.material;
    this.authority = fields.authority;
    this.trusted = fields.trusted ?? [fields.authority];
    this.layouts = fields.layouts ?? null;
  }

  /** Throws `ERR_SET_DAMAGED` where it is read from a file only now, and that is not as it was made. */
  get certificate(): Certificate {
    return this.#material.certificate;
  }

  /**
   * Its private key.
   *
   * @throws {@link GenerateCertsError} `ERR_KEY_UNREADABLE` where the set was loaded from a folder and this user
   * may not read the key's file; `ERR_KEY_ELSEWHERE` where the certificate was signed for a key that the set does not
   * have
   */
  get privateKey(): PrivateKey {
    if (this.isKeyElsewhere) throw keyElsewhere(this.name);
    const { privateKey } = this.#material;
    if (privateKey === 'elsewhere') throw keyElsewhere(this.name);
    return typeof privateKey === 'function' ? privateKey() : privateKey;
  }

  /** Whether this process has the private key. */
  get hasPrivateKey(): boolean {
    return !this.isKeyElsewhere && typeof this.#material.privateKey !== 'function';
  }

  /** Whether the certificate was signed for a key that someone else holds. */
  get isKeyElsewhere(): boolean {
    const material = this.#material;
    return material.isKeyElsewhere ?? material.privateKey === 'elsewhere';
  }

  /** The certificate and its chain in PEM, as its file holds them. */
  get pem(): string {
    return [this.certificate, ...this.chain].map((certificate) => certificate.pem).join('');
  }

  /** What it is made of. */
  protected get fields(): CredentialFields {
    const { role, name, fileName, identity, flaw, chain, authority, trusted, layouts } = this;
    const material = this.#material;
    return { role, name, fileName, identity, flaw, material, chain, authority, trusted, layouts };
  }

  /** The root certificates that it trusts in PEM. */
  get trustedPem(): string {
    return this.trusted.map((certificate) => certificate.pem).join('');
  }

  /** Certificate, chain and key in one PEM text, as HAProxy and MongoDB read it. Holds the private key. */
  get combinedPem(): string {
    return `${this.pem}${this.privateKey.pem}`;
  }

  /** The certificate in DER; its key in DER is `privateKey.der`. */
  get der(): Buffer {
    return this.certificate.der;
  }

  /** The key as `EC PRIVATE KEY`; throws `ERR_KEY_FORMAT` where it is not on a curve. */
  get sec1(): string {
    return encodeSec1(this.privateKey);
  }

  /** The key as `RSA PRIVATE KEY`; throws `ERR_KEY_FORMAT` where it is not RSA. */
  get pkcs1(): string {
    return encodePkcs1(this.privateKey);
  }

  /**
   * A PKCS #12 keystore: key, certificate, chain and CA, under a password.
   *
   * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
   * @example
   * ```ts
   * const pfx = set.client('alice').pkcs12({ password: 'changeit' });
   * https.get('https://localhost:8443', { pfx, passphrase: 'changeit' });
   * ```
   */
  pkcs12(options: Pkcs12Options = {}): Buffer {
    const { name, privateKey, certificate, chain, authority } = this;
    const all = [certificate, ...chain, authority];
    const certificates = all.filter(({ der }, at) => all.findIndex((other) => other.der.equals(der)) === at);
    return encodeKeystore({ name, privateKey, certificates }, options);
  }

  /** A PKCS #12 truststore of the roots that it trusts, as Java reads it; the options of {@link Credential.pkcs12}. */
  truststore(options: Pkcs12Options = {}): Buffer {
    return encodeTruststore(this.trusted, options);
  }
}

/** A private key, or what throws in its place where this user may not read it, or the word that others hold it. */
export type KeyOrSource = PrivateKey | (() => never) | 'elsewhere';

/** A certificate and its key; what reads them from their files may do so when they are first asked for. */
export interface CredentialMaterial {
  readonly certificate: Certificate;
  readonly privateKey: KeyOrSource;
  /** Whether others hold the key, where that is known without a look at it. */
  readonly isKeyElsewhere?: boolean;
}

function keyElsewhere(name: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_KEY_ELSEWHERE',
    `the private key of ${quote(name)} is not in the set`,
    'its certificate was signed by request: use the key with which the request was made',
  );
}

export interface CredentialFields {
  role: Credential['role'];
  name: string;
  fileName: string;
  identity?: string;
  flaw?: FlawName | ServerFlawName | null;
  material: CredentialMaterial;
  chain?: readonly Certificate[];
  authority: Certificate;
  /** The authority alone when absent. */
  trusted?: readonly Certificate[];
  layouts?: readonly string[] | null;
}

/**
 * A server's certificate and key.
 *
 * @example
 * ```ts
 * const server = http2.createSecureServer(set.server.tlsOptions());
 * ```
 */
export class ServerCredential extends Credential {
  readonly #revocationLists: () => readonly RevocationList[];

  /** @param revocationLists of the set that it belongs to; a client that is revoked is let in without */
  constructor(fields: CredentialFields, revocationLists: () => readonly RevocationList[] = () => []) {
    super(fields);
    this.#revocationLists = revocationLists;
  }

  /**
   * The same server in a set that trusts these roots and has these lists.
   *
   * @internal
   */
  inSet(trusted: readonly Certificate[], revocationLists: () => readonly RevocationList[]): ServerCredential {
    return new ServerCredential({ ...this.fields, trusted }, revocationLists);
  }

  /**
   * The options of Node's `tls.createServer`, `https.createServer` and `http2.createSecureServer`, and of
   * what takes the same.
   *
   * The set's revocation list as it is now is among them: for a client that is revoked later, give a
   * running server the new options with `server.setSecureContext`.
   *
   * @param options.clientAuth `require` (the default) lets in clients of the set's CA alone; `none`
   * asks for no certificate
   * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
   * @example
   * ```ts
   * const server = https.createServer(set.server.tlsOptions({ clientAuth: 'require' }), handler);
   * ```
   */
  tlsOptions(options: ServerAuthOptions = {}): ServerTlsOptions {
    const required = requiresClient(options);
    const lists = this.#revocationLists();
    // With one CA's list alone Node refuses what any other CA signed.
    const [first, ...others] = lists.every(({ isSigned }) => isSigned) ? lists.map(({ pem }) => pem) : [];
    return {
      cert: this.pem,
      key: this.privateKey.pem,
      ca: this.trustedPem,
      // Node reads one list from each text.
      ...(required && first !== undefined && { crl: others.length === 0 ? first : [first, ...others] }),
      requestCert: required,
      rejectUnauthorized: required,
      // Without it this side's own library would not load the certificate.
      ...(this.flaw !== null && findServerFlaw(this.flaw).weak === true && { ciphers: 'DEFAULT@SECLEVEL=0' }),
    };
  }

  /**
   * The arguments of `ServerCredentials.createSsl` of `@grpc/grpc-js`. It takes no revocation list: a
   * revoked client is let in.
   *
   * @param options as of {@link ServerCredential.tlsOptions}
   * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
   * @example
   * ```ts
   * const server = new grpc.Server();
   * server.bindAsync('localhost:0', grpc.ServerCredentials.createSsl(...set.server.grpcArguments()), listening);
   * ```
   */
  grpcArguments(options: ServerAuthOptions = {}): GrpcServerArguments {
    const required = requiresClient(options);
    return [
      required ? Buffer.from(this.trustedPem) : null,
      [{ private_key: Buffer.from(this.privateKey.pem), cert_chain: Buffer.from(this.pem) }],
      required,
    ];
  }
}

/**
 * The certificate and key of a party that is server and client at once: a node of a cluster. As a server it is used
 * as any other; {@link PeerCredential.asClient} is its other side.
 *
 * @example
 * ```ts
 * const set = await createCertificateSet({ peers: { 'node-1': ['localhost'], 'node-2': ['localhost'] } });
 * const server = tls.createServer(set.peer('node-1').tlsOptions());
 * const socket = tls.connect({ port: 7000, ...set.peer('node-2').asClient().tlsOptions() });
 * ```
 */
export class PeerCredential extends ServerCredential {
  /** The same certificate and key as a client's. */
  asClient(): ClientCredential {
    return new ClientCredential(this.fields);
  }

  /** @internal */
  override inSet(
    trusted: readonly Certificate[],
    revocationLists: () => readonly RevocationList[],
  ): PeerCredential {
    return new PeerCredential({ ...this.fields, trusted }, revocationLists);
  }
}

function requiresClient(options: ServerAuthOptions): boolean {
  const { clientAuth = 'require' } = readOptions(options, ['clientAuth'], "{ clientAuth: 'require' }");
  if (clientAuth === 'require' || clientAuth === 'none') return clientAuth === 'require';
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option 'clientAuth' is ${quote(clientAuth)}`,
    "give clientAuth: 'require' or clientAuth: 'none'",
  );
}

/**
 * A client's certificate and key: one to let in, or one to refuse.
 *
 * @example
 * ```ts
 * for (const client of set.untrustedClients) {
 *   tls.connect({ port, host: 'localhost', ...client.tlsOptions() }).on('error', () => {});
 * }
 * ```
 */
export class ClientCredential extends Credential {
  /**
   * The same client, trusting other roots.
   *
   * @internal
   */
  trusting(trusted: readonly Certificate[]): ClientCredential {
    return this.trusted === trusted ? this : new ClientCredential({ ...this.fields, trusted });
  }

  /**
   * The options of Node's `tls.connect`, `https.request` and `http2.connect`, and of an undici Agent's
   * `connect`, which `fetch` takes as its dispatcher.
   *
   * For the flaws `weak-key` and `weak-signature` they lower the client's own security level, without
   * which it would not load them and never call (measured with Node 20, 22 and 24).
   *
   * @example
   * ```ts
   * https.get('https://localhost:8443', set.client('alice').tlsOptions());
   * const dispatcher = new undici.Agent({ connect: set.client('alice').tlsOptions() });
   * await undici.fetch('https://localhost:8443', { dispatcher });
   * ```
   */
  tlsOptions(): ClientTlsOptions {
    const weak = this.flaw !== null && findFlaw(this.flaw).weak === true;
    return {
      cert: this.pem,
      key: this.privateKey.pem,
      ca: this.trustedPem,
      ...(weak && { ciphers: 'DEFAULT@SECLEVEL=0' }),
    };
  }

  /**
   * The arguments of `ChannelCredentials.createSsl` of `@grpc/grpc-js`.
   *
   * It cannot lower the security level that the flaws `weak-key` and `weak-signature` need: for these
   * two give `createFromSecureContext` a `tls.createSecureContext(client.tlsOptions())`.
   *
   * @example
   * ```ts
   * const credentials = grpc.ChannelCredentials.createSsl(...set.client('alice').grpcArguments());
   * const client = new grpc.Client('localhost:9000', credentials);
   * ```
   */
  grpcArguments(): GrpcChannelArguments {
    return [Buffer.from(this.trustedPem), Buffer.from(this.privateKey.pem), Buffer.from(this.pem)];
  }
}
