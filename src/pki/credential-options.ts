/**
 * Whom a server lets in.
 *
 * @example
 * ```ts
 * const anybody: ServerAuthOptions = { clientAuth: 'none' };
 * const server = https.createServer(set.server.tlsOptions(anybody), handler);
 * ```
 */
export interface ServerAuthOptions {
  /**
   * `require` for clients of the set's CA alone, `none` for anybody.
   * @default 'require'
   */
  readonly clientAuth?: 'require' | 'none' | undefined;
}

/**
 * Root certificates, key and certificate, whether to ask for the client's certificate; all in PEM.
 *
 * @example
 * ```ts
 * const [rootCerts, keyCertPairs, checkClientCertificate]: GrpcServerArguments = set.server.grpcArguments();
 * ```
 */
export type GrpcServerArguments = [
  rootCerts: Buffer | null,
  keyCertPairs: { private_key: Buffer; cert_chain: Buffer }[],
  checkClientCertificate: boolean,
];

/**
 * Root certificates, the client's key, its certificate; all in PEM.
 *
 * @example
 * ```ts
 * const [rootCerts, privateKey, certChain]: GrpcChannelArguments = set.client('alice').grpcArguments();
 * ```
 */
export type GrpcChannelArguments = [rootCerts: Buffer, privateKey: Buffer, certChain: Buffer];

/**
 * What a client gives to Node's TLS; everything in PEM.
 *
 * @example
 * ```ts
 * const options: ClientTlsOptions = set.client('alice').tlsOptions();
 * https.get(url, { ...options, timeout: 1000 });
 * ```
 */
export interface ClientTlsOptions {
  cert: string;
  key: string;
  ca: string;
  ciphers?: string;
}

/**
 * What a server gives to Node's TLS; everything in PEM.
 *
 * @example
 * ```ts
 * const options: ServerTlsOptions = set.server.tlsOptions();
 * const server = tls.createServer({ ...options, minVersion: 'TLSv1.3' });
 * ```
 */
export interface ServerTlsOptions {
  cert: string;
  key: string;
  ca: string;
  /** One list, or one of each CA where there are several. */
  crl?: string | string[];
  ciphers?: string;
  requestCert: boolean;
  rejectUnauthorized: boolean;
}
