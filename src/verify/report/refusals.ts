// The words of what keeps a valid client out.
import type { Cause, ServerProblem, Stage } from '../wire/outcome.js';
import { causeText } from './causes.js';
import type { Refusal } from './finding.js';

/** How far an endpoint came that gave no answer. */
export function silenceText(cause: Cause): string {
  const stage = cause.kind === 'timeout' ? cause.after : undefined;
  return stage === undefined ? 'the endpoint did not answer' : SILENCES[stage];
}

const SILENCES: Readonly<Record<Stage, string>> = {
  nothing: 'no connection was made: a firewall may drop what is sent there',
  connection: 'it takes the connection and says nothing: it may expect another protocol, or not work',
  handshake:
    'TLS was established, and no answer came to the request: it may expect another protocol, or not work',
};

/** What may be looked at next, by what was seen. */
export const REFUSALS: Readonly<Record<Refusal, string>> = {
  'other-ca': 'does the endpoint trust the CA of this set?',
  revoked: "it is on the endpoint's revocation list",
  ended: 'its certificate has ended',
  'list-ended':
    "its certificate has not ended, so the endpoint's revocation list or its CA's certificate has, or its clock is ahead",
  'not-asked-in-time': 'the endpoint saw no certificate of it',
  'post-handshake':
    'the endpoint asks for the certificate after the handshake, which few clients of TLS 1.3 can answer; require it for the whole host (Apache: SSLVerifyClient outside <Location> and <Directory>)',
  front:
    "it was checked after the handshake and turned away without a reason: the endpoint trusts another CA, or its revocation list has ended or is another CA's; its log says which",
  'allow-list':
    "TLS let it in and the application turned it away: is its name on the endpoint's list? --refused <name> says that it must not be, --client <name> chooses others",
  'no-login':
    'TLS let it in and the application turned it away: does it know this client by its certificate alone? no password is sent. A URL may name a user (PostgreSQL, MySQL, MQTT, NATS); --client <name> chooses another client',
  'unknown-caller':
    "TLS let it in and the application does not know it: does it read the certificate's name, is that on its list, or does it want a token as well? --path or --method names what needs none",
  'not-asked':
    'the endpoint asks for no certificate when TLS begins, so it cannot know the client; does it verify clients, and for every path?',
  'asked-for':
    "the endpoint asks for certificates of this set's CA and turns one away: has its revocation list ended, or is the list another CA's?",
  'asked-for-others': 'the endpoint asks for certificates of other CAs: does it trust the CA of this set?',
  closed: 'the endpoint ends the connection without a reason; its log has one',
  unknown: 'the endpoint does not say why; its log may',
};

/** Where the endpoint is another than it should be. */
export function notOfSetText(cause: Cause): string {
  const text = causeText(cause);
  if (cause.kind === 'server-certificate') {
    const hint = SERVER_HINTS[cause.problem];
    return `the endpoint is not the set's: ${text}${hint === undefined ? '' : `; ${hint}`}`;
  }
  if (cause.kind === 'no-common-protocol' || cause.kind === 'other-answer') {
    return `it does not speak the protocol of this URL: ${text}`;
  }
  if (cause.kind === 'tls-not-offered') return `is TLS set up there? ${text}`;
  return `the endpoint is not the set's: ${text}`;
}

const SERVER_HINTS: Partial<Record<ServerProblem, string>> = {
  'other-ca': '--server-ca <file> gives another CA to check it against',
  'other-name': '--server-name <name> gives the name to call and check',
};
