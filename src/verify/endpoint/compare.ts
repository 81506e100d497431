// What an answer says beside the one that the valid client got to the same request.
import type { Answer } from '../protocols/protocol.js';
import type { Cause, Outcome } from '../wire/outcome.js';
import { likenessOf, placeOf, typeOf } from './likeness.js';

/** Statuses that say something of the moment, and nothing of the caller. */
const PASSING_STATUSES = new Set([408, 421, 425, 429]);

/** What else an answer is judged by. */
export interface How {
  /** Whether the attempt was made without TLS. */
  readonly plain?: boolean;
  /** What both clients are called, which says nothing where an answer repeats it. */
  readonly names?: readonly string[];
  /** Whether the same text comes to the valid client each time. */
  readonly steady?: boolean;
}

/**
 * Judges an answer by the valid client's: only the same answer is being let in. 401, 403, a redirect and an error page of
 * the caller's fault (4xx) where the valid client got what it asked for are a refusal by the application; whatever else
 * differs says nothing.
 *
 * @param valid what the valid client was answered; nothing is compared where there is none
 */
export function compare(valid: Answer | undefined, answer: Answer, how: How = {}): Outcome {
  const { plain = false } = how;
  const { outcome } = answer;
  const reference = valid?.outcome;
  if (reference === undefined) return outcome;
  if (outcome.kind !== 'let-in' && outcome.kind !== 'refused') return outcome;
  const { cause } = outcome;
  if (cause.kind === 'status' && cause.http === undefined) {
    const usual = reference.cause.kind === 'status' ? reference.cause : undefined;
    if (outcome.kind === 'refused' || usual?.status === cause.status) return outcome;
    if (usual?.asksForMore === undefined) {
      if (cause.asksForMore !== 'refused') return { kind: 'differs', cause };
      return { kind: 'refused', cause: { ...cause, refuses: !plain } };
    }
    // What serves one whom it asks for nothing has let that one in.
    const isServed = cause.asksForMore === undefined && outcome.working === true;
    return isServed ? outcome : { kind: 'differs', cause };
  }
  const status = answer.status ?? statusOf(cause);
  const usual = valid?.status ?? statusOf(reference.cause);
  if (status === undefined || usual === undefined) return outcome;
  // A page that names the certificate, and NGINX's own statuses.
  if (reasonOf(cause) !== undefined || status === 495 || status === 496)
    return { ...outcome, kind: 'refused' };
  if (status === usual) return sameStatus(valid ?? { outcome: reference }, answer, status, how);
  if (status === 401 || status === 403 || status === 400) return { ...outcome, kind: 'refused' };
  if (usual >= 200 && usual < 300) {
    const redirected = status >= 300 && status < 400 && (!plain || leadsToTls(answer));
    const faulted = status >= 400 && status < 500 && !PASSING_STATUSES.has(status);
    if (redirected || faulted) return { kind: 'refused', cause: plain ? cause : byApplication(cause) };
  }
  return { kind: 'differs', cause };
}

/** Schemes that ask for a password or a token (RFC 7617, 7616, 6750, 4559). */
const ASKS_FOR_MORE = /^(?:basic|digest|bearer|negotiate|ntlm)\b/i;

/**
 * What the valid client's own answer says. An application that asks it for a password has been reached: it does not turn the
 * certificate away.
 */
export function validOutcome({ outcome, headers }: Answer): Outcome {
  const { cause } = outcome;
  const asks = cause.kind === 'http' && cause.status === 401;
  if (!asks || !ASKS_FOR_MORE.test(headers?.['www-authenticate'] ?? '')) return outcome;
  return { kind: 'let-in', cause: { ...cause, refuses: undefined }, working: false };
}

function sameStatus(
  valid: Answer,
  answer: Answer,
  status: number,
  { names = [], steady = true }: How,
): Outcome {
  const { cause, working } = answer.outcome;
  const elsewhere = placeOf(valid) !== placeOf(answer);
  if (elsewhere || typeOf(valid) !== typeOf(answer)) return { kind: 'differs', cause };
  // A page that asks for a login may have the status of what the valid client is let in to.
  const isPage = steady && status >= 200 && status < 300 && valid.body !== undefined;
  if (isPage && likenessOf(valid, answer, names) === 'other') return { kind: 'differs', cause };
  // There may be nothing at this path for anyone, and what is elsewhere may be guarded.
  const missed = status >= 400 && status < 500 && status !== 400;
  if (missed) return { kind: 'let-in', cause: { ...cause, refuses: undefined } as Cause, missed };
  return { kind: 'let-in', cause, ...(working !== undefined && { working }) };
}

function statusOf(cause: Cause): number | undefined {
  if (cause.kind === 'http') return cause.status;
  return cause.kind === 'status' ? (cause.http ?? 200) : undefined;
}

function reasonOf(cause: Cause): string | undefined {
  return cause.kind === 'http' ? cause.reason : undefined;
}

function leadsToTls({ headers }: Answer): boolean {
  return /^https:\/\//i.test(headers?.location ?? '');
}

function byApplication(cause: Cause): Cause {
  return cause.kind === 'http' ? { ...cause, refuses: true } : cause;
}
