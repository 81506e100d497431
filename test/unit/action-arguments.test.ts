// What the action's inputs come to: whatever an input holds, it is that input's value and nothing else.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { argumentsOf } from '../../scripts/action-arguments.mjs';
import { COMMANDS } from '../../src/cli/commands.js';
import { MAKE_OPTIONS, type OptionEntry } from '../../src/cli/make-options.js';
import { createProgram, splitNames } from '../../src/cli/program.js';

const action = parse(readFileSync('action.yml', 'utf8')) as { inputs: Record<string, unknown> };
const INPUTS = Object.keys(action.inputs);
const SWITCHES = ['plain-san', 'name-constraints', 'issuer', 'force'];
const OPTION_OF: Record<string, string> = { 'plain-san': 'plainSan', 'name-constraints': 'nameConstraints' };

const fail = (message: string): never => {
  throw new Error(message);
};

function read(inputs: Record<string, string>): {
  names: readonly string[];
  options: Record<string, unknown>;
} {
  const args = argumentsOf((name: string) => inputs[name] ?? '', fail);
  const { head, names } = splitNames(args);
  const program = createProgram(async () => undefined);
  const { operands, unknown } = program.parseOptions([...head]);
  expect({ operands, unknown }).toEqual({ operands: [], unknown: [] });
  return { names, options: program.opts() };
}

const HOSTILE = [
  ...COMMANDS.map(({ name }) => name),
  'help',
  '--help',
  '-q',
  '--out=/etc',
  '--',
  '--force',
  'serve\nsh\n-c\ntouch proof',
  '$(touch proof)',
  '`touch proof`',
  '; touch proof',
];

describe.each(INPUTS.filter((name) => !SWITCHES.includes(name)))('the input %s', (name) => {
  test.each(HOSTILE)('is its own value, and no command or option: %j', (value) => {
    const { names, options } = read({ [name]: value });
    const lines = value.split('\n');
    if (name === 'names') expect(names).toEqual(lines);
    else {
      expect(names).toEqual([]);
      const entry: OptionEntry | undefined = (MAKE_OPTIONS as Record<string, OptionEntry>)[name];
      const key = name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
      expect(options[key]).toEqual(entry?.repeated ? lines : value);
    }
  });
});

test.each(SWITCHES)('the input %s is true or false', (name) => {
  expect(read({ [name]: 'true' }).options[OPTION_OF[name] ?? name]).toBe(true);
  for (const value of HOSTILE) expect(() => read({ [name]: value })).toThrow('not true or false');
});

test('any text in the names is names', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const expected = text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '');
      expect(read({ names: text }).names).toEqual(expected);
    }),
  );
});
