/**
 * Certificates for mutual-TLS tests: a test CA that dies within a day, a server's certificate, the
 * clients that must be let in and those that must be refused.
 *
 * @packageDocumentation
 */
export { type ErrorCode, type ErrorKind, GenerateCertsError, type Warning } from './errors.js';
export { createCertificateSet } from './layouts/create.js';
export { LAYOUT_NAMES, type LayoutName } from './layouts/index.js';
export type { CertificateSetOptions } from './layouts/request.js';
export type { Authority } from './pki/authority.js';
export type { Certificate } from './pki/certificate.js';
export type {
  ClientCredential,
  ClientTlsOptions,
  Credential,
  GrpcChannelArguments,
  GrpcServerArguments,
  ServerAuthOptions,
  ServerCredential,
  ServerTlsOptions,
} from './pki/credential.js';
export { FLAW_NAMES, FLAWS, type Flaw, type FlawName } from './pki/flaws.js';
export { KEY_TYPES, type KeyType } from './pki/key-types.js';
export type { PrivateKey } from './pki/keys.js';
export type { SetRequest } from './pki/request.js';
export type { Revocation, RevocationList } from './pki/revocation-list.js';
export type { CertificateSet } from './pki/set.js';
export type { Row, Verdict, VerifyReport } from './probe/row.js';
export { checkServerFlags, type FlagFinding, type FlagReport } from './probe/server-flags.js';
export { type VerifyEndpointOptions, verifyEndpoint } from './probe/verify-endpoint.js';
export { type VerifySetOptions, verifyCertificateSet } from './probe/verify-set.js';
export { addClients, type ChangeResult, renewCertificateSet, revokeClient } from './store/change.js';
export { type RemovalResult, removeCertificateSet } from './store/clean.js';
export { type EnsureResult, ensureCertificateSet } from './store/ensure.js';
export type { KeyAccessOptions } from './store/key-access.js';
export { loadCertificateSet } from './store/load.js';
export type { LockOptions } from './store/lock-options.js';
export type {
  Manifest,
  ManifestCertificate,
  ManifestFile,
  ManifestRequest,
  ManifestRevocationList,
} from './store/manifest.js';
export { readManifest } from './store/read.js';
export { type CredentialFiles, TemporaryCertificates, temporaryCertificates } from './store/temporary.js';
export { type TrustOptions, type TrustVariables, trustVariables } from './store/trust.js';
export { type WatchOptions, watchCertificateSet } from './store/watch.js';
export { writeCertificateSet } from './store/write.js';
export type { WriteOptions } from './store/write-options.js';
