import type { Command } from 'commander';
import type { Flaw } from '../pki/flaws/catalogue.js';

/** Lines of a command to type, each with what it does. */
export type Examples = readonly (readonly [command: string, what: string])[];

/** The six that a newcomer needs. Every command has its own. */
export const PROGRAM_EXAMPLES: Examples = [
  ['generate-certs', 'a set for localhost in certs/, for NGINX and for native gRPC TLS'],
  ["generate-certs api.test '*.api.test' 10.0.0.7", 'a server of three names'],
  ['generate-certs --layout nginx --out .', 'the files of the NGINX mTLS example, in this folder'],
  ['generate-certs --client alice --untrusted all', 'a client to let in, and every kind to refuse'],
  [
    'generate-certs verify --grpc localhost:9178',
    'proves that the live endpoint lets in the right clients only',
  ],
  ['generate-certs show', 'what is in certs/, who signed it, how long it lives'],
];

/** Adds a command's examples to the end of its help. */
export function addExamples(command: Command, examples: Examples): void {
  command.addHelpText('after', () => `\nExamples:\n${formatExamples(examples, widthOf(command))}`);
}

export function formatExamples(examples: Examples, width: number): string {
  return examples.map(([command, what]) => `  ${command}\n${wrap(what, width, '      ')}`).join('\n');
}

/** One side's flaws for the help text. */
export function formatFlaws(flaws: readonly Flaw[], width: number): string {
  const longest = Math.max(...flaws.map(({ name }) => name.length));
  const beside = width >= longest + 40;
  return flaws
    .map(({ name, summary, severity }) => {
      const text = `${summary}${severity === 'policy' ? ' (policy)' : ''}`;
      if (!beside) return `  ${name}\n${wrap(text, width, '      ')}`;
      const indent = ' '.repeat(longest + 4);
      return `  ${name.padEnd(longest)}  ${wrap(text, width, indent).trimStart()}`;
    })
    .join('\n');
}

export function widthOf(command: Command): number {
  return command.createHelp().helpWidth ?? command.configureOutput().getOutHelpWidth?.() ?? 80;
}

/** Breaks a text between words. A word that is longer than a line stands alone. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const longer = line === indent ? `${indent}${word}` : `${line} ${word}`;
    if (longer.length > width && line !== indent) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}
