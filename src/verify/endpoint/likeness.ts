import type { Answer } from '../protocols/protocol.js';

/**
 * Whether an answer is of the application that answered the valid client:
 * - `same`: it is the same answer, but for who called and when.
 * - `other`: it is not.
 * - `unclear`: it cannot be told.
 */
export type Likeness = 'same' | 'other' | 'unclear';

/**
 * Compares an answer with the valid client's to the same request.
 *
 * @param identity what may stand in the valid client's answer alone: its names
 */
export function likenessOf(valid: Answer, answer: Answer, identity: readonly string[]): Likeness {
  const grpcStatus = (one: Answer) => one.headers?.['grpc-status'];
  if (valid.status !== answer.status || grpcStatus(valid) !== grpcStatus(answer)) return 'other';
  if (typeOf(valid) !== typeOf(answer) || placeOf(valid) !== placeOf(answer)) return 'other';
  const [one, another] = [textOf(valid, identity), textOf(answer, identity)];
  const usual = valid.status !== undefined && valid.status < 400;
  if (one === another) {
    // Every server has the same page for what it does not have, and the same nothing.
    if (!usual) return 'unclear';
    return one !== '' || headerNames(valid) === headerNames(answer) ? 'same' : 'unclear';
  }
  return alike(one, another) ? 'unclear' : 'other';
}

/** The type of its content, without parameters. */
export function typeOf({ headers }: Answer): string {
  return (headers?.['content-type'] ?? '').replace(/;.*$/s, '').trim().toLowerCase();
}

/** Where it redirects to; what follows the path may differ from one request to the next. */
export function placeOf({ headers }: Answer): string | undefined {
  return headers?.location?.replace(/[?#].*$/s, '');
}

/** What an answer says, without what differs from one caller and one moment to the next. */
function textOf({ body = '', headers }: Answer, identity: readonly string[]): string {
  let text = `${body.slice(0, LONGEST)} ${headers?.['grpc-message'] ?? ''}`;
  for (const name of identity) text = text.replaceAll(name, ' ');
  return text
    .replace(/\b(?:SUCCESS|NONE|FAILED(?::[^\n"&,;]*)?|null|anonymous)\b|CN=|\/CN=/g, ' ')
    .replace(/\b[0-9a-f]{8,}\b/gi, ' ')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}

const LONGEST = 64 * 1024;

/** What every server may add, or not, to the same answer. */
const PASSING = /^(?:date|age|connection|keep-alive|content-length|transfer-encoding|alt-svc|:status)$/;

function headerNames({ headers = {} }: Answer): string {
  return Object.keys(headers)
    .filter((name) => !PASSING.test(name))
    .sort()
    .join(' ');
}

/** Whether two texts share half of their words, or more. */
function alike(one: string, another: string): boolean {
  const words = new Set(one.split(' '));
  const others = new Set(another.split(' '));
  const shared = [...words].filter((word) => others.has(word)).length;
  return (2 * shared) / (words.size + others.size) >= 0.5;
}
