// What was found, before it is put into words: every decision is made by these, and the words come last (wording.ts).
import type { Damage } from '../../store/manifest/damages.js';
import type { Cause } from '../wire/outcome.js';
import type { ProbeNote, ProbeSubject, Way } from './probes.js';
import type { Row, RowKind, Verdict } from './row.js';

/** What came of a case, with what its words need. */
export type Observed =
  | { readonly kind: Exclude<RowKind, 'damaged' | 'time-left'> }
  | { readonly kind: 'damaged'; readonly damage: Damage }
  | { readonly kind: 'time-left'; readonly end: TimeLeft };

/** When a set ends, seen from a moment. */
export interface TimeLeft {
  readonly expiresAt: string;
  readonly now: Date;
}

/** What was tried. */
export type Subject =
  | {
      readonly kind: 'client';
      readonly role: string;
      readonly name: string;
      readonly revoked?: boolean;
      /** Whether it is a valid one that an allow-list must not have. */
      readonly unlisted?: boolean;
    }
  /** The same as another, at one address of several, or by another request than the usual one. */
  | { readonly kind: 'elsewhere'; readonly of: Subject; readonly at: string }
  | { readonly kind: 'no-certificate' | 'no-tls' | 'server-certificate' | 'other-clients' | 'every-case' }
  | { readonly kind: 'flaw'; readonly flaw: string }
  | {
      readonly kind: 'model';
      readonly client: Subject;
      readonly step: 'metadata' | 'inference';
      readonly model: string;
    }
  | { readonly kind: 'files'; readonly count: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'revocation-list'; readonly path: string }
  | { readonly kind: 'certificate'; readonly name: string; readonly flaw: string | null }
  | { readonly kind: 'handshake'; readonly with: Subject }
  | { readonly kind: 'life' | 'handshakes' }
  /** A server that a client is led to; its flaw, or `right`. */
  | { readonly kind: 'server'; readonly name: string }
  | { readonly kind: 'client-certificate' }
  /** A case in another way than the usual one. */
  | { readonly kind: 'approach'; readonly with: Subject; readonly way: Way<Subject> }
  | ProbeSubject;

/** What must come of a case. */
export type Expected =
  | {
      readonly kind:
        | 'let-in'
        | 'refused'
        | 'made'
        | 'unchanged'
        | 'all-unchanged'
        | 'life'
        | 'list'
        | 'shown'
        | 'not-believed'
        | 'own-authorities'
        | 'nothing';
    }
  | { readonly kind: 'server-of-set'; readonly host: string }
  | { readonly kind: 'certificate'; readonly flaw: string | null }
  | { readonly kind: 'talks' | 'refuses' };

/** How a call of a client ended, as the client says. */
export type CallEndCause =
  | { readonly kind: 'done' | 'timeout' | 'not-seen' }
  | { readonly kind: 'failed'; readonly said: string }
  | { readonly kind: 'exited'; readonly status: number | null; readonly said: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly said: string };

/** By what an observation was told. */
export type Evidence =
  | Cause
  | { readonly kind: 'handshake' | 'no-certificate-sent' | 'no-session' }
  /** A code of this side's TLS library. */
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'call'; readonly seen: Cause | undefined; readonly end: CallEndCause };

/** One thing that is wrong with a set. */
export type SetProblem =
  | { readonly kind: 'no-certificate' | 'unreadable-certificate' | 'no-key'; readonly path: string }
  | { readonly kind: 'other-key'; readonly path: string; readonly certificate: string }
  | {
      readonly kind:
        | 'other-certificate'
        | 'no-authority'
        | 'not-signed'
        | 'other-issuer'
        | 'is-ca'
        | 'no-ca'
        | 'chain-broken'
        | 'no-list';
    }
  | { readonly kind: 'ended' | 'begins'; readonly at: Date; readonly now: Date }
  | { readonly kind: 'not-for-use'; readonly use: 'server' | 'client' }
  | { readonly kind: 'not-for-name'; readonly name: string }
  | { readonly kind: 'other-common-name'; readonly expected: string }
  | { readonly kind: 'list-count'; readonly found: number; readonly expected: number }
  /** Of a revocation list, in the words of what reads it. */
  | { readonly kind: 'list'; readonly text: string }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'set-ended'; readonly end: TimeLeft };

/** Why it was judged so, or what it means. */
export type Note =
  | {
      readonly kind:
        | 'another-answer'
        | 'nothing-there'
        | 'not-loaded'
        | 'not-working'
        | 'no-valid-client'
        | 'valid-not-let-in'
        | 'set-not-right'
        | 'needs-ca-key'
        | 'needs-key'
        | 'life-short'
        | 'no-connection-to-right'
        | 'right-refused'
        | 'request-without-tls'
        | 'request-without-tls-after-all'
        | 'failed-though-answered'
        | 'needless-exception'
        | 'silent-refusal'
        | 'right-not-talked-to'
        | 'certificate-not-shown'
        | 'another-certificate';
    }
  | { readonly kind: 'endpoint-silent'; readonly cause: Cause }
  /** So many attempts got no answer that no more were made. */
  | { readonly kind: 'given-up'; readonly silent: number }
  | { readonly kind: 'valid-refused'; readonly why: Refusal }
  | { readonly kind: 'client-unreadable'; readonly client: Subject; readonly problem: string }
  /** What must be refused was let in, or talked to: what that means follows from the case. */
  | { readonly kind: 'hole'; readonly failedAfter?: boolean }
  | { readonly kind: 'not-of-set' | 'cause'; readonly cause: Cause }
  /** A client checks its server for another name than the one that it is led to. */
  | { readonly kind: 'other-name-asked'; readonly asked: string; readonly host: string }
  | { readonly kind: 'clients-left-out'; readonly count: number; readonly tried: number }
  | { readonly kind: 'problems'; readonly problems: readonly SetProblem[] }
  /** An error, in its own words. */
  | { readonly kind: 'error'; readonly message: string }
  | ProbeNote;

/** Why a valid client may have been refused. */
export type Refusal =
  /** By its alert, the endpoint does not find the set's CA behind the certificate. */
  | 'other-ca'
  | 'revoked'
  | 'ended'
  /** By its alert something has ended, and the client's certificate has not. */
  | 'list-ended'
  /** It asked for no certificate when TLS began, and misses one. */
  | 'not-asked-in-time'
  /** It asks for the certificate after the handshake (RFC 8446 section 4.6.2). */
  | 'post-handshake'
  /** What is in front of the application turns the certificate away, and does not say why. */
  | 'front'
  /** The application turns the name away. */
  | 'allow-list'
  /** A server of another protocol than HTTP does not log it in. */
  | 'no-login'
  /** The application does not know who calls (HTTP 401, gRPC UNAUTHENTICATED). */
  | 'unknown-caller'
  /** It asks for no certificate when TLS begins. */
  | 'not-asked'
  /** It asks for certificates of the set's CA, and refuses one. */
  | 'asked-for'
  /** It asks for certificates of other CAs. */
  | 'asked-for-others'
  /** It ends the connection without a word. */
  | 'closed'
  | 'unknown';

/** What one connection to a server of the proof did. */
export interface Seen {
  readonly plaintext: boolean;
  readonly handshake: boolean;
  readonly tls: Row['tls'];
  readonly alpn: string;
  readonly requested: boolean;
  readonly clientCertificate: string | undefined;
  readonly cause: Cause | undefined;
}

/** What crossed the wire between this side and an endpoint before the outcome. */
export interface Crossed {
  /** Whether the connection was made without TLS. */
  readonly plaintext: boolean;
  /** What was agreed on; absent where the handshake did not end. In TLS 1.3 it ends before a client is looked at. */
  readonly handshake:
    | {
        readonly version: string;
        readonly cipher: string;
        readonly keyExchange: string | undefined;
        readonly alpn: string | undefined;
      }
    | undefined;
}

/** One case tried, and what came of it. */
export interface Finding extends Pick<Row, 'subject' | 'protocol' | 'tls' | 'severity' | 'milliseconds'> {
  readonly tried: Subject;
  readonly expected: Expected;
  readonly observed: Observed;
  readonly by?: Evidence | undefined;
  readonly verdict: Verdict;
  readonly note?: Note | undefined;
  readonly flaw?: string | undefined;
  readonly wire?: readonly (Seen | Crossed)[] | undefined;
}
