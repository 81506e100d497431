import type { VerifyReport } from '../../index.js';
import type { Verdict } from '../../verify/report/row.js';
import type { Colours } from '../terminal/colours.js';
import { alignColumns } from '../terminal/text.js';
import { bySubject, foldVersions, formatCounts } from './fold.js';

/** A report for people: a line a case, what is not right with its reason below it. */
export function formatTable(report: VerifyReport, colour: Colours): string {
  const lines: string[] = [];
  const { notes = [] } = report;
  for (const [subject, all] of bySubject(foldVersions(report.rows))) {
    lines.push(colour.bold(subject));
    const rows = all.filter(({ kind }) => kind !== 'not-tried');
    const untried = new Map<string, number>();
    for (const { kind, note } of all) {
      if (kind === 'not-tried') untried.set(note, (untried.get(note) ?? 0) + 1);
    }
    const aligned = alignColumns(
      rows.map(({ verdict, name, tls, observed, by, milliseconds }) => [
        WORDS[verdict],
        name,
        tls,
        observed,
        milliseconds === 0 ? by : `${by} (${milliseconds} ms)`,
      ]),
    );
    rows.forEach(({ verdict, note }, index) => {
      lines.push(`  ${colourOf(verdict, colour)(aligned[index] ?? '')}`);
      if (verdict !== 'right' && note !== '' && note !== rows[index]?.observed) lines.push(`        ${note}`);
    });
    for (const [note, count] of untried) lines.push(colour.dim(`  ?     ${count} more not tried: ${note}`));
    for (const note of notes) if (note.subject === subject) lines.push(colour.dim(`  note  ${note.text}`));
    lines.push('');
  }
  lines.push(`${verdictOf(report, colour)} (${formatCounts(report)})`, '');
  return lines.join('\n');
}

/** How a verdict is written. */
export const WORDS: Record<Verdict, string> = {
  right: 'right',
  wrong: 'WRONG',
  warning: 'warn',
  inconclusive: '?',
};

function colourOf(verdict: Verdict, colour: Colours): (text: string) => string {
  return {
    right: (text: string) => text,
    wrong: colour.red,
    warning: colour.yellow,
    inconclusive: colour.dim,
  }[verdict];
}

function verdictOf({ result, silent }: VerifyReport, colour: Colours): string {
  if (result === 'right') return colour.green('PASSED');
  if (result === 'no-answer') return colour.red(`${silent.join(', ')} did not answer`);
  return colour.red('FAILED');
}
