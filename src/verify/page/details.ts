import type { Side } from '../../pki/flaws/catalogue.js';
import type { Row } from '../report/row.js';
import { drawBar } from './bar.js';
import { drawChain, flawOf } from './chain.js';
import { type Html, html, NOTHING } from './html.js';
import { groupBy, type PlacedRow, shortVersion, WORDS } from './matrix.js';
import { commandLine } from './repeat.js';

/** A row with the command that repeats it; nothing where that is not known. */
export interface DetailedRow extends PlacedRow {
  readonly command: readonly string[] | undefined;
}

/** All that was seen of each case, under the name of its endpoint or client. */
export function drawDetails(rows: readonly DetailedRow[]): Html {
  const slowest = Math.max(1, ...rows.map(({ row }) => row.milliseconds));
  return html`${[...groupBy(rows, ({ row }) => row.subject)].map(
    ([subject, own]) => html`<h3>${subject}</h3>\n${own.map((placed) => drawRow(placed, slowest))}`,
  )}`;
}

function drawRow({ row, id, command }: DetailedRow, slowest: number): Html {
  const side: Side = row.protocol === 'client' ? 'server' : 'client';
  const flaw = flawOf(row.flaw, side);
  const version = row.tls === null ? '' : `, ${shortVersion(row.tls)}`;
  return html`<article id="${id}" aria-labelledby="${id}-title">
<h4 id="${id}-title"><span class="word ${row.verdict}">${WORDS[row.verdict]}</span> ${row.name}${version}</h4>
<dl>
${row.note === '' ? NOTHING : html`<dt>why</dt><dd>${row.note}</dd>`}
${row.expected === '' ? NOTHING : html`<dt>expected</dt><dd>${row.expected}</dd>`}
<dt>observed</dt><dd>${row.observed}</dd>
${onTheWire(row)}
${row.milliseconds === 0 ? NOTHING : html`<dt>time</dt><dd>${row.milliseconds} ms${drawBar(0, row.milliseconds / slowest)}</dd>`}
</dl>
${flaw === undefined ? NOTHING : drawChain(flaw, side)}
${command === undefined ? NOTHING : html`<pre><code>${commandLine(command)}</code></pre>`}
</article>
`;
}

function onTheWire({ by, wire = [] }: Row): Html {
  const told = by === '' ? NOTHING : html`<dt>told by</dt><dd>${by}</dd>`;
  const seen = wire.map((line) => html`<dd>${line}</dd>`);
  return html`${wire.length === 0 ? NOTHING : html`<dt>on the wire</dt>${seen}`}${told}`;
}
