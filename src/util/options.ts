import { GenerateCertsError, quote } from '../errors.js';
import { nearest } from './suggest.js';

/**
 * Makes sure that a caller's options are an object with known names: from JavaScript anything may come,
 * and a misspelt option that is passed over looks as if it had worked.
 *
 * @param example options that would be right, for the hint
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`, which names the nearest option
 */
export function checkOptionNames(options: unknown, known: readonly string[], example: string): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `the options are ${quote(options)}, not an object`,
      `give an object such as ${example}`,
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const close = nearest(name, known);
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${quote(name)} is not an option`,
      close === undefined ? `known: ${known.join(', ')}` : `did you mean '${close}'?`,
    );
  }
}

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` */
export function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `the option '${name}' is ${quote(value)}, not true or false`,
    `give ${name}: true or ${name}: false`,
  );
}
