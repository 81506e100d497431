import { NOT_TRIED, type Row, type Verdict } from '../report/row.js';
import { type Contact, describeContact } from './contact.js';
import { RIGHT, type ServerCase } from './servers.js';

/** What the caller says of how a call ended: evidence, never the verdict. */
export interface CallEnd {
  /** Whether the client says that all went well; nothing where it did not end in time. */
  readonly succeeded: boolean | undefined;
  /** In words: `exit status 60`, an error's message. */
  readonly by: string;
}

/** One call to one server, and what crossed the wire. */
export interface ClientAttempt {
  readonly server: ServerCase;
  readonly contacts: readonly Contact[];
  readonly end: CallEnd;
  readonly milliseconds: number;
}

interface Judgement {
  readonly observed: string;
  readonly verdict: Verdict;
  readonly note: string;
}

/** Whether a request came that was meant for this server. */
export const talked = ({ contacts }: ClientAttempt) => contacts.some(({ requested }) => requested);

/** @param accepted whether it is decided that this flaw is accepted */
export function rowOfAttempt(subject: string, attempt: ClientAttempt, accepted: boolean): Row {
  const { server, contacts, end, milliseconds } = attempt;
  const judged = server.name === RIGHT ? judgeControl(attempt) : judgeFlaw(attempt, accepted);
  const contact =
    contacts.find(({ requested }) => requested) ?? contacts.find(({ by }) => by !== '') ?? contacts[0];
  const seen = contact?.by ?? '';
  return {
    subject,
    protocol: 'client',
    name: `server ${server.name}`,
    tls: contact?.tls ?? null,
    severity: server.severity,
    expected: server.name === RIGHT || accepted ? 'talks to it' : 'refuses it',
    observed: judged.observed,
    by: [seen, end.by].filter((text) => text !== '').join(', '),
    verdict: judged.verdict,
    note: judged.note,
    milliseconds,
    ...flawOf(server),
    wire: contacts.map(describeContact),
  };
}

function flawOf({ name }: ServerCase): { flaw?: string } {
  return name === RIGHT ? {} : { flaw: name };
}

function judgeControl(attempt: ClientAttempt): Judgement {
  if (attempt.contacts.length === 0) {
    return {
      observed: 'never connected',
      verdict: 'inconclusive',
      note: 'it never connected: does it call the URL that it is given?',
    };
  }
  if (!talked(attempt)) {
    return {
      observed: 'refused',
      verdict: 'wrong',
      note: "it refuses the right server: does it trust the set's CA?",
    };
  }
  if (attempt.contacts.some(({ plaintext }) => plaintext)) {
    return { observed: 'talked to', verdict: 'wrong', note: 'it sends its request without TLS' };
  }
  const failed = attempt.end.succeeded === false;
  return {
    observed: 'talked to',
    verdict: 'right',
    note: failed ? 'it failed although it was answered' : '',
  };
}

function judgeFlaw(attempt: ClientAttempt, accepted: boolean): Judgement {
  const { server, contacts, end } = attempt;
  if (contacts.length === 0) {
    return { observed: 'never connected', verdict: 'inconclusive', note: 'it never connected' };
  }
  if (contacts.some(({ plaintext, requested }) => plaintext && requested)) {
    const note = server.tls === undefined ? server.hole : 'it sends its request without TLS after all';
    return { observed: 'talked to', verdict: 'wrong', note };
  }
  if (talked(attempt)) {
    if (accepted) return { observed: 'talked to', verdict: 'right', note: '' };
    const verdict = server.severity === 'must' ? 'wrong' : 'warning';
    const odd = end.succeeded === false ? '; it then failed, after its request was sent' : '';
    return { observed: 'talked to', verdict, note: `${server.hole}${odd}` };
  }
  if (accepted) {
    const note = 'expected to be accepted, and refused: the exception can go';
    return { observed: 'refused', verdict: 'warning', note };
  }
  // The refusal stands: the wire shows it. A caller that relies on the status would not notice.
  const silent = end.succeeded === true ? 'it refused the server and says that all went well' : '';
  return { observed: 'refused', verdict: silent === '' ? 'right' : 'warning', note: silent };
}

/** A row for a server that was not tried, because nothing could have come of it. */
export function notTriedRow(subject: string, server: ServerCase): Row {
  const { name, severity } = server;
  return {
    subject,
    protocol: 'client',
    name: `server ${name}`,
    tls: null,
    severity,
    expected: 'refuses it',
    observed: NOT_TRIED,
    by: '',
    verdict: 'inconclusive',
    note: 'the right server was not talked to',
    milliseconds: 0,
    ...flawOf(server),
  };
}

/** Whether the client showed its certificate, and the right one. */
export function certificateRow(subject: string, attempt: ClientAttempt, expected: string): Row {
  const shown = attempt.contacts.find(({ requested }) => requested)?.clientCertificate;
  const right = shown === expected;
  const note =
    shown === undefined ? 'it shows no certificate where it is asked for one' : 'it shows another one';
  return {
    subject,
    protocol: 'client',
    name: 'client certificate',
    tls: null,
    severity: 'must',
    expected: 'shown when asked for',
    observed: shown === undefined ? 'not shown' : right ? 'shown' : 'another one shown',
    by: '',
    verdict: right ? 'right' : 'wrong',
    note: right ? '' : note,
    milliseconds: 0,
  };
}
