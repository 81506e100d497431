import { styleText } from 'node:util';
import { isTerminal, type Output } from './output.js';

const NAMES = ['bold', 'dim', 'green', 'red', 'yellow'] as const;

/** Ways to mark a text on a terminal; where it takes no colours, the text comes back as it is. */
export type Colours = Readonly<Record<(typeof NAMES)[number], (text: string) => string>>;

export const PLAIN = colours((_name, text) => text);

const COLOURED = colours((name, text) => styleText(name, text, { validateStream: false }));

/** Colour only on a terminal that has it, and never where NO_COLOR is set (https://no-color.org). */
export function coloursFor(output: Output): Colours {
  const { NO_COLOR = '', TERM } = process.env;
  return NO_COLOR === '' && TERM !== 'dumb' && isTerminal(output) ? COLOURED : PLAIN;
}

function colours(mark: (name: (typeof NAMES)[number], text: string) => string): Colours {
  return Object.fromEntries(NAMES.map((name) => [name, (text: string) => mark(name, text)])) as Colours;
}
