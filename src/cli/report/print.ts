import { writeFile } from 'node:fs/promises';
import { GenerateCertsError, printable } from '../../errors.js';
import type { VerifyReport } from '../../index.js';
import { environmentError } from '../../store/transaction/file-system.js';
import { ExitStatus, type Terminal } from '../terminal/terminal.js';
import { formatJunit } from './junit.js';
import { formatMarkdown } from './markdown.js';
import { formatTable } from './table.js';

/** In what forms a report is given. */
export interface ReportOptions {
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: boolean | undefined;
  readonly html?: string | undefined;
}

/**
 * Prints a report, and writes it where it was asked for.
 *
 * @returns what the program ends with
 */
export async function printReport(
  report: VerifyReport,
  options: ReportOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (options.junit !== undefined) await writeReport(options.junit, formatJunit(report));
  if (options.html !== undefined) {
    const { formatReportPage } = await import('../../verify/page/report-page.js');
    await writeReport(options.html, formatReportPage([report]));
  }
  if (options.json) terminal.data(`${JSON.stringify(report, null, 2)}\n`);
  else if (options.markdown) terminal.data(formatMarkdown(report));
  else if (report.result === 'right') terminal.result(formatTable(report, terminal.colour));
  // Failures are shown with --quiet too, and then nothing but them.
  else terminal.failure(formatTable(terminal.isQuiet ? failuresOf(report) : report, terminal.colour));
  if (report.result === 'no-answer') return ExitStatus.environment;
  return report.result === 'right' ? ExitStatus.done : ExitStatus.check;
}

/** A report without the rows that are right. */
function failuresOf(report: VerifyReport): VerifyReport {
  return { ...report, rows: report.rows.filter(({ verdict }) => verdict !== 'right'), notes: undefined };
}

/** Writes a report's file; one that is there is replaced. */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new GenerateCertsError(
        'ERR_FILE_SYSTEM',
        `cannot write ${printable(path)}: there is no such folder`,
        'name a file in a folder that is there',
      );
    }
    throw environmentError(error, `write ${path}`);
  }
}
