import { GenerateCertsError, quote } from '../errors.js';
import { nearest } from './suggest.js';

/** How deep an option may be nested: servers by their id, with their names in a list. */
const DEEPEST = 6;

/**
 * Reads a caller's options once, and makes sure that they are an object with known names: from JavaScript anything may
 * come, and a misspelt option that is passed over looks as if it had worked. What comes back is plain data of its own:
 * nothing of it throws or changes when it is read, and nothing comes from `Object.prototype`.
 *
 * @param example options that would be right, for the hint
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`, which names the nearest option
 */
export function readOptions<Options extends object>(
  options: Options,
  known: readonly string[],
  example: string,
): Options {
  const inherited = [...known, 'signal'].find((name) => name in Object.prototype);
  if (inherited !== undefined) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `every object here has the property '${inherited}': something put it on Object.prototype`,
      'find what did so, and take it away: it would be taken for an option',
    );
  }
  let isObject = false;
  let names: string[] = [];
  try {
    isObject = options !== null && typeof options === 'object' && !Array.isArray(options);
    if (isObject) names = Object.keys(options);
  } catch {
    // Told below.
  }
  if (!isObject) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `the options are ${quote(options)}, not an object`,
      `give an object such as ${example}`,
    );
  }
  const read: Record<string, unknown> = Object.create(null);
  for (const name of names) {
    if (known.includes(name)) {
      read[name] = readValue(`the option '${name}'`, () => (options as Record<string, unknown>)[name]);
      continue;
    }
    const close = nearest(name, known);
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${quote(name)} is not an option`,
      close === undefined ? `known: ${known.join(', ')}` : `did you mean '${close}'?`,
    );
  }
  return read as Options;
}

/**
 * The elements of a caller's list, those that are missing in it, too.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 */
export function readList(what: string, value: unknown, example: string): readonly unknown[] {
  const read = readValue(what, () => value);
  if (Array.isArray(read)) return read;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${what} is ${quote(value)}, not a list`,
    `give a list, such as ${example}`,
  );
}

/** As {@link readList}, of texts alone. */
export function readTexts(what: string, value: unknown, example: string): string[] {
  return readList(what, value, example).map((text) => {
    if (typeof text === 'string') return text;
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${what} has ${quote(text)} in it, not text`,
      `give texts, such as ${example}`,
    );
  });
}

/** Whether a value is an object of a class; a proxy that throws is none. */
export function isInstance<Class>(
  value: unknown,
  of: abstract new (...args: never[]) => Class,
): value is Class {
  try {
    return value instanceof of;
  } catch {
    return false;
  }
}

/** A value in the text of a message or a search, whatever it is. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : quote(value);
}

/**
 * A value as plain data: lists and plain objects are copied, an object of a class is passed on.
 *
 * @param what the value is, for the message
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`
 */
function readValue(what: string, get: () => unknown): unknown {
  try {
    return copyOf(get(), 0);
  } catch {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `${what} cannot be read`,
      'give plain values: text, numbers, lists and objects of them',
    );
  }
}

function copyOf(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depth > DEEPEST) throw new RangeError('nested too deeply');
  if (Array.isArray(value)) return Array.from(value, (element) => copyOf(element, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyOf(inner, depth + 1)]));
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
