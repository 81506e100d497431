/** What became of one attempt at an endpoint. */
export interface Outcome {
  /**
   * - `let-in`: the application behind the endpoint answered.
   * - `refused`: the endpoint turned the attempt away.
   * - `wrong-server`: this side turned the endpoint away, or it speaks no TLS.
   * - `no-answer`: nothing came within the time, or there is nobody.
   * - `not-loaded`: this side's own TLS library would not load the certificate.
   * - `version`: the endpoint does not speak this version of TLS.
   */
  readonly kind: 'let-in' | 'refused' | 'wrong-server' | 'no-answer' | 'not-loaded' | 'version';
  /** What it was told by: a TLS alert, an HTTP or gRPC status, an error. */
  readonly by: string;
  /** For `let-in`: whether it was the answer of a working application, not just any. */
  readonly working?: boolean;
}

/** The alerts of RFC 8446 section 6 and RFC 5246 section 7.2, by number. */
const ALERTS: Record<number, string> = {
  0: 'close notify',
  10: 'unexpected message',
  20: 'bad record mac',
  22: 'record overflow',
  40: 'handshake failure',
  41: 'no certificate',
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'certificate revoked',
  45: 'certificate expired',
  46: 'certificate unknown',
  47: 'illegal parameter',
  48: 'unknown ca',
  49: 'access denied',
  50: 'decode error',
  51: 'decrypt error',
  70: 'protocol version',
  71: 'insufficient security',
  80: 'internal error',
  86: 'inappropriate fallback',
  90: 'user canceled',
  109: 'missing extension',
  110: 'unsupported extension',
  112: 'unrecognized name',
  113: 'bad certificate status response',
  115: 'unknown psk identity',
  116: 'certificate required',
  120: 'no application protocol',
};

const PROTOCOL_VERSION = 70;
const NO_APPLICATION_PROTOCOL = 120;

/** This side's own verification of the endpoint's certificate, by the codes of OpenSSL and Node. */
const SERVER_PROBLEMS: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has ended',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by the set's CA",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is not signed by the set's CA",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not signed by the set's CA",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not signed by the set's CA",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not signed by the set's CA",
  CERT_SIGNATURE_FAILURE: "its certificate is not signed by the set's CA",
  CERT_UNTRUSTED: "its certificate is not signed by the set's CA",
  INVALID_PURPOSE: 'its certificate is not for serving',
  INVALID_CA: "its certificate is not signed by the set's CA",
  CERT_REVOKED: 'its certificate is revoked',
};

const NO_ANSWER: Record<string, string> = {
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve',
  ECONNREFUSED: 'connection refused: nothing listens there',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EADDRNOTAVAIL: 'the address cannot be reached',
  ETIMEDOUT: 'no answer in time',
};

/** How a connection that this side did not end came to its end before an answer. */
export const CLOSED: Outcome = { kind: 'refused', by: 'connection closed' };

/** What ran out of its time. */
export function timedOut(timeoutMs: number): Outcome {
  return { kind: 'no-answer', by: `no answer within ${timeoutMs / 1000} s` };
}

/** What a failed connection or request says of the endpoint. */
export function outcomeOfError(error: unknown): Outcome {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  if (alert !== undefined) {
    const number = Number(alert);
    const by = `TLS alert ${ALERTS[number] ?? number}`;
    if (number === NO_APPLICATION_PROTOCOL)
      return { kind: 'wrong-server', by: `it speaks another protocol (${by})` };
    return { kind: number === PROTOCOL_VERSION ? 'version' : 'refused', by };
  }
  const problem = SERVER_PROBLEMS[code];
  if (problem !== undefined) return { kind: 'wrong-server', by: problem };
  const silence = NO_ANSWER[code];
  if (silence !== undefined) return { kind: 'no-answer', by: silence };
  if (/unsupported.protocol|no.protocols.available/i.test(`${code} ${message}`)) {
    return { kind: 'version', by: 'this version of TLS is not spoken' };
  }
  if (
    /wrong.version.number|packet.length.too.long|http.request|unknown.protocol/i.test(`${code} ${message}`)
  ) {
    return { kind: 'wrong-server', by: 'it answers without TLS' };
  }
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_HTTP2_STREAM_ERROR'].includes(code)) {
    return CLOSED;
  }
  if (
    code.startsWith('ERR_SSL') ||
    code === 'EPROTO' ||
    code.startsWith('HPE_') ||
    code.startsWith('ERR_HTTP2')
  ) {
    return { kind: 'wrong-server', by: `it breaks the protocol (${code})` };
  }
  return { kind: 'wrong-server', by: code === '' ? 'it fails in an unknown way' : code };
}

/** Statuses by which NGINX and other proxies turn a client's certificate away after the handshake. */
const REFUSING_STATUSES = new Set([400, 401, 403, 495, 496]);

/** What an HTTP status says of the attempt. */
export function outcomeOfHttpStatus(status: number, reason: string | undefined): Outcome {
  const by = reason === undefined ? `HTTP ${status}` : `HTTP ${status}: ${reason}`;
  if (REFUSING_STATUSES.has(status)) return { kind: 'refused', by };
  return { kind: 'let-in', by, working: status >= 200 && status < 400 };
}
