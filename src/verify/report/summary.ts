import { foreignText } from '../../errors.js';
import type { ReportNote, Row, VerifyReport } from './row.js';

/**
 * Sums rows up.
 *
 * @param options.strict whether what is a matter of policy counts as wrong
 */
export function summarize(
  rows: readonly Row[],
  {
    silent = [],
    strict = false,
    notes = [],
  }: {
    readonly silent?: readonly string[];
    readonly strict?: boolean | undefined;
    readonly notes?: readonly ReportNote[] | undefined;
  } = {},
): VerifyReport {
  const shown = rows.map(withForeignTextShown);
  const judged = strict
    ? shown.map((row) => (row.verdict === 'warning' ? { ...row, verdict: 'wrong' as const } : row))
    : shown;
  const counts = { right: 0, wrong: 0, warning: 0, inconclusive: 0 };
  for (const { verdict } of judged) counts[verdict]++;
  const said = notes.map(({ subject, text }) => ({
    subject: foreignText(subject),
    text: foreignText(text, LONGEST_TEXT),
  }));
  return {
    rows: judged,
    counts,
    ...(said.length > 0 && { notes: said }),
    silent,
    result: resultOf(judged, silent, strict),
  };
}

/** What an endpoint wrote may stand in these: no report in any form holds it as it came. */
function withForeignTextShown(row: Row): Row {
  return {
    ...row,
    subject: foreignText(row.subject),
    name: foreignText(row.name),
    observed: foreignText(row.observed, LONGEST_TEXT),
    by: foreignText(row.by, LONGEST_TEXT),
    note: foreignText(row.note),
    ...(row.wire !== undefined && { wire: row.wire.map((line) => foreignText(line, LONGEST_TEXT)) }),
  };
}

const LONGEST_TEXT = 300;

function resultOf(rows: readonly Row[], silent: readonly string[], strict: boolean): VerifyReport['result'] {
  // That this side cannot load a certificate is nothing that the endpoint could mend; that it did not
  // answer is.
  const required = ({ severity, kind }: Row) =>
    severity === 'must' || (strict && kind !== 'not-loaded' && kind !== 'not-tried');
  const unproved = (row: Row) =>
    row.verdict === 'inconclusive' && required(row) && !silent.includes(row.subject);
  if (rows.some((row) => row.verdict === 'wrong' || unproved(row))) return 'wrong';
  return silent.length > 0 ? 'no-answer' : 'right';
}
