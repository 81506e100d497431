import { causeText } from '../report/causes.js';
import { leadsNowhere, type Opening } from './open.js';
import type { Opened, Proof } from './proof.js';

interface Place {
  readonly address?: string;
  readonly opening: Opening;
}

/**
 * What is said of an endpoint beside its rows: what was looked at, and what was not.
 *
 * @param others further addresses that were tried
 * @param absent addresses where nothing answers
 */
export function notesOf(
  proof: Proof,
  opened: Opened,
  main: Place,
  others: readonly Place[],
  absent: readonly Place[],
): string[] {
  const { protocol } = opened.endpoint;
  const notes: string[] = [];
  if (protocol.requests !== undefined) {
    const looked = [opened.request, ...opened.more].join(', ');
    const flags = protocol.requests.options.map(({ name }) => `--${name}`).join(' and ');
    const adds = protocol.requests.options.length > 1 ? 'add' : 'adds';
    const isUsual = proof.fallback !== undefined;
    notes.push(isUsual ? `looked at ${looked} alone; ${flags} ${adds} more` : `looked at ${looked}`);
    if (opened.request !== proof.request) notes.push(`${proof.request} is not there`);
    const [cause] = main.opening.attempts.flatMap(({ outcome }) =>
      outcome.kind === 'let-in' ? outcome.cause : [],
    );
    if (leadsNowhere(main.opening) && cause !== undefined) {
      const flag = `--${protocol.requests.options[0]?.name}`;
      const isLogin = cause.kind === 'http' && cause.status === 401;
      const names = isLogin
        ? `it asks for a password or a token too; ${flag} names what needs none`
        : `${flag} names what it has`;
      notes.push(`the valid client gets ${causeText(cause)}: ${names}`);
    }
  }
  if (protocol.evidence !== undefined) notes.push(protocol.evidence);
  if (opened.approach?.alpn?.join() === 'h2') notes.push('it speaks HTTP/2, and no HTTP/1.1');
  if (others.length > 0) {
    const places = others.map(({ address }) => address).join(', ');
    notes.push(`every case was tried at ${main.address}, the main ones at ${places}`);
  }
  for (const { address, opening } of absent) {
    const cause = opening.attempts[0]?.outcome.cause;
    if (cause !== undefined) notes.push(`nothing was tried at ${address}: ${causeText(cause)}`);
  }
  return notes;
}
