import { shellQuote } from '../../util/shell-quote.js';
import type { Row } from '../report/row.js';

/** The command that tries one row again: for a server with a flaw that one alone, else everything. */
export function repeatCommand(
  { protocol, flaw }: Row,
  command: readonly string[] | undefined,
): readonly string[] | undefined {
  if (command === undefined || protocol !== 'client' || flaw === undefined) return command;
  const [program = '', name = '', ...rest] = command;
  return [program, name, '--flaw', flaw, ...withoutFlaws(rest)];
}

/** What stands behind `--` belongs to the client. */
function withoutFlaws(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const kept = own.filter((word, index) => word !== '--flaw' && own[index - 1] !== '--flaw');
  return [...kept, ...words.slice(own.length)];
}

export function commandLine(command: readonly string[]): string {
  return command.map(shellQuote).join(' ');
}
