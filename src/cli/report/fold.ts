import type { Row, VerifyReport } from '../../index.js';

/** Rows that differ in the version of TLS alone, as one. */
export interface FoldedRow extends Omit<Row, 'tls'> {
  /** `TLS 1.3, 1.2`; empty where the case has no version. */
  readonly tls: string;
}

export function foldVersions(rows: readonly Row[]): FoldedRow[] {
  const folded = new Map<string, { first: Row; versions: string[]; slowest: number }>();
  for (const row of rows) {
    const key = JSON.stringify([row.subject, row.name, row.observed, row.by, row.verdict]);
    const group = folded.get(key) ?? { first: row, versions: [], slowest: 0 };
    if (row.tls !== null) group.versions.push(row.tls.slice('TLSv'.length));
    folded.set(key, { ...group, slowest: Math.max(group.slowest, row.milliseconds) });
  }
  return [...folded.values()].map(({ first, versions, slowest }) => ({
    ...first,
    tls: versions.length === 0 ? '' : `TLS ${versions.join(', ')}`,
    milliseconds: slowest,
  }));
}

/** Rows by what they are about, in their order. */
export function bySubject<T extends Pick<Row, 'subject'>>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(row.subject, [...(groups.get(row.subject) ?? []), row]);
  return groups;
}

/** `41 right, 1 wrong`: what there is none of is left out, but for what is right. */
export function formatCounts({ counts }: VerifyReport): string {
  const parts = [`${counts.right} right`];
  if (counts.wrong > 0) parts.push(`${counts.wrong} wrong`);
  if (counts.warning > 0) parts.push(`${counts.warning} ${counts.warning === 1 ? 'warning' : 'warnings'}`);
  if (counts.inconclusive > 0) parts.push(`${counts.inconclusive} inconclusive`);
  return parts.join(', ');
}
