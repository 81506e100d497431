import { runBounded } from '../../util/bounded.js';
import type { Finding } from '../report/finding.js';
import type { Outcome } from '../wire/outcome.js';
import type { TlsVersion } from '../wire/tls.js';
import { type Attempt, attempt } from './attempt.js';
import type { Case } from './cases.js';
import { findingOf, notTried } from './judge.js';
import { MOST_AT_ONCE, type Opened } from './proof.js';

/** Tries every further request for the valid client, and then for those whom a guard of its own may have forgotten. */
export async function requestFindings(opened: Opened): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const request of opened.more) found.push(...(await findingsOf({ ...opened, request }, request)));
  return found;
}

async function findingsOf(opened: Opened, request: string): Promise<Finding[]> {
  const { endpoint, valid, versions, cases } = opened;
  const others = cases.filter(
    ({ tried }) => tried.kind === 'no-certificate' || (tried.kind === 'flaw' && tried.flaw === 'unknown-ca'),
  );
  const told = (finding: Finding): Finding => ({
    ...finding,
    tried: { kind: 'elsewhere', of: finding.tried, at: request },
  });
  const first = await Promise.all(versions.map((tls) => attempt(opened, valid, tls)));
  const answered = first.map((done) => ({ ...done, outcome: asAnswered(done.outcome) }));
  const letIn = answered.filter(({ outcome }) => outcome.kind === 'let-in');
  const rows = answered.map((done) => told(findingOf(endpoint, done)));
  if (letIn.length === 0) {
    const reason = { kind: 'valid-not-let-in' } as const;
    return [...rows, ...others.map((tried) => told(notTried(endpoint, tried, reason)))];
  }
  const answers = new Map(
    letIn.flatMap(({ tls, answer }) => (tls && answer ? [[tls, answer] as const] : [])),
  );
  const work = letIn.flatMap(({ tls }) => others.map((one): [Case, TlsVersion | null] => [one, tls]));
  const tried = await runBounded(
    work.map(
      ([one, tls]) =>
        (): Promise<Attempt> =>
          attempt({ ...opened, answers }, one, tls),
    ),
    MOST_AT_ONCE,
  );
  return [...rows, ...tried.map((done) => told(findingOf(endpoint, done)))];
}

/** HTTP 400 to a client that TLS let in before is the application's word on the request. */
export function asAnswered(outcome: Outcome): Outcome {
  const { kind, cause } = outcome;
  if (kind !== 'refused' || cause.kind !== 'http' || cause.status !== 400 || cause.reason !== undefined) {
    return outcome;
  }
  return { kind: 'let-in', cause, working: false };
}
