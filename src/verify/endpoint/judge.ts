import type { Endpoint } from '../protocols/endpoint.js';
import { NOT_LOADED, NOT_TRIED, type Row, type Verdict } from '../report/row.js';
import type { Outcome } from '../wire/outcome.js';
import type { TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';

/** One case as it was tried, and what came of it. */
export interface Attempt {
  readonly tried: Case;
  readonly tls: TlsVersion | null;
  readonly outcome: Outcome;
  readonly milliseconds: number;
}

/** What came of an attempt, judged. */
export function rowOf(endpoint: Endpoint, { tried, tls, outcome, milliseconds }: Attempt): Row {
  return {
    subject: endpoint.address,
    protocol: endpoint.protocol,
    name: tried.name,
    tls,
    severity: tried.severity,
    expected: EXPECTED[tried.expected],
    observed: OBSERVED[outcome.kind],
    by: outcome.by,
    ...judge(tried, outcome),
    milliseconds,
    ...(tried.flaw !== undefined && { flaw: tried.flaw }),
  };
}

const EXPECTED = { 'let-in': 'let in', refused: 'refused' } as const;

const OBSERVED: Record<Outcome['kind'], string> = {
  'let-in': 'let in',
  refused: 'refused',
  'wrong-server': 'not trusted',
  'no-answer': 'no answer',
  'not-loaded': NOT_LOADED,
  version: 'not spoken',
};

function judge({ expected, severity, hole }: Case, outcome: Outcome): { verdict: Verdict; note: string } {
  switch (outcome.kind) {
    case 'no-answer':
      return { verdict: 'inconclusive', note: 'the endpoint did not answer' };
    case 'not-loaded':
      return { verdict: 'inconclusive', note: `${NOT_LOADED}: this side cannot use the certificate` };
    case 'wrong-server':
    case 'version':
      return expected === 'let-in'
        ? { verdict: 'wrong', note: `the endpoint is not the set's: ${outcome.by}` }
        : { verdict: 'inconclusive', note: outcome.by };
    case 'refused':
      return expected === 'refused'
        ? { verdict: 'right', note: '' }
        : {
            verdict: 'wrong',
            note: 'the valid client is refused: does the endpoint trust the CA of this set?',
          };
    case 'let-in':
      if (expected === 'refused') return { verdict: severity === 'must' ? 'wrong' : 'warning', note: hole };
      return outcome.working === true
        ? { verdict: 'right', note: '' }
        : { verdict: 'wrong', note: 'let in, but the application behind it did not answer as it should' };
  }
}

/** The server's own certificate: that a client which checks it was let in proves it. */
export function serverRow(endpoint: Endpoint): Row {
  return {
    subject: endpoint.address,
    protocol: endpoint.protocol,
    name: 'server certificate',
    tls: null,
    severity: 'must',
    expected: `of the set's CA, for ${endpoint.host}`,
    observed: 'trusted',
    by: 'TLS handshake',
    verdict: 'right',
    note: '',
    milliseconds: 0,
  };
}

/** What is said of the clients of a large set that are not tried. */
export function unseenRow(endpoint: Endpoint | undefined, note: string): Row {
  const tried = { name: 'the other clients', expected: 'let-in', severity: 'policy', hole: '' } as const;
  return notTried(endpoint as Endpoint, tried, note);
}

/** A case that was not tried, and why. */
export function notTried(endpoint: Endpoint, tried: Case, note: string): Row {
  return {
    subject: endpoint.address,
    protocol: endpoint.protocol,
    name: tried.name,
    tls: null,
    severity: tried.severity,
    expected: EXPECTED[tried.expected],
    observed: NOT_TRIED,
    by: '',
    verdict: 'inconclusive',
    note,
    milliseconds: 0,
    ...(tried.flaw !== undefined && { flaw: tried.flaw }),
  };
}
