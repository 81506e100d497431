import type { VerifyReport } from '../../index.js';
import { bySubject, foldVersions, formatCounts } from './fold.js';

/** A report as a Markdown table a subject, for the summary of a CI job. */
export function formatMarkdown(report: VerifyReport): string {
  const lines: string[] = [];
  for (const [subject, rows] of bySubject(foldVersions(report.rows))) {
    lines.push(`### ${cell(subject)}`, '');
    lines.push(
      '| verdict | case | TLS | expected | observed | by | note |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const { verdict, name, tls, expected, observed, by, note } of rows) {
      const cells = [
        verdict === 'right' ? verdict : `**${verdict}**`,
        name,
        tls,
        expected,
        observed,
        by,
        note,
      ];
      lines.push(`| ${cells.map(cell).join(' | ')} |`);
    }
    lines.push('');
    const notes = report.notes?.filter((note) => note.subject === subject) ?? [];
    if (notes.length > 0) lines.push(...notes.map(({ text }) => `- ${cell(text)}`), '');
  }
  lines.push(`**${report.result}**: ${formatCounts(report)}`, '');
  return lines.join('\n');
}

/** What the other side said may hold anything: it must not end the cell or begin a tag. */
function cell(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\\|`<>[\]]/g, (character) => `\\${character}`)
    .trim();
}
