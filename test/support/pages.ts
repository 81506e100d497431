// The documentation as it is read: the README, CONTRIBUTING.md and the pages of docs/.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './program.js';

export interface CodeBlock {
  /** Relative to the repository. */
  readonly page: string;
  /** What stands after the three backticks: the language, and where the block runs. */
  readonly info: string;
  readonly text: string;
}

const DOCS = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));

/** Every page, the README first. */
export const PAGES = ['README.md', ...DOCS.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'SECURITY.md'];

export const pageText = (page: string) => readFileSync(join(REPOSITORY, page), 'utf8');

/** The code blocks of all pages. */
export function codeBlocks(): CodeBlock[] {
  return PAGES.flatMap((page) =>
    [...pageText(page).matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
      page,
      info,
      text,
    })),
  );
}

/** The lines of all blocks of a kind, each once. */
export function commandsOf(info: string): string[] {
  const blocks = codeBlocks().filter((block) => block.info === info);
  return [...new Set(blocks.flatMap(({ text }) => text.trimEnd().split('\n')))];
}
