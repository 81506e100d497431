import type { Row } from '../report/row.js';
import { type Html, html, NOTHING } from './html.js';

/** A row, and where on the page its details are. */
export interface PlacedRow {
  readonly row: Row;
  readonly id: string;
}

/** How a verdict is written: never by its colour alone. */
export const WORDS: Readonly<Record<Row['verdict'], string>> = {
  right: 'right',
  wrong: 'WRONG',
  warning: 'warning',
  inconclusive: 'unproved',
};

interface Column {
  readonly subject: string;
  /** The versions of TLS that cases were tried in, where one case has several rows; else none. */
  readonly versions: readonly string[];
  readonly rowsOf: ReadonlyMap<string, readonly PlacedRow[]>;
}

/** Cases down; endpoints or clients and their versions of TLS across. */
export function drawMatrix(label: string, placed: readonly PlacedRow[]): Html {
  const columns = [...groupBy(placed, ({ row }) => row.subject)].map(columnOf);
  const names = [...new Set(placed.map(({ row }) => row.name))];
  const versions = columns.flatMap((column) => column.versions);
  const second = columns.flatMap(({ versions: own }) =>
    own.map((version) => html`<th scope="col">${shortVersion(version)}</th>`),
  );
  const span = versions.length > 0 ? html` rowspan="2"` : NOTHING;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
<table>
<thead>
<tr><th scope="col"${span}>case</th>${columns.map((column) => heading(column, versions.length > 0))}</tr>
${versions.length > 0 ? html`<tr>${second}</tr>` : NOTHING}
</thead>
<tbody>
${names.map((name) => html`<tr><th scope="row">${name}</th>${columns.map((column) => cells(column, name))}</tr>\n`)}
</tbody>
</table>
</div>${columns.some(({ rowsOf }) => rowsOf.size < names.length) ? html`\n<p class="dim">–: not tried there</p>` : NOTHING}`;
}

function columnOf([subject, rows]: readonly [string, readonly PlacedRow[]]): Column {
  const rowsOf = groupBy(rows, ({ row }) => row.name);
  const several = [...rowsOf.values()].some((same) => new Set(same.map(({ row }) => row.tls)).size > 1);
  const versions = new Set(rows.flatMap(({ row }) => (row.tls === null ? [] : [row.tls])));
  return { subject, versions: several ? [...versions].sort() : [], rowsOf };
}

function heading({ subject, versions }: Column, twoLines: boolean): Html {
  if (versions.length > 0) return html`<th scope="colgroup" colspan="${versions.length}">${subject}</th>`;
  return html`<th scope="col"${twoLines ? html` rowspan="2"` : NOTHING}>${subject}</th>`;
}

function cells({ versions, rowsOf }: Column, name: string): Html {
  const rows = rowsOf.get(name) ?? [];
  // What has no version of its own counts for all of them.
  if (versions.length === 0 || rows.every(({ row }) => row.tls === null)) {
    return html`<td colspan="${Math.max(1, versions.length)}">${rows.length === 0 ? '–' : links(rows)}</td>`;
  }
  return html`${versions.map((version) => {
    const own = rows.filter(({ row }) => row.tls === version || row.tls === null);
    return html`<td>${own.length === 0 ? '–' : links(own)}</td>`;
  })}`;
}

function links(rows: readonly PlacedRow[]): Html {
  return html`${rows.map(
    ({ row, id }) =>
      html`<a class="${row.verdict}" href="#${id}"><span class="word">${WORDS[row.verdict]}:</span> ${row.observed}</a> `,
  )}`;
}

/** `TLS 1.3`. */
export function shortVersion(version: string): string {
  return version.replace(/^TLSv/, 'TLS ');
}

/** Values by a key of theirs, in their order. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
