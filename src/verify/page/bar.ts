import { type Html, html, NOTHING } from './html.js';

/**
 * A span of time as a bar, from and to as parts of the whole. It says nothing that is not written beside it.
 *
 * @param now where the present is, as a part of the whole; left out where it is not within it
 */
export function drawBar(from: number, to: number, now?: number): Html {
  const [start, end] = [within(from), within(to)];
  const width = Math.max(0.5, end - start);
  const line =
    now === undefined || now < 0 || now > 1
      ? NOTHING
      : html`<line x1="${within(now)}" x2="${within(now)}" y1="0" y2="4"/>`;
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect x="${Math.min(start, 99.5)}" y="1" width="${width}" height="2"/>${line}</svg>`;
}

/** A part of the whole in hundredths, and never outside it. */
function within(part: number): number {
  return Math.round(Math.min(1, Math.max(0, part)) * 10_000) / 100;
}
