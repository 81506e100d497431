import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GenerateCertsError, printable } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { countsOf, formatReportPage } from '../../verify/page/report-page.js';
import { LARGEST_REPORT, readReport } from '../../verify/report/read-report.js';
import { quietOption } from '../options.js';
import { writeReport } from '../report/print.js';
import { Terminal } from '../terminal/terminal.js';
import { count } from '../terminal/text.js';

const MOST_RESULTS = 100;

export function describeReport(command: Command): void {
  command
    .usage('[options] <result...>')
    .argument('<result...>', 'files that verify --json and verify-client --json printed')
    .requiredOption('--html <file>', 'the page: one file, for a browser or for paper')
    .addOption(quietOption())
    .action(async (files: string[], options: { html: string; quiet?: boolean }) =>
      joinResults(files, options),
    );
}

async function joinResults(files: string[], options: { html: string; quiet?: boolean }): Promise<void> {
  if (files.length > MOST_RESULTS) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      `${files.length} results are too many for one page`,
      `give at most ${MOST_RESULTS}`,
    );
  }
  const own = files.find((file) => resolve(file) === resolve(options.html));
  if (own !== undefined) {
    throw new GenerateCertsError(
      'ERR_USAGE',
      `${printable(own)} is a result and the page as well`,
      'give the page a name of its own, such as --html report.html',
    );
  }
  const reports: VerifyReport[] = [];
  for (const file of files) reports.push(readReport(await readBounded(file), file));
  await writeReport(options.html, formatReportPage(reports, files));
  const verdicts = reports.flatMap(({ rows }) => rows.map(({ verdict }) => verdict));
  new Terminal(options).result(
    `wrote ${printable(options.html)}: ${count(reports.length, 'result')}, ${countsOf(verdicts)}\n`,
  );
}

/** A file's text, never more of it than a report may have. */
async function readBounded(path: string): Promise<string> {
  const problem = (what: string, hint: string, cause?: unknown) =>
    new GenerateCertsError('ERR_REPORT_INVALID', `${printable(path)} ${what}`, hint, { cause });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // A stream, because a result may also come through a pipe, whose size is not known.
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LARGEST_REPORT) {
        throw problem('is too large for a result', `a result has at most ${LARGEST_REPORT} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof GenerateCertsError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw problem(what, 'give files that verify --json and verify-client --json printed', error);
  }
}
