import { GenerateCertsError } from '../errors.js';
import { DEFAULT_PASSWORD } from '../pki/formats/default-password.js';

/** The longest password, in characters: Java 17 and OpenSSL 3 open a keystore with it (measured). */
export const LONGEST_PASSWORD = 1024;

/** The password of the keystores of a set. */
export interface StorePassword {
  readonly text: string;
  /** Whether it is the one that everybody knows: a configuration beside the files then has it. */
  readonly isDefault: boolean;
}

export const DEFAULT_STORE_PASSWORD: StorePassword = { text: DEFAULT_PASSWORD, isDefault: true };

/**
 * Checks the password of keystores. It is never part of a message.
 *
 * @throws {@link GenerateCertsError} `ERR_PASSWORD_INVALID`
 */
export function parsePassword(given: unknown = DEFAULT_PASSWORD): StorePassword {
  if (typeof given !== 'string') {
    throw passwordInvalid('the password is not text', `give one such as '${DEFAULT_PASSWORD}'`);
  }
  if (given === '') {
    throw passwordInvalid(
      'the password is empty',
      `Java opens no keystore without one: leave it out for '${DEFAULT_PASSWORD}'`,
    );
  }
  if (given.length > LONGEST_PASSWORD) {
    throw passwordInvalid(`the password has ${given.length} characters`, `use at most ${LONGEST_PASSWORD}`);
  }
  // Java 17 answers to any other character that the password was incorrect (measured; Java 25 takes them).
  const position = given.search(/[^\x20-\x7e]/);
  if (position >= 0) {
    const kind = given.charCodeAt(position) < 0x20 || given.charCodeAt(position) === 0x7f;
    throw passwordInvalid(
      `character ${position + 1} of the password is ${kind ? 'a control character' : 'not ASCII'}`,
      'use letters, digits, spaces and punctuation of ASCII: Java 17 opens no keystore with others',
    );
  }
  return { text: given, isDefault: given === DEFAULT_PASSWORD };
}

export function passwordInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_PASSWORD_INVALID', message, hint);
}
