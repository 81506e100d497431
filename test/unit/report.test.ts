import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { formatJunit } from '../../src/cli/report/junit.js';
import { formatMarkdown } from '../../src/cli/report/markdown.js';
import { formatTable } from '../../src/cli/report/table.js';
import { coloursFor } from '../../src/cli/terminal/colours.js';
import { OUT } from '../../src/cli/terminal/output.js';
import type { Row } from '../../src/verify/report/row.js';
import { summarize } from '../../src/verify/report/summary.js';

const row = (more: Partial<Row>): Row => ({
  subject: 'localhost:9178',
  protocol: 'grpc',
  name: 'no certificate',
  tls: null,
  severity: 'must',
  kind: 'refused',
  expected: 'refused',
  observed: 'refused',
  by: '',
  verdict: 'right',
  note: '',
  milliseconds: 5,
  ...more,
});

const anyRow = fc
  .record({
    subject: fc.constantFrom('localhost:1', 'https://localhost:2', 'a <b> & "c"'),
    name: fc.string({ unit: 'binary' }),
    tls: fc.constantFrom('TLSv1.2', 'TLSv1.3', null),
    severity: fc.constantFrom('must', 'policy'),
    observed: fc.string({ unit: 'binary' }),
    by: fc.string({ unit: 'binary' }),
    verdict: fc.constantFrom('right', 'wrong', 'warning', 'inconclusive'),
    note: fc.string({ unit: 'binary' }),
  } as const)
  .map(row);

describe('a report', () => {
  test.each([
    [[row({})], {}, 'right'],
    [[row({ verdict: 'warning', severity: 'policy' })], {}, 'right'],
    [[row({ verdict: 'warning', severity: 'policy' })], { strict: true }, 'wrong'],
    [[row({ verdict: 'inconclusive' })], {}, 'wrong'],
    [[row({ verdict: 'inconclusive', severity: 'policy' })], {}, 'right'],
    [[row({ verdict: 'inconclusive', severity: 'policy' })], { strict: true }, 'wrong'],
    [[row({ verdict: 'inconclusive', severity: 'policy', kind: 'not-loaded' })], { strict: true }, 'right'],
    [[row({ verdict: 'inconclusive' })], { silent: ['localhost:9178'] }, 'no-answer'],
    [[row({ verdict: 'wrong' }), row({ subject: 'b', verdict: 'inconclusive' })], { silent: ['b'] }, 'wrong'],
  ] as const)('%# has the right result', (rows, options, result) => {
    expect(summarize(rows, options).result).toBe(result);
  });

  test('is JUnit that a parser reads, whatever the other side said', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 8 }), (rows) => {
        const xml = formatJunit(summarize(rows));
        expect(XMLValidator.validate(xml)).toBe(true);
        const parsed = new XMLParser({
          ignoreAttributes: false,
          isArray: (name) => /^test(suite|case)$/.test(name),
        }).parse(xml);
        const suites = parsed.testsuites.testsuite as {
          '@_tests': string;
          '@_failures': string;
          testcase: object[];
        }[];
        expect(suites.flatMap(({ testcase }) => testcase)).toHaveLength(rows.length);
        for (const suite of suites) {
          expect(suite.testcase).toHaveLength(Number(suite['@_tests']));
          expect(suite.testcase.filter((item) => 'failure' in item)).toHaveLength(
            Number(suite['@_failures']),
          );
        }
      }),
    );
  });

  test('is a Markdown table with a line a row, whatever the other side said', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 8 }), (rows) => {
        for (const line of formatMarkdown(summarize(rows))
          .split('\n')
          .filter((text) => text.startsWith('|'))) {
          expect(line.replace(/\\./gsu, '').match(/\|/g)).toHaveLength(8);
          expect(line.replace(/\\./gsu, '')).not.toMatch(/[<>]/);
        }
      }),
    );
  });

  test('has notes below the rows of their endpoint', () => {
    const notes = [{ subject: row({}).subject, text: 'looked at | alone\u001b[31m' }];
    const report = summarize([row({})], { notes });
    expect(report.notes?.[0]?.text).not.toContain('\u001b');
    expect(formatTable(report, coloursFor(OUT, { NO_COLOR: '1' }))).toMatch(
      /\n {2}note {2}looked at \| alone/,
    );
    expect(formatMarkdown(report)).toContain('- looked at \\| alone');
  });

  test('folds versions of TLS that fare the same, and names what was not tried once', () => {
    const rows = [
      row({ name: 'client a', tls: 'TLSv1.3', observed: 'let in', by: 'gRPC OK', expected: 'let in' }),
      row({ name: 'client a', tls: 'TLSv1.2', observed: 'let in', by: 'gRPC OK', expected: 'let in' }),
      row({ tls: 'TLSv1.3', verdict: 'wrong', observed: 'let in', note: 'anybody gets in' }),
      row({
        name: 'x',
        verdict: 'inconclusive',
        kind: 'not-tried',
        observed: 'not tried',
        note: 'the valid client was not let in',
      }),
      row({
        name: 'y',
        verdict: 'inconclusive',
        kind: 'not-tried',
        observed: 'not tried',
        note: 'the valid client was not let in',
      }),
    ];
    expect(formatTable(summarize(rows), coloursFor(OUT, { NO_COLOR: '1' })).split('\n')).toEqual([
      'localhost:9178',
      '  right  client a        TLS 1.3, 1.2  let in  gRPC OK (5 ms)',
      '  WRONG  no certificate  TLS 1.3       let in   (5 ms)',
      '        anybody gets in',
      '  ?     2 more not tried: the valid client was not let in',
      '',
      'FAILED (2 right, 1 wrong, 2 inconclusive)',
      '',
    ]);
  });
});
