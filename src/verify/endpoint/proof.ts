import type { CertificateSet } from '../../pki/set.js';
import type { Answer, Endpoint } from '../protocols/protocol.js';
import type { Approach } from '../wire/approach.js';
import type { TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';
import type { RevokeIn } from './options.js';
import type { Patience } from './patience.js';

/** How many cases run side by side. */
export const MOST_AT_ONCE = 8;

/** What one endpoint is proved with. */
export interface Proof {
  readonly endpoint: Endpoint;
  readonly set: CertificateSet;
  readonly cases: readonly Case[];
  /** The request of its protocol, checked: the first where several were asked for. */
  readonly request: string;
  /** What is asked for where the request leads nowhere; none where one was asked for. */
  readonly fallback: string | undefined;
  /** More requests, each tried with a few of the cases. */
  readonly more: readonly string[];
  readonly model: string | undefined;
  readonly timeoutMs: number;
  /** The name of the valid client that the endpoint is opened with: a protocol's user names may follow from it. */
  readonly client?: string | undefined;
  /** Told how many cases more are to be tried, and how many have been. */
  readonly onWork?: ((more: number, done: number) => void) | undefined;
  readonly revokeIn?: RevokeIn | undefined;
  /** How much silence of the endpoint is borne. */
  readonly patience: Patience;
  /** In what every attempt differs from the protocol's usual one. */
  readonly approach?: Approach | undefined;
}

/** An endpoint that let in a valid client: only now does a refusal mean anything. */
export interface Opened extends Proof {
  /** The case of that client. */
  readonly valid: Case;
  /** The versions of TLS that it was let in with, the newest first; at least one. */
  readonly versions: readonly TlsVersion[];
  /** What it was answered, by version. */
  readonly answers: ReadonlyMap<TlsVersion, Answer>;
  /** Whether its answers say the same. */
  readonly steady: boolean;
  /** The versions that let in a client without a certificate; absent until that was tried. */
  readonly openVersions?: ReadonlySet<TlsVersion> | undefined;
}
