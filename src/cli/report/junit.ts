import type { VerifyReport } from '../../index.js';
import type { Row } from '../../verify/report/row.js';
import { bySubject } from './fold.js';

/**
 * A report as JUnit XML: a test suite a subject, a test case a row. What is wrong is a failure; what is
 * a warning or inconclusive is skipped with its reason, and a failure where it must be proved.
 */
export function formatJunit(report: VerifyReport): string {
  const suites = [...bySubject(report.rows)].map(([subject, rows]) => {
    const count = (element: string) => rows.filter((row) => elementOf(row) === element).length;
    const numbers = `tests="${rows.length}" failures="${count('failure')}" errors="0" skipped="${count('skipped')}"`;
    const seconds = rows.reduce((sum, row) => sum + row.milliseconds, 0) / 1000;
    const cases = rows.map((row) => testCase(subject, row)).join('\n');
    return `  <testsuite name="${escapeXml(subject)}" ${numbers} time="${seconds}">\n${cases}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="generate-certs verify">\n${suites.join('\n')}\n</testsuites>\n`;
}

function testCase(subject: string, row: Row): string {
  const { name, tls, expected, observed, by, note, milliseconds } = row;
  const title = escapeXml(tls === null ? name : `${name} (${tls})`);
  const open = `    <testcase classname="${escapeXml(subject)}" name="${title}" time="${milliseconds / 1000}"`;
  const element = elementOf(row);
  if (element === undefined) return `${open}/>`;
  const message = escapeXml(note === '' ? observed : note);
  const text = escapeXml(`expected: ${expected}; observed: ${observed}${by === '' ? '' : ` by ${by}`}`);
  return `${open}>\n      <${element} message="${message}">${text}</${element}>\n    </testcase>`;
}

function elementOf({ verdict, severity }: Row): 'failure' | 'skipped' | undefined {
  if (verdict === 'right') return undefined;
  return verdict === 'wrong' || (verdict === 'inconclusive' && severity === 'must') ? 'failure' : 'skipped';
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no place for most control characters, not even escaped. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replace(/\s/g, ' ');
}
