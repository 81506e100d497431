import type { Certificate } from './certificate.js';
import { type FlawName, findFlaw } from './flaws.js';
import type { PrivateKey } from './keys.js';
import type { RevocationList } from './revocation-list.js';

/**
 * A certificate with its private key, as one side of a connection uses it.
 *
 * The key stays hidden when a credential is printed or serialised.
 */
export class Credential {
  readonly role: 'server' | 'client' | 'untrusted';
  /** `server`, a client's identity, or `untrusted-<flaw>`. */
  readonly name: string;
  /** The name of its files, without the extension. */
  readonly fileName: string;
  /** What is wrong with it, for one that must be refused. */
  readonly flaw: FlawName | null;
  readonly certificate: Certificate;
  /** What stands behind the certificate in its file: the certificates that a verifier needs to reach the CA. */
  readonly chain: readonly Certificate[];
  readonly privateKey: PrivateKey;
  /** The CA that the other side's certificate is checked against. */
  readonly authority: Certificate;

  constructor(fields: CredentialFields) {
    this.role = fields.role;
    this.name = fields.name;
    this.fileName = fields.fileName;
    this.flaw = fields.flaw ?? null;
    this.certificate = fields.certificate;
    this.chain = fields.chain ?? [];
    this.privateKey = fields.privateKey;
    this.authority = fields.authority;
  }

  /** The certificate and its chain in PEM, as its file holds them. */
  get pem(): string {
    return [this.certificate, ...this.chain].map((certificate) => certificate.pem).join('');
  }
}

export interface CredentialFields {
  role: Credential['role'];
  name: string;
  fileName: string;
  flaw?: FlawName;
  certificate: Certificate;
  chain?: readonly Certificate[];
  privateKey: PrivateKey;
  authority: Certificate;
}

/** A server's certificate and key. */
export class ServerCredential extends Credential {
  readonly #revocationList: () => RevocationList;

  constructor(fields: CredentialFields, revocationList: () => RevocationList) {
    super(fields);
    this.#revocationList = revocationList;
  }

  /**
   * The options of Node's `tls.createServer`, `https.createServer` and `http2.createSecureServer`.
   *
   * The set's revocation list as it is now is among them: for a client that is revoked later, give a
   * running server the new options with `server.setSecureContext`.
   *
   * @param options.clientAuth `require` (the default) lets in clients of the set's CA alone; `none`
   * asks for no certificate
   * @example
   * ```ts
   * const server = https.createServer(set.server.tlsOptions({ clientAuth: 'require' }), handler);
   * ```
   */
  tlsOptions(options: { readonly clientAuth?: 'require' | 'none' } = {}): ServerTlsOptions {
    const required = (options.clientAuth ?? 'require') === 'require';
    return {
      cert: this.pem,
      key: this.privateKey.pem,
      ca: this.authority.pem,
      ...(required && { crl: this.#revocationList().pem }),
      requestCert: required,
      rejectUnauthorized: required,
    };
  }
}

/** A client's certificate and key: one to let in, or one to refuse. */
export class ClientCredential extends Credential {
  /**
   * The options of Node's `tls.connect`, `https.request` and `http2.connect`.
   *
   * For the flaws `weak-key` and `weak-signature` they lower the client's own security level, without
   * which it would not load them and never call (measured with Node 20, 22 and 24).
   *
   * @example
   * ```ts
   * https.get('https://localhost:8443', set.client('alice').tlsOptions());
   * ```
   */
  tlsOptions(): ClientTlsOptions {
    const weak = this.flaw !== null && findFlaw(this.flaw).weak === true;
    return {
      cert: this.pem,
      key: this.privateKey.pem,
      ca: this.authority.pem,
      ...(weak && { ciphers: 'DEFAULT@SECLEVEL=0' }),
    };
  }
}

/** What a client gives to Node's TLS; everything in PEM. */
export interface ClientTlsOptions {
  cert: string;
  key: string;
  ca: string;
  ciphers?: string;
}

/** What a server gives to Node's TLS; everything in PEM. */
export interface ServerTlsOptions {
  cert: string;
  key: string;
  ca: string;
  crl?: string;
  requestCert: boolean;
  rejectUnauthorized: boolean;
}
