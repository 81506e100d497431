import { foreignText } from '../../errors.js';

/** Markup that may stand in a page as it is: only {@link html} makes it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | readonly Html[];

/** Markup from a template. Every value that is not markup itself is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(markupOf)));
}

export const NOTHING = new Html('');

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  return typeof part === 'object' ? part.map(({ markup }) => markup).join('') : escapeHtml(String(part));
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it may stand in an element or in a quoted attribute; what cannot be seen is shown as an escape. */
export function escapeHtml(text: string): string {
  return foreignText(text, text.length).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
