// The plainest command lines are read without Commander. Whatever is read so must come to the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { MAKE_OPTIONS, type OptionEntry } from '../../src/cli/make-options.js';
import { type MakeArguments, readPlainArguments } from '../../src/cli/plain-arguments.js';
import { createProgram, describeCommands } from '../../src/cli/program.js';

/** What Commander makes of a command line; nothing where it refuses it or finds a command in it. */
async function readByCommander(argv: readonly string[]): Promise<MakeArguments | undefined> {
  let read: MakeArguments | undefined;
  const program = createProgram(async (names, options) => {
    read = { names, options };
  });
  program.configureOutput({ writeOut: () => undefined });
  await describeCommands(program, argv, () => undefined);
  await program.parseAsync(argv, { from: 'user' }).catch(() => undefined);
  return read;
}

const words = fc.constantFrom(
  'a.test',
  '*.b.test',
  '10.0.0.7',
  '::1',
  'x y',
  'héllo',
  '1',
  'true',
  'a=b',
  '@',
);
const names = fc.constantFrom(...Object.keys(MAKE_OPTIONS));
const shorts = fc.constantFrom(
  ...Object.values<OptionEntry>(MAKE_OPTIONS).flatMap(({ short }) => short ?? []),
);
const tokens = fc.oneof(
  { weight: 4, arbitrary: words },
  { weight: 4, arbitrary: names.map((name) => `--${name}`) },
  { weight: 2, arbitrary: shorts.map((short) => `-${short}`) },
  fc.tuple(names, fc.oneof(words, fc.constant(''))).map(([name, value]) => `--${name}=${value}`),
  fc.tuple(shorts, words).map(([short, value]) => `-${short}${value}`),
  fc.constantFrom(
    '',
    '-',
    '--',
    '-qf',
    '-h',
    '--help',
    '--version',
    '--no-quiet',
    '--lay',
    '-x',
    '--=',
    '-l=grpc',
  ),
  fc.constantFrom('help', 'show', 'client', 'constructor', '__proto__', '--__proto__', '--constructor'),
  fc.string(),
);

describe('plain arguments', () => {
  test('come to what Commander makes of them', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(tokens, { maxLength: 8 }), async (argv) => {
        const read = readPlainArguments(argv);
        if (read === undefined) return;
        plain++;
        expect(await readByCommander(argv)).toEqual(read);
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test.each([
    [[]],
    [['a.test', '--quiet']],
    [['-o', 'x', '--layout', 'grpc', '-l', 'nginx', '--key=ec-p256', '--name-constraints']],
    [['--client', 'alice', '-c', 'bob', '--clients', '3', '--valid-for', '1h', '--force', '--json']],
  ])('are read without Commander: %j', (argv) => {
    expect(readPlainArguments(argv)).toBeDefined();
  });

  test.each([
    [['show']],
    [['--out', 'x', 'show']],
    [['--client', 'show']],
    [['--help']],
    [['--layuot', 'grpc']],
    [['--out']],
    [['--out', '-x']],
    [['--quiet=yes']],
    [['--', 'a.test']],
  ])('are left to Commander: %j', (argv) => {
    expect(readPlainArguments(argv)).toBeUndefined();
  });
});

test('the help lists each command as the command itself would', async () => {
  const program = createProgram(async () => undefined);
  await describeCommands(
    program,
    COMMANDS.map(({ name }) => name),
    () => undefined,
  );
  for (const { name, usage } of COMMANDS) {
    const command = program.commands.find((candidate) => candidate.name() === name);
    const own = command?.usage() ?? '';
    expect(usage.replace('<command...>', ''), name).toBe(own.replace(/<(?:server )?command\.\.\.>/, ''));
  }
});
