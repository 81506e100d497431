import { GenerateCertsError, printable } from '../../errors.js';
import { type ReportNote, ROW_KINDS, type Row, type VerifyReport } from './row.js';
import { summarize } from './summary.js';

/** The largest file that is read as a report, in bytes. */
export const LARGEST_REPORT = 10 * 1024 * 1024;
const MOST_ROWS = 10_000;
const MOST_WORDS = 1000;

/**
 * Reads what `verify --json` or `verify-client --json` printed. Everything in it is taken for foreign text.
 *
 * @param file what an error calls it
 * @throws {@link GenerateCertsError} `ERR_REPORT_INVALID`
 */
export function readReport(text: string, file: string): VerifyReport {
  const problem = (what: string) =>
    new GenerateCertsError(
      'ERR_REPORT_INVALID',
      `${printable(file)} is not a result: ${what}`,
      'give a file that generate-certs verify --json or verify-client --json printed',
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem('it is not JSON');
  }
  if (!isObject(value)) throw problem('it is not an object');
  const { rows, silent, result, command, notes } = value;
  if (!Array.isArray(rows) || rows.length === 0) throw problem('it has no rows');
  if (rows.length > MOST_ROWS) throw problem(`it has more than ${MOST_ROWS} rows`);
  rows.forEach((row, index) => {
    const field = wrongField(row);
    if (field !== undefined) throw problem(`row ${index + 1} has no right '${field}'`);
  });
  if (!isTexts(silent)) throw problem("'silent' is not a list of addresses");
  if (result !== 'right' && result !== 'wrong' && result !== 'no-answer') throw problem("it has no 'result'");
  if (notes !== undefined && !isNotes(notes)) throw problem("'notes' is not a list of notes");
  if (command !== undefined && !(isTexts(command) && command.length <= MOST_WORDS)) {
    throw problem("'command' is not a list of words");
  }
  const summary = summarize(rows as Row[], { silent, notes });
  if (result === 'right' && summary.counts.wrong > 0) throw problem("'result' is right, and a row is wrong");
  return { ...summary, result, ...(command !== undefined && { command }) };
}

const isText = (value: unknown) => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isNotes = (value: unknown): value is ReportNote[] =>
  Array.isArray(value) &&
  value.length <= MOST_ROWS &&
  value.every((note) => isObject(note) && isText(note.subject) && isText(note.text));
const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value);

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  subject: isText,
  protocol: isText,
  name: isText,
  tls: isOneOf(['TLSv1.2', 'TLSv1.3', null]),
  severity: isOneOf(['must', 'policy']),
  kind: isOneOf(ROW_KINDS),
  expected: isText,
  observed: isText,
  by: isText,
  verdict: isOneOf(['right', 'wrong', 'warning', 'inconclusive']),
  note: isText,
  milliseconds: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  flaw: (value) => value === undefined || isText(value),
  wire: (value) => value === undefined || isTexts(value),
};

function wrongField(row: unknown): string | undefined {
  if (!isObject(row)) return 'fields';
  return Object.keys(FIELDS).find((name) => FIELDS[name]?.(row[name]) !== true);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
