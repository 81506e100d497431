import type { ProtocolName } from '../protocols/index.js';
import type { Endpoint } from '../protocols/protocol.js';
import type { Finding, Note, Observed } from '../report/finding.js';
import type { Verdict } from '../report/row.js';
import type { Outcome } from '../wire/outcome.js';
import type { Attempt } from './attempt.js';
import type { Case, leftOut } from './cases.js';

/** What came of an attempt, judged. */
export function findingOf(endpoint: Endpoint, { tried, tls, outcome, milliseconds }: Attempt): Finding {
  return {
    ...common(endpoint, tried),
    tls,
    observed: { kind: OBSERVED[outcome.kind] },
    by: outcome.cause,
    ...judge(tried, outcome),
    milliseconds,
  };
}

const OBSERVED = {
  'let-in': 'let-in',
  refused: 'refused',
  'wrong-server': 'not-trusted',
  'no-answer': 'no-answer',
  'not-loaded': 'not-loaded',
  version: 'version-not-spoken',
} as const satisfies Record<Outcome['kind'], Observed['kind']>;

function judge(
  { expected, severity }: Case,
  outcome: Outcome,
): { readonly verdict: Verdict; readonly note?: Note } {
  switch (outcome.kind) {
    case 'no-answer':
      return { verdict: 'inconclusive', note: { kind: 'endpoint-silent' } };
    case 'not-loaded':
      return { verdict: 'inconclusive', note: { kind: 'not-loaded' } };
    case 'wrong-server':
    case 'version':
      return expected === 'let-in'
        ? { verdict: 'wrong', note: { kind: 'not-of-set', cause: outcome.cause } }
        : { verdict: 'inconclusive', note: { kind: 'cause', cause: outcome.cause } };
    case 'refused':
      return expected === 'refused'
        ? { verdict: 'right' }
        : { verdict: 'wrong', note: { kind: 'valid-refused' } };
    case 'let-in':
      if (expected === 'refused') {
        return { verdict: severity === 'must' ? 'wrong' : 'warning', note: { kind: 'hole' } };
      }
      return outcome.working === true
        ? { verdict: 'right' }
        : { verdict: 'wrong', note: { kind: 'not-working' } };
  }
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
