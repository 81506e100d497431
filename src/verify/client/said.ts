import { foreignText } from '../../errors.js';

/** How much of what a client says is shown. */
const LONGEST = 160;

/** What a client says of its failure, in quotes. Of a long text its end is shown, where the reason is. */
export function quoteSaid(text: string): string {
  const shown = text.length > LONGEST ? `…${text.slice(-LONGEST)}` : text;
  return `'${foreignText(shown)}'`;
}
