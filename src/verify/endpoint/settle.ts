import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '../wire/outcome.js';
import { type Attempt, attempt } from './attempt.js';
import type { Opened } from './proof.js';

/**
 * A connection that just closes is how some servers refuse, and how all of them fail; an error page may be one of the
 * moment. Those cases are tried again one at a time, where no limit on connections is in the way, and the valid client
 * after them: if it is not let in any more, the endpoint failed, and its closing says nothing.
 */
export async function settle(opened: Opened, attempts: readonly Attempt[]): Promise<Attempt[]> {
  const settled: Attempt[] = [];
  let silent = 0;
  let busy = 0;
  for (const done of attempts) {
    const isBusy = saysBusy(done);
    const isWorthIt = isBusy ? busy < MOST_IN_VAIN : isDoubtful(done) && silent < MOST_IN_VAIN;
    if (!isWorthIt) {
      settled.push(done);
      continue;
    }
    const second = isBusy
      ? await whenNotBusy(opened, done)
      : again(done, await attempt(opened, done.tried, done.tls));
    if (saysBusy(second)) busy++;
    if (second.outcome.kind === 'no-answer') silent++;
    settled.push(second);
  }
  if (!settled.some(isDoubtful)) return settled;
  const { versions, valid } = opened;
  const after: Attempt[] = [];
  for (const tls of versions) after.push(await attempt(opened, valid, tls));
  const alive = silent < MOST_IN_VAIN && after.every(({ outcome }) => outcome.kind === 'let-in');
  if (alive) return settled;
  const outcome: Outcome = { kind: 'no-answer', cause: { kind: 'closed-for-all' } };
  return settled.map((done) => (isDoubtful(done) ? { ...done, outcome } : done));
}

async function whenNotBusy(opened: Opened, { tried, tls }: Attempt): Promise<Attempt> {
  await delay(BUSY_MS);
  const second = await attempt(opened, tried, tls);
  if (!saysBusy(second)) return second;
  await delay(BUSY_MS);
  return attempt(opened, tried, tls);
}

/** How long a server that says that it has too much to do is left alone, in milliseconds. */
const BUSY_MS = 250;
/** After so many second attempts without a better answer, no more are made. */
const MOST_IN_VAIN = 4;
const BUSY_STATUSES = new Set([408, 425, 429, 502, 503, 504]);
const BUSY_NAMES = new Set(['RESOURCE_EXHAUSTED', 'UNAVAILABLE']);

/** Whether an answer is of the moment, and no word on who called. */
function saysBusy({ outcome: { kind, cause, working } }: Attempt): boolean {
  if (kind !== 'differs' && !(kind === 'let-in' && working === false)) return false;
  if (cause.kind === 'http') return BUSY_STATUSES.has(cause.status);
  return cause.kind === 'status' && (BUSY_NAMES.has(cause.status) || BUSY_STATUSES.has(cause.http ?? 0));
}

/** Statuses that are a refusal in themselves. */
const REFUSALS = new Set([400, 401, 403, 495, 496]);

function isDoubtful({ outcome: { kind, cause } }: Attempt): boolean {
  if (kind !== 'refused') return false;
  return cause.kind === 'closed' || (cause.kind === 'http' && !REFUSALS.has(cause.status));
}

/** A second attempt that ends otherwise than by another way to close is what counts; another page is none. */
function again(first: Attempt, second: Attempt): Attempt {
  const { outcome } = first;
  const isPage = outcome.cause.kind === 'http';
  if (!isPage || second.outcome.kind === 'let-in' || second.outcome.kind === 'refused') return second;
  return { ...second, outcome: { kind: 'differs', cause: outcome.cause } };
}
