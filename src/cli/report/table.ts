import type { VerifyReport } from '../../index.js';
import type { Verdict } from '../../verify/report/row.js';
import type { Colours } from '../terminal/colours.js';
import { alignColumns } from '../terminal/text.js';
import { bySubject, foldVersions, formatCounts } from './fold.js';

/** A report for people: a line a case, what is not right with its reason below it. */
export function formatTable(report: VerifyReport, colour: Colours): string {
  const lines: string[] = [];
  for (const [subject, all] of bySubject(foldVersions(report.rows))) {
    lines.push(colour.bold(subject));
    const rows = all.filter(({ kind }) => kind !== 'not-tried');
    const untried = all.find(({ kind }) => kind === 'not-tried');
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
    if (untried !== undefined) {
      lines.push(colour.dim(`  ?     ${all.length - rows.length} more not tried: ${untried.note}`));
    }
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
