/**
 * Certificates for mutual-TLS tests: a test CA that dies within a day, a server's certificate, the
 * clients that must be let in and those that must be refused.
 *
 * @packageDocumentation
 */
export { type ErrorCode, type ErrorKind, GenerateCertsError, type Warning } from './errors.js';
export { LAYOUT_NAMES, type LayoutName } from './layouts/index.js';
export type { CertificateSetOptions } from './layouts/requests.js';
export type { ClientCredential, Credential, PeerCredential, ServerCredential } from './pki/credential.js';
export type {
  ClientTlsOptions,
  GrpcChannelArguments,
  GrpcServerArguments,
  ServerAuthOptions,
  ServerTlsOptions,
} from './pki/credential-options.js';
export type { Flaw } from './pki/flaws/catalogue.js';
export {
  FLAW_NAMES,
  FLAWS,
  type FlawName,
  SERVER_FLAWS,
  type ServerFlawName,
} from './pki/flaws/flaws.js';
export type { Pkcs12Options } from './pki/formats/pkcs12.js';
export type { Authority } from './pki/issue/authority.js';
export type { Certificate } from './pki/issue/certificate.js';
export type { Revocation, RevocationList } from './pki/issue/revocation-list.js';
export { KEY_TYPES, type KeyType } from './pki/keys/key-types.js';
export type { PrivateKey } from './pki/keys/keys.js';
export type { ServerOptions } from './pki/names/server.js';
export type { ServerRequest, SetRequest } from './pki/request.js';
export type { CertificateSet } from './pki/set.js';
export type { SignedRequest, SignOptions } from './pki/sign-options.js';
export type {
  ChangeOptions,
  KeyAccessOptions,
  LockOptions,
  PasswordOptions,
  ServersOption,
  WriteOptions,
} from './request/options.js';
export { addClients, addPeers, addServers, signRequests } from './store/add.js';
export { type ChangeResult, renewCertificateSet, revokeClient } from './store/change.js';
export { type RemovalResult, removeCertificateSet } from './store/clean.js';
export {
  type Configuration,
  type ConfigurationOptions,
  loadConfiguration,
} from './store/configuration/load.js';
export { createCertificateSet } from './store/create.js';
export { ensureCertificateSet } from './store/ensure.js';
export type { EnsureResult } from './store/ensure-result.js';
export { loadCertificateSet } from './store/manifest/load.js';
export type {
  Manifest,
  ManifestCertificate,
  ManifestFile,
  ManifestRequest,
  ManifestRevocationList,
  ManifestRotation,
} from './store/manifest/manifest.js';
export { readManifest } from './store/manifest/read.js';
export { type RotateOptions, type RotationStep, rotateCertificateSet } from './store/rotate.js';
export { type CredentialFiles, TemporaryCertificates, temporaryCertificates } from './store/temporary.js';
export { type WatchOptions, watchCertificateSet } from './store/watch.js';
export { writeCertificateSet } from './store/write.js';
export type { EnsureOptions } from './store/write-options.js';
export { type TrustOptions, type TrustVariables, trustVariables } from './trust/trust.js';
export { type CheckOptions, checkServerFlags, type FlagReport } from './verify/check/check-server.js';
export type { FindingKind, FlagFinding } from './verify/check/finding.js';
export {
  type ClientContact,
  type ClientServers,
  type ClientServersOptions,
  openClientServers,
} from './verify/client/open-servers.js';
export type { ClientTarget, VerifyClientOptions } from './verify/client/options.js';
export { verifyClient } from './verify/client/verify-client.js';
export type { VerifyEndpointOptions } from './verify/endpoint/options.js';
export { verifyEndpoint } from './verify/endpoint/verify-endpoint.js';
export type { ReportNote, Row, RowKind, Verdict, VerifyReport } from './verify/report/row.js';
export { type VerifySetOptions, verifyCertificateSet } from './verify/set/verify-set.js';
