import { describe, expect, test } from 'vitest';
import { LONGEST_PASSWORD, parsePassword } from '../../src/request/password.js';

describe('the password of keystores', () => {
  test('is changeit without one', () => {
    expect(parsePassword(undefined)).toEqual({ text: 'changeit', isDefault: true });
    expect(parsePassword('changeit')).toEqual({ text: 'changeit', isDefault: true });
  });

  test.each([['x'], [' a b"c\\d$e ~'], ['x'.repeat(LONGEST_PASSWORD)]])('takes %j', (text) => {
    expect(parsePassword(text)).toEqual({ text, isDefault: false });
  });

  test.each([
    ['', 'the password is empty'],
    [null, 'the password is not text'],
    [12345678, 'the password is not text'],
    [{ password: 'sesame' }, 'the password is not text'],
    ['x'.repeat(LONGEST_PASSWORD + 1), 'the password has 1025 characters'],
    ['sesame\n', 'character 7 of the password is a control character'],
    ['\0sesame', 'character 1 of the password is a control character'],
    ['sesame\u007f', 'character 7 of the password is a control character'],
    ['s\u0119same', 'character 2 of the password is not ASCII'],
    ['\ufeffsesame', 'character 1 of the password is not ASCII'],
  ])('refuses %j, without telling it', (given, message) => {
    let error: { code?: string; message?: string; hint?: string } = {};
    try {
      parsePassword(given);
    } catch (thrown) {
      error = thrown as typeof error;
    }
    expect(error).toMatchObject({ code: 'ERR_PASSWORD_INVALID', message });
    expect(`${error.message} ${error.hint}`).not.toMatch(/s.same|12345678/);
  });
});
