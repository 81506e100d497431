// When output has colours, and in which characters it is written.
import { describe, expect, test } from 'vitest';
import { coloursLevel } from '../../src/cli/terminal/colours.js';
import { isUtf8 } from '../../src/cli/terminal/output.js';

describe('colours', () => {
  test.each([
    [true, {}, 1],
    [false, {}, 0],
    [true, { NO_COLOR: '1' }, 0],
    [true, { NO_COLOR: '' }, 1],
    [true, { TERM: 'dumb' }, 0],
    [false, { FORCE_COLOR: '1' }, 1],
    [false, { FORCE_COLOR: '' }, 1],
    [true, { FORCE_COLOR: '0' }, 0],
    [false, { CLICOLOR_FORCE: '1' }, 1],
    [false, { CLICOLOR_FORCE: '0' }, 0],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, 0],
    [false, { FORCE_COLOR: '1', TERM: 'dumb' }, 1],
  ] as const)('on a terminal: %s, with %j: %i', (onTerminal, env, level) => {
    expect(coloursLevel(onTerminal, env)).toBe(level);
  });
});

describe('characters beyond ASCII', () => {
  test.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LC_CTYPE: 'C.utf8' }, true],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
  ])('with %j: %s', (env, expected) => {
    expect(isUtf8(env)).toBe(expected);
  });
});
