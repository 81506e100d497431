import type { ProtocolName } from '../protocols/index.js';
import type { Endpoint } from '../protocols/protocol.js';
import type { Finding, Note, Observed, Subject } from '../report/finding.js';
import type { Verdict } from '../report/row.js';
import type { Cause, Outcome } from '../wire/outcome.js';
import type { Attempt } from './attempt.js';
import type { Case, leftOut } from './cases.js';
import { whyRefused } from './refusal.js';

/** What came of an attempt, judged. */
export function findingOf(endpoint: Endpoint, attempt: Attempt): Finding {
  const { tried, tls, outcome, milliseconds, note, crossed } = attempt;
  if (outcome.cause.kind === 'given-up') return notTried(endpoint, tried, outcome.cause);
  return {
    ...common(endpoint, tried),
    tls,
    observed: { kind: OBSERVED[outcome.kind] },
    by: outcome.cause,
    ...judge(attempt),
    ...(note !== undefined && { note }),
    milliseconds,
    ...(crossed !== undefined && { wire: [crossed] }),
  };
}

const OBSERVED = {
  'let-in': 'let-in',
  refused: 'refused',
  differs: 'another-answer',
  'wrong-server': 'not-trusted',
  'no-answer': 'no-answer',
  'not-loaded': 'not-loaded',
  version: 'version-not-spoken',
} as const satisfies Record<Outcome['kind'], Observed['kind']>;

function judge({ tried, outcome }: Attempt): { readonly verdict: Verdict; readonly note?: Note } {
  const { expected, severity, material } = tried;
  const { cause } = outcome;
  switch (outcome.kind) {
    case 'no-answer':
      return { verdict: 'inconclusive', note: { kind: 'endpoint-silent', cause } };
    case 'not-loaded':
      return { verdict: 'inconclusive', note: { kind: 'not-loaded' } };
    case 'differs':
      return { verdict: 'inconclusive', note: { kind: 'another-answer' } };
    case 'wrong-server':
    case 'version':
      return expected === 'let-in'
        ? { verdict: 'wrong', note: { kind: 'not-of-set', cause } }
        : { verdict: 'inconclusive', note: { kind: 'cause', cause } };
    case 'refused':
      return expected === 'refused'
        ? { verdict: 'right' }
        : { verdict: 'wrong', note: { kind: 'valid-refused', why: whyRefused(cause, material?.cert) } };
    case 'let-in':
      if (expected === 'refused' && outcome.missed === true) {
        return { verdict: 'inconclusive', note: { kind: 'nothing-there' } };
      }
      if (expected === 'refused') {
        return { verdict: severity === 'must' ? 'wrong' : 'warning', note: { kind: 'hole' } };
      }
      // That there is nothing at this path is the application's answer too.
      return outcome.working === true || (tried.tried.kind !== 'model' && isMiss(cause))
        ? { verdict: 'right' }
        : { verdict: 'wrong', note: { kind: 'not-working' } };
  }
}

/** Whether an application says that it does not have what was asked for. */
export function isMiss(cause: Cause): boolean {
  if (cause.kind === 'status') return cause.status === 'UNIMPLEMENTED';
  return cause.kind === 'http' && cause.status >= 400 && cause.status < 500;
}

/** The server's own certificate: that a client which checks it was let in proves it. */
export function serverFinding({ address, protocol, host }: Endpoint): Finding {
  return {
    subject: address,
    protocol: protocol.name as ProtocolName,
    tried: { kind: 'server-certificate' },
    tls: null,
    severity: 'must',
    expected: { kind: 'server-of-set', host },
    observed: { kind: 'trusted' },
    by: { kind: 'handshake' },
    verdict: 'right',
    milliseconds: 0,
  };
}

/** What is said of the clients of a large set that are not tried. */
export function clientsLeftOut(endpoint: Endpoint, left: NonNullable<ReturnType<typeof leftOut>>): Finding {
  const tried = { tried: { kind: 'other-clients' }, expected: 'let-in', severity: 'policy' } as const;
  return notTried(endpoint, tried, { kind: 'clients-left-out', ...left });
}

/** What is said of a client whose files cannot be read. */
export function clientUnreadable(endpoint: Endpoint, client: Subject, problem: string): Finding {
  const tried = { tried: client, expected: 'let-in', severity: 'policy' } as const;
  return notTried(endpoint, tried, { kind: 'client-unreadable', client, problem });
}

/** Where there is no set to try an endpoint with. */
export function endpointNotTried(endpoint: Endpoint, note: Note): Finding {
  const tried = { tried: { kind: 'every-case' }, expected: 'let-in', severity: 'must' } as const;
  return { ...notTried(endpoint, tried, note), protocol: 'set', expected: { kind: 'nothing' } };
}

/** A case that was not tried, and why. */
export function notTried(endpoint: Endpoint, tried: Case, note: Note): Finding {
  return {
    ...common(endpoint, tried),
    tls: null,
    observed: { kind: 'not-tried' },
    verdict: 'inconclusive',
    note,
    milliseconds: 0,
  };
}

function common({ address, protocol }: Endpoint, { tried, severity, expected, flaw }: Case) {
  return {
    subject: address,
    protocol: protocol.name as ProtocolName,
    tried,
    severity,
    expected: { kind: expected },
    ...(flaw !== undefined && { flaw }),
  } as const;
}
