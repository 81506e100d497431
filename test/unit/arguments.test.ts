// What a command line is taken for, before anything is done.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { type MakeOptions, OUT_OPTION } from '../../src/cli/make-options.js';
import { createProgram, describeCommands, splitNames } from '../../src/cli/program.js';
import { refuseCommandLikeNames } from '../../src/cli/words.js';

const COMMAND_NAMES = COMMANDS.map(({ name }) => name);

async function read(argv: readonly string[]): Promise<{ names: string[]; options: MakeOptions } | undefined> {
  let made: { names: string[]; options: MakeOptions } | undefined;
  const program = createProgram(async (names, options) => {
    made = { names, options };
  });
  program.configureOutput({ writeOut: () => undefined });
  await describeCommands(program, argv, () => undefined);
  await program.parseAsync(argv, { from: 'user' }).catch(() => undefined);
  return made;
}

describe('words behind --', () => {
  test('are names, whatever they look like', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom('help', ...COMMAND_NAMES, '--out', '-q', '--help', '--', ''),
            fc.string({ unit: 'binary' }),
          ),
          { maxLength: 6 },
        ),
        fc.constantFrom([], ['--quiet'], ['a.test'], ['--out', 'show'], ['--client=show', '--json']),
        (names, head) => {
          expect(splitNames([...head, '--', ...names])).toEqual({ head, names });
        },
      ),
    );
  });

  test.each([
    [['exec', '--', 'show']],
    [['--out', 'x', 'exec', '--', 'node', '--version']],
    [['client', '--', 'show']],
    [['help', '--', 'show']],
  ])("behind a command's name are the command's: %j", (argv) => {
    expect(splitNames(argv)).toEqual({ head: argv, names: [] });
  });
});

describe('words in the place of names', () => {
  const refused = (name: string) => () => refuseCommandLikeNames([name], COMMAND_NAMES);

  test.each([
    ['verfiy', 'generate-certs verify'],
    ['shwo', 'generate-certs show'],
    ['list', 'generate-certs show'],
    ['status', 'generate-certs show'],
    ['delete', 'generate-certs clean'],
    ['install', 'generate-certs env'],
    ['version', 'generate-certs --version'],
    ['Clean', 'generate-certs clean'],
  ])('%s is refused, with the command that was meant', (name, meant) => {
    expect(refused(name)).toThrow(
      expect.objectContaining({
        code: 'ERR_USAGE',
        hint: `use '${meant}'; a host of that name is written with a final dot: ${name}.`,
      }),
    );
  });

  test.each(COMMAND_NAMES)('the command %s, and each of its letters left out, is refused', (name) => {
    expect(refused(name)).toThrow();
    if (name.length < 4) return;
    for (let place = 1; place < name.length; place++) {
      expect(refused(name.slice(0, place) + name.slice(place + 1))).toThrow();
    }
  });

  test.each(['localhost', 'api.test', 'verfiy.', 'show.', '10.0.0.7', '::1', '*.show', 'dev', 'db', 'web1'])(
    '%s is a host',
    (name) => {
      expect(refused(name)).not.toThrow();
    },
  );

  test('a file that exists is refused', () => {
    expect(refused('package.json')).toThrow(/is a file, not a host name/);
  });
});

test('options come to what they say', async () => {
  expect(
    await read(['a.test', '-o', 'x', '-l', 'grpc', '--layout=nginx', '--clients', '3', '--new']),
  ).toEqual({
    names: ['a.test'],
    options: expect.objectContaining({ out: 'x', layout: ['grpc', 'nginx'], clients: '3', new: true }),
  });
});

test('an option that is not given has no value, but where the set is', async () => {
  const made = await read([]);
  expect(made?.options).toEqual({ out: OUT_OPTION.default });
});

test('the help lists each command as the command itself would', async () => {
  const program = createProgram(async () => undefined);
  await describeCommands(program, COMMAND_NAMES, () => undefined);
  for (const { name, usage } of COMMANDS) {
    const command = program.commands.find((candidate) => candidate.name() === name);
    const own = command?.usage() ?? '';
    expect(usage.replace('<command...>', ''), name).toBe(own.replace(/<(?:server )?command\.\.\.>/, ''));
  }
});
