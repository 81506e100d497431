import type { CallEndCause, Finding, Note, Observed } from '../report/finding.js';
import type { Verdict } from '../report/row.js';
import type { Contact } from './contact.js';
import { RIGHT, type ServerCase } from './servers.js';

/** What the caller says of how a call ended: evidence, never the verdict. */
export interface CallEnd {
  /** Whether the client says that all went well; nothing where it did not end in time. */
  readonly succeeded: boolean | undefined;
  readonly cause: CallEndCause;
}

export const NOT_IN_TIME: CallEnd = { succeeded: undefined, cause: { kind: 'timeout' } };

/** One call to one server, and what crossed the wire. */
export interface ClientAttempt {
  readonly server: ServerCase;
  readonly contacts: readonly Contact[];
  readonly end: CallEnd;
  readonly milliseconds: number;
}

interface Judgement {
  readonly kind: Exclude<Observed['kind'], 'damaged' | 'time-left'>;
  readonly verdict: Verdict;
  readonly note?: Note;
}

/** Whether a request came that was meant for this server. */
export const talked = ({ contacts }: ClientAttempt) => contacts.some(({ requested }) => requested);

/** @param accepted whether it is decided that this flaw is accepted */
export function findingOfAttempt(subject: string, attempt: ClientAttempt, accepted: boolean): Finding {
  const { server, contacts, end, milliseconds } = attempt;
  const { kind, verdict, note } =
    server.name === RIGHT ? judgeControl(attempt) : judgeFlaw(attempt, accepted);
  const contact =
    contacts.find(({ requested }) => requested) ??
    contacts.find(({ cause }) => cause !== undefined) ??
    contacts[0];
  return {
    ...common(subject, server),
    tls: contact?.tls ?? null,
    expected: { kind: server.name === RIGHT || accepted ? 'talks' : 'refuses' },
    observed: { kind },
    by: { kind: 'call', seen: contact?.cause, end: end.cause },
    verdict,
    ...(note !== undefined && { note }),
    milliseconds,
    wire: [...contacts],
  };
}

function common(subject: string, { name, severity }: ServerCase) {
  return {
    subject,
    protocol: 'client',
    tried: { kind: 'server', name },
    severity,
    ...(name !== RIGHT && { flaw: name }),
  } as const;
}

/**
 * The name that a client asked for where it is not the host that it was led to: a target name that is overridden, as
 * gRPC's `ssl_target_name_override` does. The server would be taken for any host that such a client calls.
 */
function otherNameAsked({ server, contacts }: ClientAttempt): Note | undefined {
  const host = server.host.toLowerCase();
  const asked = contacts
    .flatMap(({ serverName }) => serverName ?? [])
    .find((name) => name.toLowerCase().replace(/\.$/, '') !== host);
  return asked === undefined ? undefined : { kind: 'other-name-asked', asked, host };
}

function judgeControl(attempt: ClientAttempt): Judgement {
  if (attempt.contacts.length === 0) {
    return { kind: 'never-connected', verdict: 'inconclusive', note: { kind: 'no-connection-to-right' } };
  }
  const note = otherNameAsked(attempt);
  if (note !== undefined) return { kind: talked(attempt) ? 'talked-to' : 'refused', verdict: 'wrong', note };
  if (!talked(attempt)) return { kind: 'refused', verdict: 'wrong', note: { kind: 'right-refused' } };
  if (attempt.contacts.some(({ plaintext }) => plaintext)) {
    return { kind: 'talked-to', verdict: 'wrong', note: { kind: 'request-without-tls' } };
  }
  const failed = attempt.end.succeeded === false;
  return {
    kind: 'talked-to',
    verdict: 'right',
    ...(failed && { note: { kind: 'failed-though-answered' } as const }),
  };
}

function judgeFlaw(attempt: ClientAttempt, accepted: boolean): Judgement {
  const { server, contacts, end } = attempt;
  if (contacts.length === 0) return { kind: 'never-connected', verdict: 'inconclusive' };
  if (contacts.some(({ plaintext, requested }) => plaintext && requested)) {
    const kind = server.tls === undefined ? 'hole' : 'request-without-tls-after-all';
    return { kind: 'talked-to', verdict: 'wrong', note: { kind } };
  }
  if (talked(attempt)) {
    if (accepted) return { kind: 'talked-to', verdict: 'right' };
    const verdict = server.severity === 'must' ? 'wrong' : 'warning';
    return { kind: 'talked-to', verdict, note: { kind: 'hole', failedAfter: end.succeeded === false } };
  }
  if (accepted) return { kind: 'refused', verdict: 'warning', note: { kind: 'needless-exception' } };
  const note = otherNameAsked(attempt);
  if (note !== undefined) return { kind: 'refused', verdict: 'wrong', note };
  // The refusal stands: the wire shows it. A caller that relies on the status would not notice.
  return end.succeeded === true
    ? { kind: 'refused', verdict: 'warning', note: { kind: 'silent-refusal' } }
    : { kind: 'refused', verdict: 'right' };
}

/** A server that was not tried, because nothing could have come of it. */
export function notTriedFinding(subject: string, server: ServerCase): Finding {
  return {
    ...common(subject, server),
    tls: null,
    expected: { kind: 'refuses' },
    observed: { kind: 'not-tried' },
    verdict: 'inconclusive',
    note: { kind: 'right-not-talked-to' },
    milliseconds: 0,
  };
}

/** Whether the client showed its certificate, and the right one. */
export function certificateFinding(subject: string, attempt: ClientAttempt, expected: string): Finding {
  const shown = attempt.contacts.find(({ requested }) => requested)?.clientCertificate;
  const kind = shown === undefined ? 'not-shown' : shown === expected ? 'shown' : 'another-shown';
  return {
    subject,
    protocol: 'client',
    tried: { kind: 'client-certificate' },
    tls: null,
    severity: 'must',
    expected: { kind: 'shown' },
    observed: { kind },
    verdict: kind === 'shown' ? 'right' : 'wrong',
    ...(kind !== 'shown' && { note: { kind: NOTE_OF_CERTIFICATE[kind] } }),
    milliseconds: 0,
  };
}

const NOTE_OF_CERTIFICATE = {
  'not-shown': 'certificate-not-shown',
  'another-shown': 'another-certificate',
} as const;
