// What the probes have in common.
import pLimit from 'p-limit';
import type { ProtocolName } from '../../protocols/index.js';
import type { Answer } from '../../protocols/protocol.js';
import type { Finding, Note, Observed, Subject } from '../../report/finding.js';
import type { Verdict } from '../../report/row.js';
import type { Approach } from '../../wire/approach.js';
import type { Target } from '../../wire/connection.js';
import type { TlsVersion } from '../../wire/tls.js';
import { type Attempt, attempt } from '../attempt.js';
import type { Case } from '../cases.js';
import { notTried } from '../judge.js';
import { type Likeness, likenessOf } from '../likeness.js';
import { longestFirst, namesOfCase } from '../names.js';
import { MOST_AT_ONCE, type Opened } from '../proof.js';

/** Whether requests of the endpoint's protocol have names and headers of HTTP. */
export function speaksHttp({ endpoint: { protocol } }: Opened): boolean {
  return protocol.name === 'rest' || protocol.name === 'grpc';
}

/** Whether TLS comes first there, so that a greeting needs nothing of the protocol. */
export function beginsWithTls({ endpoint: { protocol } }: Opened): boolean {
  return protocol.begin === undefined;
}

/** The endpoint for a connection of its own, with what it was opened with offered in TLS. */
export function targetOf({ endpoint, approach }: Opened): Target {
  return { ...endpoint, protocol: { ...endpoint.protocol, alpn: approach?.alpn ?? endpoint.protocol.alpn } };
}

/** A client that shows no certificate. */
export function strangerOf({ cases }: Opened): Case | undefined {
  return cases.find(({ tried }) => tried.kind === 'no-certificate');
}

/** What came of a probe, with what its row needs. */
export interface Probed {
  readonly verdict: Verdict;
  readonly observed: Observed['kind'] & ('let-in' | 'refused' | 'another-answer' | 'no-answer' | 'not-tried');
  readonly note?: Note | undefined;
  /** What is a matter of policy, or cannot be told of what need not be there at all. */
  readonly policy?: boolean;
}

/** Makes a row of an attempt. */
export function probeFinding(
  { endpoint }: Opened,
  tried: Subject,
  { tls, outcome, milliseconds }: Pick<Attempt, 'tls' | 'milliseconds'> & Partial<Pick<Attempt, 'outcome'>>,
  { verdict, observed, note, policy }: Probed,
): Finding {
  const severity = policy === true ? 'policy' : 'must';
  if (outcome?.cause.kind === 'given-up') {
    return notTried(endpoint, { tried, expected: 'refused', severity }, outcome.cause);
  }
  return {
    subject: endpoint.address,
    protocol: endpoint.protocol.name as ProtocolName,
    tried,
    tls,
    severity,
    expected: { kind: 'refused' },
    observed: { kind: observed } as Observed,
    by: outcome?.cause,
    verdict,
    note,
    milliseconds,
  };
}

/** A server may bound how many connections one address has. */
const turns = pLimit(MOST_AT_ONCE);

/** Tries a case in another way than the usual one, when it is its turn. */
export function tryCase(opened: Opened, tried: Case, tls: TlsVersion, approach?: Approach): Promise<Attempt> {
  return turns(() => attempt(opened, tried, tls, approach));
}

/** Tries a client without a certificate; under another name the server may show another certificate. */
export function tryStranger(
  opened: Opened,
  stranger: Case,
  tls: TlsVersion,
  approach: Approach,
): Promise<Attempt> {
  return tryCase(opened, stranger, tls, { anyServer: true, ...approach });
}

/** The one that says most of several tries that make one row. */
export function worstOf(findings: readonly Finding[]): Finding | undefined {
  const weight = ({ verdict, observed }: Finding) =>
    WEIGHTS.indexOf(verdict) * 2 + (observed.kind === 'another-answer' ? 1 : 0);
  return [...findings].sort((one, another) => weight(another) - weight(one))[0];
}

const WEIGHTS: readonly Verdict[] = ['right', 'inconclusive', 'warning', 'wrong'];

/** Judges what a client without a certificate was answered, by what the valid client was. */
export function judgeStranger(opened: Opened, done: Attempt, hole: Note): Probed {
  const { tls, outcome, answer } = done;
  const valid = tls === null ? undefined : opened.answers.get(tls);
  switch (outcome.kind) {
    case 'refused':
      return { verdict: 'right', observed: 'refused' };
    case 'no-answer':
    case 'not-loaded':
    case 'version':
    case 'wrong-server':
      return {
        verdict: outcome.cause.kind === 'no-common-protocol' ? 'right' : 'inconclusive',
        observed: outcome.kind === 'no-answer' ? 'no-answer' : 'refused',
        policy: true,
        note: { kind: 'cause', cause: outcome.cause },
      };
    default:
      return byLikeness(compare(opened, valid, answer), hole);
  }
}

function byLikeness(likeness: Likeness, hole: Note): Probed {
  switch (likeness) {
    case 'same':
      return { verdict: 'wrong', observed: 'let-in', note: hole };
    case 'other':
      return { verdict: 'right', observed: 'another-answer', note: { kind: 'another-site' } };
    case 'unclear':
      return {
        verdict: 'inconclusive',
        observed: 'another-answer',
        policy: true,
        note: { kind: 'perhaps-another-site' },
      };
  }
}

function compare(opened: Opened, valid: Answer | undefined, answer: Answer | undefined): Likeness {
  if (valid === undefined || answer === undefined) return 'unclear';
  return likenessOf(valid, answer, namesOf(opened));
}

/** What the valid client and the endpoint are called. */
export function namesOf({ valid, endpoint }: Opened): string[] {
  return longestFirst([...namesOfCase(valid), endpoint.host]);
}

/** The versions of TLS in which a client without a certificate is refused: a way around says nothing of the others. */
export function guardedVersions({ versions, openVersions }: Opened): TlsVersion[] {
  return versions.filter((tls) => openVersions?.has(tls) !== true);
}
