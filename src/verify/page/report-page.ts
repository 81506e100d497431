import type { Row, Verdict, VerifyReport } from '../report/row.js';
import { type DetailedRow, drawDetails } from './details.js';
import { htmlDocument } from './document.js';
import { type Html, html, NOTHING } from './html.js';
import { drawMatrix, groupBy, shortVersion } from './matrix.js';
import { repeatCommand } from './repeat.js';

/**
 * One page of one or several reports: the verdict, a matrix for each side, then every row with what was seen.
 * It needs no other file, no network and no script, and holds no key material.
 *
 * @param titles what tells reports of the same endpoint or client apart; their numbers when absent
 */
export function formatReportPage(reports: readonly VerifyReport[], titles: readonly string[] = []): string {
  const subjectsOf = reports.map(({ rows }) => new Set(rows.map(({ subject }) => subject)));
  const isShared = (subject: string) => subjectsOf.filter((subjects) => subjects.has(subject)).length > 1;
  const rows = reports.flatMap(({ rows: own, command }, number) => {
    const title = titles[number] ?? `result ${number + 1}`;
    return own.map((row, index) => ({
      row: isShared(row.subject) ? { ...row, subject: `${row.subject} (${title})` } : row,
      id: `row-${number + 1}-${index + 1}`,
      command: repeatCommand(row, command, subjectsOf[number] ?? new Set()),
    }));
  });
  const result = worst(reports);
  const silent = [...new Set(reports.flatMap((report) => report.silent))];
  const headline = HEADLINES[result];
  const sections = SIDES.map(({ title, isOf }) => ({ title, own: rows.filter(({ row }) => isOf(row)) }));
  const present = sections.filter(({ own }) => own.length > 0);
  const page = html`<header class="verdict ${result === 'right' ? 'right' : 'wrong'}">
<h1>${headline}</h1>
<p>${countsOf(rows.map(({ row }) => row.verdict))}${silent.length === 0 ? '' : `; ${silent.join(', ')} did not answer`}</p>
</header>
<main>
<div class="sides">
${present.map(({ title, own }) => html`<section>\n<h2>${title}</h2>\n${drawMatrix(title, own)}\n</section>\n`)}
</div>
${notRight(rows)}
${looked(reports)}
${present.map(({ title, own }) => html`<section>\n<h2>${title}: each case</h2>\n${drawDetails(own)}</section>\n`)}
</main>`;
  return htmlDocument(`generate-certs: ${headline}`, page);
}

const SIDES: readonly { title: string; isOf: (row: Row) => boolean }[] = [
  { title: 'The set by itself', isOf: ({ protocol }) => protocol === 'set' },
  {
    title: 'What my server refuses',
    isOf: ({ protocol }) => protocol !== 'set' && protocol !== 'client',
  },
  { title: 'What my client refuses', isOf: ({ protocol }) => protocol === 'client' },
];

const HEADLINES: Readonly<Record<VerifyReport['result'], string>> = {
  right: 'Passed',
  wrong: 'Failed',
  'no-answer': 'No answer',
};

function worst(reports: readonly VerifyReport[]): VerifyReport['result'] {
  const results = reports.map(({ result }) => result);
  return (['wrong', 'no-answer'] as const).find((result) => results.includes(result)) ?? 'right';
}

/** `41 right, 1 wrong, 0 warnings, 2 unproved`. */
export function countsOf(verdicts: readonly Verdict[]): string {
  const count = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length;
  const warnings = count('warning');
  return [
    `${count('right')} right`,
    `${count('wrong')} wrong`,
    `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    `${count('inconclusive')} unproved`,
  ].join(', ');
}

/** What someone has to look at, before the tables of everything. */
function notRight(rows: readonly DetailedRow[]): Html {
  const bad = rows.filter(({ row }) => row.verdict === 'wrong');
  if (bad.length === 0) return NOTHING;
  const alike = groupBy(bad, ({ row: { subject, name, note } }) => JSON.stringify([subject, name, note]));
  const items = [...alike.values()].map(drawAlike);
  return html`<section>\n<h2>What is wrong</h2>\n<ul>\n${items}</ul>\n</section>`;
}

/** Rows that differ in their version of TLS alone, as one. */
function drawAlike(rows: readonly DetailedRow[]): Html {
  const [{ row, id }] = rows as [DetailedRow];
  const versions = rows.flatMap(({ row: { tls } }) => (tls === null ? [] : [shortVersion(tls)]));
  const name = [row.name, ...versions].join(', ');
  return html`<li><a href="#${id}">${row.subject}: ${name}</a>${row.note === '' ? '' : `: ${row.note}`}</li>\n`;
}

/** What was looked at, and what was not. */
function looked(reports: readonly VerifyReport[]): Html {
  const notes = reports.flatMap((report) => report.notes ?? []);
  if (notes.length === 0) return NOTHING;
  const items = notes.map(({ subject, text }) => html`<li>${subject}: ${text}</li>\n`);
  return html`<section>\n<h2>What was looked at</h2>\n<ul>\n${items}</ul>\n</section>`;
}
