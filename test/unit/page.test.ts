// Pages as text: what stands in them, and that nothing from outside becomes markup. What a browser makes of them
// is seen in the integration tests.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Row } from '../../src/index.js';
import { CATALOGUE } from '../../src/pki/flaws/catalogue.js';
import { drawChain } from '../../src/verify/page/chain.js';
import { escapeHtml } from '../../src/verify/page/html.js';
import { drawMatrix } from '../../src/verify/page/matrix.js';
import { commandLine, repeatCommand } from '../../src/verify/page/repeat.js';
import { formatReportPage } from '../../src/verify/page/report-page.js';
import { LARGEST_REPORT, readReport } from '../../src/verify/report/read-report.js';
import { summarize } from '../../src/verify/report/summary.js';
import { HOSTILE_NAMES, rowWith } from '../support/rows.js';

describe('a page of a report', () => {
  test('has no more markup for hostile names than for plain ones', () => {
    const pageOf = (text: string) =>
      formatReportPage([
        {
          ...summarize([rowWith({ subject: text, name: text, by: text, note: text, wire: [text] })], {
            notes: [{ subject: text, text }],
          }),
          command: [text],
        },
      ]);
    const marks = (page: string) => page.match(/[<>]/g)?.length;
    const plain = marks(pageOf('plain'));
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...HOSTILE_NAMES), fc.string({ unit: 'binary', minLength: 1 })),
        (text) => {
          expect(marks(pageOf(text))).toBe(plain);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('an escaped text has nothing that markup, an attribute or the reading direction hangs on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test('refers to nothing outside itself and runs nothing', () => {
    const page = formatReportPage([summarize([rowWith({})])]);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
    expect(page).toContain("default-src 'none'");
  });

  test('says what was looked at', () => {
    const notes = [{ subject: 'localhost:9178', text: 'looked at one thing alone' }];
    const page = formatReportPage([summarize([rowWith({})], { notes })]);
    expect(page).toContain('<li>localhost:9178: looked at one thing alone</li>');
    const read = readReport(JSON.stringify(summarize([rowWith({})], { notes })), 'a.json');
    expect(read.notes).toEqual(notes);
  });

  test.each([
    [[rowWith({})], {}, 'Passed'],
    [[rowWith({ verdict: 'wrong' })], {}, 'Failed'],
    [[rowWith({ verdict: 'inconclusive' })], { silent: ['localhost:9178'] }, 'No answer'],
  ] as [Row[], object, string][])('begins with the verdict: %#', (rows, options, headline) => {
    const page = formatReportPage([summarize(rows, options)]);
    expect(page).toContain(`<h1>${headline}</h1>`);
    expect(page.indexOf('<h1>')).toBeLessThan(page.indexOf('<table>'));
  });

  test('of several reports has a side for servers and one for clients, and the worst verdict', () => {
    const client = rowWith({
      protocol: 'client',
      subject: 'client curl',
      name: 'server expired',
      verdict: 'wrong',
    });
    const page = formatReportPage([summarize([rowWith({})]), summarize([client])]);
    expect(page).toContain('<h2>What my server refuses</h2>');
    expect(page).toContain('<h2>What my client refuses</h2>');
    expect(page).toContain('<h1>Failed</h1>');
    expect(page).toContain('1 right, 1 wrong, 0 warnings, 0 unproved');
    expect(new Set(page.match(/ id="[^"]+"/g)).size).toBe(page.match(/ id="[^"]+"/g)?.length);
  });
});

describe('a page of several reports', () => {
  const client = (more: Partial<Row>) => rowWith({ protocol: 'client', subject: 'client curl', ...more });

  test('tells results of the same client apart', () => {
    const reports = [summarize([client({})]), summarize([client({ verdict: 'wrong' })])];
    const page = formatReportPage(reports, ['a.json', 'b.json']);
    expect(page).toMatch(
      /<th scope="col">client curl \(a\.json\)<.*<th scope="col">client curl \(b\.json\)</,
    );
    expect(formatReportPage(reports)).toContain('client curl (result 2)');
  });

  test('says once what is wrong in two versions of TLS', () => {
    const row = (tls: Row['tls']) => rowWith({ tls, verdict: 'wrong', note: 'anybody gets in' });
    const page = formatReportPage([summarize([row('TLSv1.3'), row('TLSv1.2')])]);
    expect(page.match(/<li>.*anybody gets in/g)).toEqual([
      '<li><a href="#row-1-1">localhost:9178: no certificate, TLS 1.3, TLS 1.2</a>: anybody gets in',
    ]);
  });
});

describe('the matrix', () => {
  const matrixOf = (rows: Row[]) =>
    drawMatrix(
      'cases',
      rows.map((row, index) => ({ row, id: `row-${index}` })),
    ).markup;

  test('has a column for each version of TLS that a case was tried in', () => {
    const matrix = matrixOf([
      rowWith({ tls: 'TLSv1.3' }),
      rowWith({ tls: 'TLSv1.2', verdict: 'wrong', observed: 'let in' }),
      rowWith({ name: 'no TLS' }),
    ]);
    expect(matrix).toMatch(/colspan="2">localhost:9178<.*TLS 1\.2<.*TLS 1\.3</s);
    expect(matrix).toMatch(/no certificate<.*WRONG.*let in.*right.*refused/s);
    expect(matrix).toMatch(/no TLS<\/th><td colspan="2">/);
  });

  test('has a dash where an endpoint was not tried with a case', () => {
    expect(matrixOf([rowWith({}), rowWith({ subject: 'other', name: 'no TLS' })]).match(/>–</g)).toHaveLength(
      2,
    );
  });
});

describe('the chain', () => {
  test.each(CATALOGUE.flatMap((flaw) => flaw.sides.map((side) => [flaw.name, side, flaw] as const)))(
    'of %s on the %s side has one field marked',
    (_name, side, flaw) => {
      const { markup } = drawChain(flaw, side);
      expect(markup.match(/<mark>/g)).toHaveLength(1);
      expect(markup).toContain(`<mark>${escapeHtml(flaw.summary)}</mark>`);
      expect(markup).toContain(flaw.clause);
    },
  );
});

describe('the command that repeats a row', () => {
  const command = [
    'generate-certs',
    'verify-client',
    '--flaw',
    'expired',
    '--',
    'curl',
    '--flaw',
    'x',
    '{url}',
  ];

  test("tries a client's one flaw alone, and leaves the client's own words", () => {
    const again = repeatCommand(rowWith({ protocol: 'client', flaw: 'cn-only' }), command, new Set()) ?? [];
    expect(commandLine(again)).toBe("generate-certs verify-client --flaw cn-only -- curl --flaw x '{url}'");
  });

  test('is the whole command for any other row', () => {
    expect(repeatCommand(rowWith({ flaw: 'expired' }), command, new Set())).toEqual(command);
    expect(repeatCommand(rowWith({}), undefined, new Set())).toBeUndefined();
  });

  test('is for the endpoint of the row alone', () => {
    const [own, other] = ['https://localhost:8000', 'localhost:9178'];
    const command = ['generate-certs', 'verify', '--strict', own, '--grpc', other];
    const subjects = new Set([own, other]);
    const again = (subject: string) => repeatCommand(rowWith({ subject }), command, subjects)?.slice(3);
    expect(again(own)).toEqual([own]);
    expect(again(other)).toEqual(['--grpc', other]);
  });
});

describe('a result that is read', () => {
  const report = { ...summarize([rowWith({})]), command: ['generate-certs', 'verify'] };

  test('is what was printed', () => {
    expect(readReport(JSON.stringify(report), 'a.json')).toEqual(report);
  });

  test('may be of a version that knew fewer fields', () => {
    const { notes: _, ...old } = summarize([rowWith({})]);
    const { wire: _wire, flaw: _flaw, ...row } = rowWith({});
    expect(readReport(JSON.stringify({ ...old, rows: [row] }), 'a.json').rows).toEqual([row]);
  });

  test('has what another side wrote shown as such', () => {
    const odd = { ...report, rows: [rowWith({ by: '\u001b[31m\u202E' })] };
    expect(readReport(JSON.stringify(odd), 'a.json').rows[0]?.by).toBe('\\u{1b}[31m\\u{202e}');
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{"rows":[]}', 'it has no rows'],
    [JSON.stringify({ ...report, rows: [null] }), "row 1 has no right 'fields'"],
    [
      JSON.stringify({ ...report, rows: [rowWith({}), { ...rowWith({}), verdict: 'fine' }] }),
      "row 2 has no right 'verdict'",
    ],
    [
      JSON.stringify({ ...report, rows: [rowWith({ milliseconds: -1 })] }),
      "row 1 has no right 'milliseconds'",
    ],
    [
      JSON.stringify({ ...report, rows: [rowWith({ verdict: 'wrong' })] }),
      "'result' is right, and a row is wrong",
    ],
    [JSON.stringify({ ...report, rows: Array(10_001).fill(rowWith({})) }), 'more than 10000 rows'],
    [JSON.stringify({ ...report, silent: 'x' }), "'silent' is not a list"],
    [JSON.stringify({ ...report, notes: [{ subject: 'x' }] }), "'notes' is not a list"],
    [JSON.stringify({ ...report, result: 'good' }), "it has no 'result'"],
    [JSON.stringify({ ...report, command: 'x' }), "'command' is not a list"],
  ])('%# that is none is refused, and named', (text, what) => {
    expect(text.length).toBeLessThan(LARGEST_REPORT);
    expect(() => readReport(text, 'a.json')).toThrow(
      expect.objectContaining({
        code: 'ERR_REPORT_INVALID',
        message: expect.stringContaining(`a.json is not a result: `),
      }),
    );
    expect(() => readReport(text, 'a.json')).toThrow(what);
  });
});
