import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './program.js';

export interface CodeBlock {
  /** What stands after the three backticks: the language, and where the block runs. */
  readonly info: string;
  readonly text: string;
}

/** The code blocks of the README. */
export function readmeBlocks(): CodeBlock[] {
  const text = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', block = '']) => ({
    info,
    text: block,
  }));
}
