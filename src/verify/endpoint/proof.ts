import type { CertificateSet } from '../../pki/set.js';
import type { Answer, Endpoint } from '../protocols/protocol.js';
import type { TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';

/** What one endpoint is proved with. */
export interface Proof {
  readonly endpoint: Endpoint;
  readonly set: CertificateSet;
  readonly cases: readonly Case[];
  /** The harmless request of its protocol, checked. */
  readonly request: string;
  readonly model: string | undefined;
  readonly timeoutMs: number;
}

/** An endpoint that let in a valid client: only now does a refusal mean anything. */
export interface Opened extends Proof {
  /** The case of that client. */
  readonly valid: Case;
  /** The versions of TLS that it was let in with, the newest first; at least one. */
  readonly versions: readonly TlsVersion[];
  /** What it was answered, by version. */
  readonly answers: ReadonlyMap<TlsVersion, Answer>;
}
