import { expect } from 'vitest';
import { type Row, type VerifyEndpointOptions, type VerifyReport, verifyEndpoint } from '../../src/index.js';

/** What `verify` says of an endpoint. */
export interface Proved {
  readonly report: VerifyReport;
  /** The rows of a case, at least one. */
  readonly rows: (name: string) => readonly Row[];
  /** Verdict and evidence of a case's first row. */
  readonly says: (name: string) => string;
}

/** Proves an endpoint by the set in a folder. */
export async function prove(
  set: string,
  url: string,
  options: Omit<VerifyEndpointOptions, 'set' | 'url'> = {},
): Promise<Proved> {
  const report = await verifyEndpoint({ set, url, ...options });
  const rows = (name: string) => {
    const found = report.rows.filter((row) => row.name === name);
    expect(found, `${name} in ${table(report)}`).not.toEqual([]);
    return found;
  };
  const says = (name: string) => {
    const [row] = rows(name);
    return `${row?.verdict}: ${row?.observed}, ${row?.by}`;
  };
  return { report, rows, says };
}

/** Every row in a line, for a test that fails. */
export function table({ rows }: VerifyReport): string {
  return rows
    .map(({ verdict, name, tls, observed, by, note }) =>
      [verdict, name, tls ?? '', observed, by, note].join(' | '),
    )
    .join('\n');
}

/** What is not as it must be: nothing at a server that is right. */
export function notRight({ rows }: VerifyReport): string[] {
  return rows
    .filter(
      ({ verdict, severity }) => verdict === 'wrong' || (verdict === 'inconclusive' && severity === 'must'),
    )
    .map(({ name, tls, observed, by, note }) => [name, tls ?? '', observed, by, note].join(' | '));
}
