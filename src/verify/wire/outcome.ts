/** What became of one attempt at an endpoint. */
export interface Outcome {
  /**
   * - `let-in`: the application behind the endpoint answered.
   * - `refused`: the endpoint turned the attempt away.
   * - `wrong-server`: this side turned the endpoint away, or it speaks no TLS.
   * - `no-answer`: nothing came within the time, or nothing listens there.
   * - `not-loaded`: this side's own TLS library would not load the certificate.
   * - `differs`: the application answered, and otherwise than it answers the valid client.
   * - `version`: the endpoint does not speak this version of TLS.
   */
  readonly kind: 'let-in' | 'refused' | 'differs' | 'wrong-server' | 'no-answer' | 'not-loaded' | 'version';
  /** What it was told by. */
  readonly cause: Cause;
  /** For `let-in`: whether it was the answer of a working application, not just any. */
  readonly working?: boolean;
  /** For `let-in`: whether the valid client gets the same, and there is nothing of what was asked for. */
  readonly missed?: boolean;
}

/** What an outcome was told by. It has no words of its own: they are in `report/wording.ts`. */
export type Cause =
  /** An alert of TLS, by its number (RFC 8446 section 6). */
  | { readonly kind: 'alert'; readonly number: number }
  /** The other side ended the connection before an answer. */
  | { readonly kind: 'closed' }
  /** It did, and then let in no valid client any more. */
  | { readonly kind: 'closed-for-all' }
  | { readonly kind: 'timeout'; readonly milliseconds: number; readonly after?: Stage | undefined }
  /** So many attempts got no answer that this one was not made. */
  | { readonly kind: 'given-up'; readonly silent: number }
  | { readonly kind: 'unreachable'; readonly reason: Unreachable }
  /** This side's own verification of the endpoint's certificate. */
  | { readonly kind: 'server-certificate'; readonly problem: ServerProblem }
  /** The endpoint takes none of the protocols that this side offers in TLS. */
  | { readonly kind: 'no-common-protocol'; readonly alert: number }
  | { readonly kind: 'tls-version' }
  /** It answers without TLS where TLS was begun. */
  | { readonly kind: 'plaintext' }
  /** It speaks the protocol, and does not take up TLS. */
  | { readonly kind: 'tls-not-offered'; readonly protocol: string; readonly said: string }
  /** TLS was established, and nothing ended the connection within so long. */
  | { readonly kind: 'quiet'; readonly milliseconds: number }
  /** TLS was established, and the other side sent something. */
  | { readonly kind: 'spoke' }
  /** It answers nothing that makes sense where TLS was not begun. */
  | { readonly kind: 'not-plaintext' }
  | { readonly kind: 'broken-protocol'; readonly code: string }
  | { readonly kind: 'unknown-failure'; readonly code: string }
  /** This side's own TLS library. */
  | { readonly kind: 'own-tls'; readonly code: string }
  | {
      readonly kind: 'http';
      readonly status: number;
      /** What the page of a refusal says. */
      readonly reason?: string | undefined;
      /** Where a redirect leads. */
      readonly location?: string | undefined;
      /** Whether the application turned the caller away by it, whom its TLS had let in. */
      readonly refuses?: boolean | undefined;
    }
  /** A status of a protocol's own, and the HTTP status where that told more. */
  | {
      readonly kind: 'status';
      readonly protocol: string;
      readonly status: string;
      readonly http?: number;
      /** Whether the application turned the caller away by it, whom its TLS had let in. */
      readonly refuses?: boolean;
      /**
       * Where the application asks for more than a certificate, which is no refusal where the valid client is asked too; and
       * what it is for others where that one is not asked: a refusal, or neither one nor the other.
       */
      readonly asksForMore?: 'refused' | 'differs';
    }
  /** A request, or the whole connection, was ended by a code of the protocol. */
  | {
      readonly kind: 'reset';
      readonly of: 'stream' | 'connection';
      readonly protocol: string;
      readonly code: string;
    }
  /** It takes the connection, and what it answers is another protocol. */
  | { readonly kind: 'other-answer'; readonly protocol: string; readonly begins?: string | undefined }
  /** A model declares no inputs that zeros could be made for. */
  | { readonly kind: 'no-inputs' };

/** How far a connection came. */
export type Stage = 'nothing' | 'connection' | 'handshake';

export type ServerProblem =
  | 'other-name'
  | 'expired'
  | 'not-yet-valid'
  | 'other-ca'
  | 'not-for-serving'
  | 'revoked';
export type Unreachable = 'unresolved' | 'nothing-listens' | 'host' | 'network' | 'address' | 'no-answer';

const PROTOCOL_VERSION = 70;
const NO_APPLICATION_PROTOCOL = 120;

/** By the codes of OpenSSL and Node. */
const SERVER_PROBLEMS: Readonly<Record<string, ServerProblem>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'other-ca',
  UNABLE_TO_GET_ISSUER_CERT: 'other-ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'other-ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'other-ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'other-ca',
  CERT_SIGNATURE_FAILURE: 'other-ca',
  CERT_UNTRUSTED: 'other-ca',
  INVALID_PURPOSE: 'not-for-serving',
  INVALID_CA: 'other-ca',
  CERT_REVOKED: 'revoked',
};

const UNREACHABLE: Readonly<Record<string, Unreachable>> = {
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  ECONNREFUSED: 'nothing-listens',
  EHOSTUNREACH: 'host',
  ENETUNREACH: 'network',
  EADDRNOTAVAIL: 'address',
  ETIMEDOUT: 'no-answer',
};

/** How a connection that this side did not end came to its end before an answer. */
export const CLOSED: Outcome = { kind: 'refused', cause: { kind: 'closed' } };

/** What ran out of its time. */
export function timedOut(timeoutMs: number, after?: Stage): Outcome {
  return { kind: 'no-answer', cause: { kind: 'timeout', milliseconds: timeoutMs, after } };
}

/** An error of this side's own, which knows what it says of the endpoint. */
export class OutcomeError extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.cause.kind);
    this.outcome = outcome;
  }
}

/** What a failed connection or request says of the endpoint. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof OutcomeError) return error.outcome;
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  // OpenSSL has the number of an alert in its message alone.
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  if (alert !== undefined) {
    const number = Number(alert);
    if (number === NO_APPLICATION_PROTOCOL)
      return { kind: 'wrong-server', cause: { kind: 'no-common-protocol', alert: number } };
    return {
      kind: number === PROTOCOL_VERSION ? 'version' : 'refused',
      cause: { kind: 'alert', number },
    };
  }
  const problem = SERVER_PROBLEMS[code];
  if (problem !== undefined) return { kind: 'wrong-server', cause: { kind: 'server-certificate', problem } };
  const reason = UNREACHABLE[code];
  if (reason !== undefined) return { kind: 'no-answer', cause: { kind: 'unreachable', reason } };
  if (/unsupported.protocol|no.protocols.available/i.test(`${code} ${message}`)) {
    return { kind: 'version', cause: { kind: 'tls-version' } };
  }
  if (
    /wrong.version.number|packet.length.too.long|http.request|unknown.protocol/i.test(`${code} ${message}`)
  ) {
    return { kind: 'wrong-server', cause: { kind: 'plaintext' } };
  }
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_HTTP2_STREAM_ERROR'].includes(code)) {
    return CLOSED;
  }
  const { rawPacket } = error as { rawPacket?: unknown };
  const begins = Buffer.isBuffer(rawPacket) ? rawPacket.subarray(0, 24).toString('latin1') : undefined;
  if (code.startsWith('HPE_') && begins?.startsWith('HTTP/') === false) {
    return { kind: 'wrong-server', cause: { kind: 'other-answer', protocol: 'HTTP', begins } };
  }
  if (
    code.startsWith('ERR_SSL') ||
    code === 'EPROTO' ||
    code.startsWith('HPE_') ||
    code.startsWith('ERR_HTTP2')
  ) {
    return { kind: 'wrong-server', cause: { kind: 'broken-protocol', code } };
  }
  return { kind: 'wrong-server', cause: { kind: 'unknown-failure', code } };
}

/** Statuses by which NGINX turns a client's certificate away after the handshake, and by which applications do. */
const REFUSING_STATUSES = new Set([400, 401, 403, 495, 496]);
const APPLICATION_STATUSES = new Set([401, 403]);

/** What an HTTP status says of the attempt, seen by itself. */
export function outcomeOfHttpStatus(status: number, reason?: string, location?: string): Outcome {
  const refuses = APPLICATION_STATUSES.has(status) && reason === undefined ? true : undefined;
  const cause: Cause = { kind: 'http', status, reason, location, refuses };
  if (REFUSING_STATUSES.has(status)) return { kind: 'refused', cause };
  return { kind: 'let-in', cause, working: status >= 200 && status < 400 };
}
