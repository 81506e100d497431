// The words of what an outcome was told by.
import type { Cause, ServerProblem, Unreachable } from '../wire/outcome.js';

/** The alerts of RFC 8446 section 6 and RFC 5246 section 7.2, by number. */
const ALERTS: Readonly<Record<number, string>> = {
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

const SERVER_PROBLEMS: Readonly<Record<ServerProblem, string>> = {
  'other-name': 'its certificate is for another name',
  expired: 'its certificate has ended',
  'not-yet-valid': 'its certificate is not valid yet',
  'other-ca': "its certificate is not signed by the set's CA",
  'not-for-serving': 'its certificate is not for serving',
  revoked: 'its certificate is revoked',
};

const UNREACHABLE: Readonly<Record<Unreachable, string>> = {
  unresolved: 'the name does not resolve',
  'nothing-listens': 'connection refused: nothing listens there',
  host: 'the host cannot be reached',
  network: 'the network cannot be reached',
  address: 'the address cannot be reached',
  'no-answer': 'no answer in time',
};

/** What an outcome was told by. */
export function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'alert':
      return alertText(cause.number);
    case 'closed':
      return 'connection closed';
    case 'closed-for-all':
      return 'connection closed, and the valid client is not let in any more';
    case 'timeout':
      return `no answer within ${cause.milliseconds / 1000} s`;
    case 'given-up':
      return `${cause.silent} attempts got no answer`;
    case 'unreachable':
      return UNREACHABLE[cause.reason];
    case 'server-certificate':
      return SERVER_PROBLEMS[cause.problem];
    case 'no-common-protocol':
      return `it speaks another protocol (${alertText(cause.alert)})`;
    case 'tls-version':
      return 'this version of TLS is not spoken';
    case 'plaintext':
      return 'it answers without TLS';
    case 'tls-not-offered':
      return `it does not take up TLS: ${cause.protocol} answers '${cause.said}'`;
    case 'quiet':
      return `TLS handshake, and no alert within ${cause.milliseconds / 1000} s`;
    case 'spoke':
      return 'TLS handshake, and it spoke';
    case 'not-plaintext':
      return 'not plaintext';
    case 'broken-protocol':
      return `it breaks the protocol (${cause.code})`;
    case 'unknown-failure':
      return cause.code === '' ? 'it fails in an unknown way' : cause.code;
    case 'own-tls':
      return `this side's TLS library: ${cause.code}`;
    case 'http':
      return httpText(cause);
    case 'status':
      return statusText(cause);
    case 'reset':
      return `${cause.protocol} ${cause.of === 'stream' ? 'stream reset' : 'connection ended'} (${cause.code})`;
    case 'other-answer':
      return cause.begins === undefined
        ? `it takes the connection and answers no ${cause.protocol} call`
        : `what it answers is not ${cause.protocol}: it begins with '${cause.begins.trimEnd()}'`;
    case 'no-inputs':
      return 'the model declares no inputs that zeros could be made for';
  }
}

function alertText(number: number): string {
  return `TLS alert ${ALERTS[number] ?? number}`;
}

function httpText({ status, reason, location, refuses }: Cause & { kind: 'http' }): string {
  const text = `HTTP ${status}${location === undefined ? '' : ` to ${location}`}`;
  if (reason !== undefined) return `${text}: ${reason}`;
  return refuses === true ? `${text}, ${BY_APPLICATION}` : text;
}

const BY_APPLICATION = 'by the application after the handshake';

function statusText({ protocol, status, http, refuses }: Cause & { kind: 'status' }): string {
  const text = `${protocol} ${status}`;
  if (http !== undefined) return `${text}, HTTP ${http}`;
  return refuses === true ? `${text}, ${BY_APPLICATION}` : text;
}
