// Whatever a path holds, the shell that reads the line has it as it was, and nothing is run.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENV_FORMATS } from '../../src/cli/terminal/shells.js';

const ODD = [
  '',
  ' ',
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  '$HOME',
  '$(id)',
  '`id`',
  'a\nb',
  '\n',
  '!',
  '#',
  '\u2019',
  "\u2018'",
  '*',
  '-n',
  '~',
  '%PATH%',
  ';id',
  '&',
  'EOF',
];
// No environment variable holds a NUL, and none a lone surrogate.
const value = fc.oneof(
  fc.constantFrom(...ODD),
  fc.array(fc.constantFrom(...ODD, 'a', '/', 'é')).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString().replaceAll('\0', '')),
);

test.each(['sh', 'bash'])('%s', (shell) => {
  if (spawnSync(shell, ['-c', ':']).error !== undefined) return;
  const values = [...ODD, ...fc.sample(value, 500)];
  const script = values.map((text) => `${ENV_FORMATS.sh('VALUE', text)}printf '%s\\0' "$VALUE"\n`).join('');
  const { stdout, stderr, status } = spawnSync(shell, [], { input: script, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\0').slice(0, -1)).toEqual(values);
});

/** Reads a quoted word by a shell's own rules. */
function unquote(word: string, pattern: RegExp, read: (escaped: string) => string): string {
  const match = pattern.exec(word);
  if (match?.[1] === undefined) throw new Error(`not one quoted word: ${word}`);
  return read(match[1]);
}

describe('by the rules of their manuals', () => {
  test('fish: a backslash escapes itself and the quote', () => {
    fc.assert(
      fc.property(value, (text) => {
        const line = ENV_FORMATS.fish('VALUE', text);
        expect(line.startsWith('set -gx VALUE ')).toBe(true);
        const word = line.slice('set -gx VALUE '.length, -1);
        expect(unquote(word, /^'((?:[^\\']|\\[\\'])*)'$/, (body) => body.replace(/\\([\\'])/g, '$1'))).toBe(
          text,
        );
      }),
    );
  });

  test('PowerShell: a quote of any kind stands twice', () => {
    fc.assert(
      fc.property(value, (text) => {
        const line = ENV_FORMATS.powershell('VALUE', text);
        const word = line.slice('$env:VALUE = '.length, -1);
        const quotes = "'\u2018\u2019\u201a\u201b";
        const pattern = new RegExp(`^'((?:[^${quotes}]|([${quotes}])\\2)*)'$`);
        const pair = new RegExp(`([${quotes}])\\1`, 'g');
        expect(unquote(word, pattern, (body) => body.replace(pair, '$1'))).toBe(text);
      }),
    );
  });

  test('GitHub: the value ends at a line that is the delimiter, which no value can have ready', () => {
    fc.assert(
      fc.property(value, (text) => {
        const lines = ENV_FORMATS.github('VALUE', text).split('\n');
        const delimiter = /^VALUE<<(end-[0-9a-f]{32})$/.exec(lines[0] ?? '')?.[1] ?? '';
        const end = lines.indexOf(delimiter, 1);
        expect(lines.slice(1, end).join('\n')).toBe(text);
        expect(lines.slice(end + 1)).toEqual(['']);
      }),
    );
    expect(ENV_FORMATS.github('A', 'b')).not.toBe(ENV_FORMATS.github('A', 'b'));
  });
});
