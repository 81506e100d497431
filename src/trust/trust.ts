import { join, resolve } from 'node:path';
import { GenerateCertsError, quote } from '../errors.js';
import type { ManifestCertificate } from '../store/manifest/manifest.js';
import { readManifest } from '../store/manifest/read.js';
import { environmentError, errnoOf } from '../store/transaction/file-system.js';
import type { Environment } from '../store/trust-bundle.js';
import { readOptions } from '../util/options.js';
import { readRegularFile } from '../util/regular-file.js';
import { withTruststore } from './java-options.js';

/** Variables that name more roots, beside those that a program has by itself. */
const ADDING = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT'] as const;

/** Variables that name the roots a program has, and who reads them. */
const REPLACING = [
  'SSL_CERT_FILE', // OpenSSL and what is built on it (Python's ssl, Ruby, PHP), Go, rustls
  'NIX_SSL_CERT_FILE', // OpenSSL as Nix builds it, which looks here first
  'REQUESTS_CA_BUNDLE', // Python's requests
  'CURL_CA_BUNDLE', // curl, and requests
  'HTTPLIB2_CA_CERTS', // Python's httplib2
  'PIP_CERT', // pip
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', // gRPC: C-core with all languages on it, and grpc-js
  'GIT_SSL_CAINFO', // git
  'CARGO_HTTP_CAINFO', // Cargo
  'AWS_CA_BUNDLE', // the AWS command line and SDKs
  'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE', // the Google Cloud command line
  'BUNDLE_SSL_CA_CERT', // Ruby's Bundler
] as const;

/**
 * How {@link trustVariables} looks at the environment.
 *
 * @example
 * ```ts
 * const options: TrustOptions = { env: { ...process.env, SSL_CERT_FILE: undefined } };
 * const { variables } = await trustVariables('certs', options);
 * ```
 */
export interface TrustOptions {
  /**
   * The variables that the programs would have otherwise. What they trust by them, they go on trusting.
   * @default process.env
   */
  readonly env?: Environment | undefined;
}

/**
 * What {@link trustVariables} gives.
 *
 * @example
 * ```ts
 * const { variables, expiresAt }: TrustVariables = await trustVariables('certs');
 * console.log(variables.SSL_CERT_FILE, expiresAt);
 * ```
 */
export interface TrustVariables {
  /** Names and values, to be added to a program's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** When the set ends, as its manifest has it. */
  readonly expiresAt: string;
}

/**
 * The environment variables that make other programs trust the set in a folder.
 *
 * Those which add to a program's roots name the CA alone; those which replace the roots name a file, in
 * the user's cache, that holds the CA and what the program trusts without it. `JAVA_TOOL_OPTIONS` names a truststore
 * of the same, after the options that it had. `GENERATE_CERTS_OUT`,
 * `_CA`, `_SERVER_CERT`, `_SERVER_KEY`, `_CLIENT_CERT` and `_CLIENT_KEY` say where the set, its CA, its
 * server's and its first client's files are. All paths are absolute.
 *
 * @throws {@link GenerateCertsError} as {@link readManifest}; `ERR_SET_DAMAGED` where the CA's
 * certificate is missing; `ERR_FILE_SYSTEM`
 * @example
 * ```ts
 * await ensureCertificateSet('certs');
 * const { variables } = await trustVariables('certs');
 * spawn('curl', ['--version'], { env: { ...process.env, ...variables }, stdio: 'ignore' });
 * ```
 */
export async function trustVariables(folder: string, options: TrustOptions = {}): Promise<TrustVariables> {
  const { env = process.env } = readOptions(options, ['env'], '{ env: process.env }');
  const manifest = await readManifest(folder);
  const ofRole = (role: ManifestCertificate['role']) =>
    manifest.certificates.find((certificate) => certificate.role === role && certificate.key !== null);
  const path = (certificate: ManifestCertificate | undefined, part: string) => {
    const found = Object.values(certificate?.files ?? {}).find((parts) => parts[part] !== undefined)?.[part];
    return found === undefined ? undefined : resolve(folder, found);
  };
  const [server, client] = [ofRole('server'), ofRole('client')];
  const ca = path(ofRole('ca'), 'certificate') ?? resolve(folder, 'ca.pem');
  const places = {
    GENERATE_CERTS_OUT: resolve(folder),
    GENERATE_CERTS_CA: ca,
    GENERATE_CERTS_SERVER_CERT: path(server, 'certificate'),
    GENERATE_CERTS_SERVER_KEY: path(server, 'key'),
    GENERATE_CERTS_CLIENT_CERT: path(client, 'certificate'),
    GENERATE_CERTS_CLIENT_KEY: path(client, 'key'),
  };
  const already = (name: string) => {
    const value = env[name];
    return value === undefined || value === '' || value === ca ? [] : [value];
  };
  const beside = [...ADDING, ...REPLACING].flatMap(already);
  const { writeTrustBundle } = await import('../store/trust-bundle.js');
  const { pem: bundle, truststore } = await writeTrustBundle(
    { caPem: await readAuthority(folder, ca), expiresAt: manifest.expiresAt },
    { instead: already('SSL_CERT_FILE')[0], beside: [...new Set(beside)] },
    env,
  );
  const variables = {
    // Where one is set already, its certificates are in the bundle.
    ...Object.fromEntries(ADDING.map((name) => [name, already(name).length > 0 ? bundle : ca])),
    ...Object.fromEntries(REPLACING.map((name) => [name, bundle])),
    JAVA_TOOL_OPTIONS: withTruststore(env.JAVA_TOOL_OPTIONS, truststore),
    ...Object.fromEntries(Object.entries(places).filter(([, value]) => value !== undefined)),
  };
  return { variables: variables as Record<string, string>, expiresAt: manifest.expiresAt };
}

async function readAuthority(folder: string, path: string): Promise<string> {
  try {
    return readRegularFile(path).toString('utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw environmentError(error, `read ${path}`);
  }
  throw new GenerateCertsError(
    'ERR_SET_DAMAGED',
    `the set in ${quote(folder)} is damaged: ${join(folder, 'ca.pem')} is missing`,
    "make it again: run 'generate-certs' with the names and options it was made with",
  );
}
