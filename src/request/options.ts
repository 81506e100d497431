import type { FlawName, ServerFlawName } from '../pki/flaws/flaws.js';
import type { KeyType } from '../pki/keys/key-types.js';
import type { ServerOptions } from '../pki/names/server.js';

/**
 * Servers or peers: by id, or in a list, in which one may be text as the command line has it, `id=name,name`.
 *
 * @example
 * ```ts
 * const servers: ServersOption = { api: ['api.test'], db: { names: ['db.test'], layouts: ['postgres'] } };
 * const set = await createCertificateSet({ layouts: ['grpc', 'postgres'], servers });
 * ```
 */
export type ServersOption =
  | Readonly<Record<string, readonly string[] | Omit<ServerOptions, 'id'>>>
  | readonly (ServerOptions | string)[];

/** What a set may be asked to be. Everything has a default. */
export interface RequestOptions {
  /**
   * The endpoint's names: DNS names (a wildcard may be the leftmost label; international names become
   * A-labels), IPv4 and IPv6 addresses. The first is the server's CN, all are its SAN; `localhost`
   * brings 127.0.0.1 and ::1 with it.
   * @default ['localhost']
   */
  readonly names?: readonly string[] | undefined;
  /**
   * The consumers of the files. Also decides the default key type.
   * @default ['nginx', 'grpc']
   */
  readonly layouts?: readonly string[] | undefined;
  /**
   * Clients to let in: plain names, e-mail addresses, DNS names, addresses or URIs.
   * @default ['client']
   */
  readonly clients?: readonly string[] | undefined;
  /**
   * Servers beside the one with the set's own `names`, each with a key, names and files of its own: by id, a list of
   * names, or names and the layouts that have its files. Where there are any and no `names` are given, the set has no
   * server called `server`.
   * @default {}
   */
  readonly servers?: ServersOption | undefined;
  /**
   * Parties that are server and client at once, such as the nodes of a cluster; as `servers`.
   * @default {}
   */
  readonly peers?: ServersOption | undefined;
  /**
   * How many more clients to let in: `client-1` to `client-n`.
   * @default 0
   */
  readonly extraClients?: number | undefined;
  /**
   * Clients to refuse, by what is wrong with them; `all` for the whole catalogue, `none` for none.
   * @default ['unknown-ca']
   */
  readonly untrusted?: readonly (FlawName | 'all' | 'none')[] | 'all' | 'none' | undefined;
  /**
   * Servers to refuse, by what is wrong with them, for a client to be tested with; `all` for the whole catalogue,
   * `none` for none.
   * @default 'none'
   */
  readonly untrustedServers?: readonly (ServerFlawName | 'all' | 'none')[] | 'all' | 'none' | undefined;
  /**
   * The key type of servers and clients.
   * @default the first type that every chosen layout accepts
   */
  readonly key?: KeyType | undefined;
  /**
   * The CA's own key type.
   * @default 'ec-p256'
   */
  readonly caKey?: KeyType | undefined;
  /**
   * How long the set lives: a whole number and a unit (`90s`, `30m`, `12h`, `1d`), at most 30 days.
   * @default '1d'
   */
  readonly validFor?: string | undefined;
  /**
   * How long before now everything begins, for clocks that differ: a whole number and a unit. At most `validFor`.
   * @default '5m'
   */
  readonly backdate?: string | undefined;
  /**
   * A SAN for clients that bring no name for it, too: `URI:urn:generate-certs:<name>`. Some verifiers (pyca/cryptography's)
   * refuse any client without one, and then refuse it for the wrong reason.
   * @default false
   */
  readonly plainSan?: boolean | undefined;
  /**
   * A CA that may sign only the DNS names asked for (RFC 5280 section 4.2.1.10), for those who put it
   * into a trust store.
   * @default false
   */
  readonly nameConstraints?: boolean | undefined;
  /**
   * How many CAs stand between the root and the leaves, 0 to 3. Servers and clients then present the chain up to the
   * root, and every CA has a revocation list.
   * @default 0
   */
  readonly intermediates?: number | undefined;
  /**
   * The folder of the CA that signs, instead of a new one: of another set, so that the two trust each other, or your
   * own (`ca.pem` with its key as `authority/ca.key`, `ca.key` or `ca-key.pem` in PKCS #8, SEC1 or PKCS #1; or
   * mkcert's). The key is not copied: what signs later, a renewal too, needs the folder again. The set ends with that
   * CA at the latest.
   * @default a CA of the set's own
   */
  readonly ca?: string | null | undefined;
  /**
   * Files with which a consumer signs as the set's CA does: of the layout `kubernetes` a Secret with the CA's certificate
   * and private key, and the Issuer of cert-manager that signs with it. They are written to `authority/kubernetes/`, which
   * only the user who made the set may read. Not with `ca`, whose key is not copied.
   * @default false
   */
  readonly issuer?: boolean | undefined;
  /**
   * Take the private keys of an earlier set of the same request, made in this process with this option
   * too, instead of making new ones: for suites that make many sets with RSA keys. Certificates, names
   * and serial numbers are new all the same, so that no set's CA vouches for another set's clients.
   * @default false
   */
  readonly reuseKeys?: boolean | undefined;
}

/**
 * Who may read the private keys.
 *
 * @example
 * ```ts
 * const access: KeyAccessOptions = { keyMode: ['640', 'client=600'] };
 * await writeCertificateSet(set, 'certs', access);
 * ```
 */
export interface KeyAccessOptions {
  /**
   * Permissions of the servers' and peers' keys, octal; of others' with the party before it, a role or one of it:
   * `client=640`, `client:alice=644`.
   * @default '600'
   */
  readonly keyMode?: string | readonly string[] | undefined;
  /**
   * Owner of the servers' and peers' keys as `uid` or `uid:gid`, in numbers or names that the system knows; of others'
   * with the party before it: `client:alice=70`. Only root may give files away.
   * @default the user who runs the program
   */
  readonly owner?: string | readonly string[] | undefined;
}

/**
 * How long to wait for others that write into the same folder, and when to give up.
 *
 * @example
 * ```ts
 * const options: LockOptions = { lockTimeout: '5s', signal: AbortSignal.timeout(60_000) };
 * await ensureCertificateSet('certs', options);
 * ```
 */
export interface LockOptions {
  /**
   * How long to wait for another run that writes into the same folder: a whole number and a unit.
   * @default '30s'
   */
  readonly lockTimeout?: string | undefined;
  /** Stops the work; what was in the folder before is then still there. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The password of keystores.
 *
 * @example
 * ```ts
 * const options: PasswordOptions = { password: process.env.KEYSTORE_PASSWORD };
 * await ensureCertificateSet('certs', { layouts: ['java'], ...options });
 * ```
 */
export interface PasswordOptions {
  /**
   * The password of the keystores and truststores that the layout `java` has: 1 to 1024 characters of printable ASCII. It
   * is not recorded: whatever changes the set later needs it again.
   * @default 'changeit'
   */
  readonly password?: string | undefined;
}

/** How long a run waits for another one. */
export const DEFAULT_LOCK_TIMEOUT = '30s';

/**
 * How a set is written.
 *
 * @example
 * ```ts
 * const options: WriteOptions = { force: true };
 * await writeCertificateSet(set, 'certs', options);
 * ```
 */
export interface WriteOptions extends KeyAccessOptions, LockOptions, PasswordOptions {
  /**
   * Replace files that this program did not write: those that the manifest does not name and that bear no
   * older set's marks, and those of the set in whose place someone put a certificate, a key or a
   * revocation list of their own.
   * @default false
   */
  readonly force?: boolean | undefined;
}

/**
 * How a set in a folder is changed.
 *
 * @example
 * ```ts
 * const options: ChangeOptions = { lockTimeout: '5s', password: 'changeit' };
 * await ensureCertificateSet('certs');
 * await addClients('certs', ['bob'], options);
 * ```
 */
export interface ChangeOptions extends LockOptions, PasswordOptions {}

/** What to do with the set that is there. */
export interface RunOptions {
  /**
   * Start over: forget the set that is in the folder and its request, and make a new CA.
   * @default false
   */
  readonly new?: boolean | undefined;
  /**
   * Only say what would be made, kept and removed; write nothing.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}
