// The words of every report, in one place. No decision is made by them.
import { FLAWS, SERVER_FLAWS } from '../../pki/flaws/flaws.js';
import { causeText } from './causes.js';
import type { CallEndCause, Crossed, Evidence, Expected, Note, Observed, Seen, Subject } from './finding.js';
import { type ProbeNote, probeNoteText, probeSubjectText } from './probes.js';
import { notOfSetText, REFUSALS, silenceText } from './refusals.js';
import type { RowKind } from './row.js';
import { problemText, timeLeftText } from './set-problems.js';

/** By what an observation was told; empty where that needs no words. */
export function evidenceText(evidence: Evidence | undefined): string {
  if (evidence === undefined) return '';
  switch (evidence.kind) {
    case 'handshake':
      return 'TLS handshake';
    case 'no-certificate-sent':
      return 'no certificate was sent';
    case 'no-session':
      return 'no session is offered';
    case 'code':
      return evidence.code;
    case 'call': {
      const seen = evidence.seen === undefined ? '' : causeText(evidence.seen);
      return [seen, callEndText(evidence.end)].filter((text) => text !== '').join(', ');
    }
    default:
      return causeText(evidence);
  }
}

function callEndText(end: CallEndCause): string {
  switch (end.kind) {
    case 'done':
    case 'not-seen':
      return '';
    case 'timeout':
      return 'it did not end in time';
    case 'failed':
      return end.said;
    case 'exited':
      return withSaid(`exit status ${end.status}`, end.said);
    case 'killed':
      return withSaid(`ended by ${end.signal}`, end.said);
  }
}

function withSaid(how: string, said: string): string {
  return said === '' ? how : `${how}: ${said}`;
}

/** What was tried. */
export function subjectText(tried: Subject): string {
  switch (tried.kind) {
    case 'client':
      return `${tried.role} ${tried.name}${tried.revoked === true ? ', revoked' : tried.unlisted === true ? ', not on the list' : ''}`;
    case 'elsewhere':
      return `${subjectText(tried.of)}, ${tried.at}`;
    case 'no-certificate':
      return 'no certificate';
    case 'no-tls':
      return 'no TLS';
    case 'flaw':
      return `untrusted ${tried.flaw}`;
    case 'server-certificate':
      return 'server certificate';
    case 'other-clients':
      return 'the other clients';
    case 'every-case':
      return 'every case';
    case 'model':
      return `${subjectText(tried.client)}, ${tried.step === 'metadata' ? 'model metadata' : 'inference'} of ${tried.model}`;
    case 'files':
      return `${tried.count} files`;
    case 'file':
    case 'revocation-list':
      return tried.path;
    case 'certificate':
      return `certificate ${tried.name}`;
    case 'handshake':
      return `handshake, ${subjectText(tried.with)}`;
    case 'handshakes':
      return 'handshakes';
    case 'life':
      return 'time left';
    case 'server':
      return `server ${tried.name}`;
    case 'client-certificate':
      return 'client certificate';
    default:
      return probeSubjectText(tried, subjectText);
  }
}

const EXPECTED: Readonly<Record<Exclude<Expected['kind'], 'server-of-set' | 'certificate'>, string>> = {
  'let-in': 'let in',
  refused: 'refused',
  made: 'made',
  unchanged: 'as it was made',
  'all-unchanged': 'as they were made',
  life: 'a quarter of its life or more',
  list: 'signed by the CA, not ended, with every revocation',
  shown: 'shown when asked for',
  'not-believed': 'answered as itself',
  'own-authorities': "the set's CA alone",
  talks: 'talks to it',
  refuses: 'refuses it',
  nothing: '',
};

/** What must come of a case. */
export function expectedText(expected: Expected): string {
  switch (expected.kind) {
    case 'server-of-set':
      return `of the set's CA, for ${expected.host}`;
    case 'certificate':
      return expected.flaw === null
        ? 'key, chain, purpose, names, time'
        : `key; wrong in one thing: ${expected.flaw}`;
    default:
      return EXPECTED[expected.kind];
  }
}

const OBSERVED: Readonly<Record<Exclude<RowKind, 'damaged' | 'time-left'>, string>> = {
  'let-in': 'let in',
  refused: 'refused',
  'another-answer': 'another answer',
  'not-trusted': 'not trusted',
  'no-answer': 'no answer',
  'not-loaded': 'nothing was sent',
  'version-not-spoken': 'not spoken',
  trusted: 'trusted',
  'not-tried': 'not tried',
  unchanged: 'as they were made',
  'as-expected': 'as it must be',
  'not-as-expected': 'wrong',
  'talked-to': 'talked to',
  'never-connected': 'never connected',
  shown: 'shown',
  'not-shown': 'not shown',
  'another-shown': 'another one shown',
};

/** What came of a case. */
export function observedText(observed: Observed): string {
  switch (observed.kind) {
    case 'damaged':
      return observed.damage.text;
    case 'time-left':
      return timeLeftText(observed.end);
    default:
      return OBSERVED[observed.kind];
  }
}

const NOTES: Readonly<
  Record<
    Exclude<
      Note['kind'],
      | 'hole'
      | 'not-of-set'
      | 'cause'
      | 'clients-left-out'
      | 'other-name-asked'
      | 'problems'
      | 'error'
      | 'valid-refused'
      | 'endpoint-silent'
      | 'given-up'
      | 'client-unreadable'
      | ProbeNote['kind']
    >,
    string
  >
> = {
  'not-loaded': `${OBSERVED['not-loaded']}: this side cannot use the certificate`,
  'another-answer': 'the valid client is answered otherwise: this is neither let in nor a refusal',
  'nothing-there':
    'the valid client gets the same answer, so nothing can be told: --path names something that it may have',
  'not-working': 'let in, but the application behind it did not answer as it should',
  'no-valid-client': 'the set has no valid client',
  'valid-not-let-in': 'the valid client was not let in',
  'set-not-right': 'the set is not right: see above',
  'needs-ca-key':
    'renewals, revocations and new certificates need it; flaws that the set does not have are not tried',
  'needs-key': 'what needs this key is not tried',
  'life-short': 'less than a quarter of its life is left: renew it',
  'no-connection-to-right': 'it never connected: does it call the URL that it is given?',
  'right-refused': "it refuses the right server: does it trust the set's CA?",
  'request-without-tls': 'it sends its request without TLS',
  'request-without-tls-after-all': 'it sends its request without TLS after all',
  'failed-though-answered': 'it failed although it was answered',
  'needless-exception': 'expected to be accepted, and refused: the exception can go',
  'silent-refusal': 'it refused the server and says that all went well',
  'right-not-talked-to': 'the right server was not talked to',
  'certificate-not-shown': 'it shows no certificate where it is asked for one',
  'another-certificate': 'it shows another one',
};

/**
 * Why a case was judged so, or what it means.
 *
 * @param tried what a hole follows from
 */
export function noteText(note: Note | undefined, tried: Subject): string {
  if (note === undefined) return '';
  switch (note.kind) {
    case 'hole':
      return `${holeText(tried)}${note.failedAfter === true ? '; it then failed, after its request was sent' : ''}`;
    case 'endpoint-silent':
      return silenceText(note.cause);
    case 'given-up':
      return `${note.silent} attempts got no answer; if the endpoint is slow, --timeout gives it more time`;
    case 'valid-refused':
      return `the valid client is refused: ${REFUSALS[note.why]}`;
    case 'client-unreadable':
      return `${subjectText(note.client)} cannot be read: ${note.problem}`;
    case 'not-of-set':
      return notOfSetText(note.cause);
    case 'cause':
      return causeText(note.cause);
    case 'other-name-asked':
      return `it asks for ${note.asked} where it is led to ${note.host}: with the name that it checks overridden, it takes that server's certificate from any host`;
    case 'clients-left-out':
      return `of ${note.count} clients up to ${note.tried} valid and revoked ones are tried`;
    case 'problems':
      return [...new Set(note.problems.map(problemText))].join('; ');
    case 'error':
      return note.message;
    default:
      return note.kind in NOTES ? NOTES[note.kind as keyof typeof NOTES] : probeNoteText(note as ProbeNote);
  }
}

/** What it means where what must be refused was let in, or talked to. */
function holeText(tried: Subject): string {
  switch (tried.kind) {
    case 'no-certificate':
      return 'anybody gets in: it does not require a client certificate';
    case 'no-tls':
      return 'it answers without TLS';
    case 'client':
      return tried.unlisted === true
        ? 'it lets in every client of its CA: the list of names is not applied'
        : NO_LIST;
    case 'elsewhere':
      return holeText(tried.of);
    case 'model':
      return holeText(tried.client);
    case 'flaw':
      return clientHoleText(tried.flaw);
    case 'server':
      return serverHoleText(tried.name);
    default:
      return '';
  }
}

const NO_LIST = 'it reads no revocation list';

function clientHoleText(name: string): string {
  const flaw = FLAWS.find((known) => known.name === name);
  if (flaw === undefined || name === 'revoked') return NO_LIST;
  if (name === 'unknown-ca' || name === 'self-signed') return 'it accepts client certificates of any CA';
  return flaw.severity === 'must'
    ? `it accepts a client certificate that is wrong: ${flaw.summary}`
    : `it accepts it: ${flaw.summary}`;
}

/** Flaws of a server that are none of its certificate's. */
const OTHER_SERVER_HOLES: Readonly<Record<string, string>> = {
  'old-protocol': 'it speaks TLS 1.1, which RFC 8996 ends',
  'no-tls': 'it sends its request where the server speaks no TLS',
};

function serverHoleText(name: string): string {
  const flaw = SERVER_FLAWS.find((known) => known.name === name);
  if (flaw === undefined) return OTHER_SERVER_HOLES[name] ?? '';
  const { summary, clause } = flaw;
  // Some summaries are a sentence of which the certificate is the subject; the others follow on "is".
  const predicate = /^(has|comes|ended|begins|one bit)/.test(summary)
    ? summary.replace(/^one bit/, 'has one bit')
    : `is ${summary}`;
  return `it talks to a server whose certificate ${predicate} (${clause})`;
}

/** `handshake done (TLSv1.3, TLS_AES_256_GCM_SHA384, X25519), ALPN h2`. */
export function crossedText({ plaintext, handshake }: Crossed): string {
  if (plaintext) return 'no TLS';
  if (handshake === undefined) return 'the handshake did not end';
  const { version, cipher, keyExchange, alpn } = handshake;
  const agreed = [version, cipher, ...(keyExchange === undefined ? [] : [keyExchange])].join(', ');
  return `handshake done (${agreed})${alpn === undefined ? '' : `, ALPN ${alpn}`}`;
}

/** What one connection of a client did, in one line. */
export function seenText(seen: Seen): string {
  const { plaintext, handshake, tls, alpn, requested, clientCertificate, cause } = seen;
  const parts = [
    plaintext ? 'no TLS' : handshake ? `handshake done (${tls ?? 'an old TLS'})` : 'no handshake',
  ];
  if (alpn !== '') parts.push(`ALPN ${alpn}`);
  if (clientCertificate !== undefined) parts.push('showed a client certificate');
  parts.push(requested ? 'sent a request' : 'sent no request');
  if (cause !== undefined) parts.push(causeText(cause));
  return parts.join(', ');
}
