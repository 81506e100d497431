import { GenerateCertsError, quote } from '../../errors.js';
import { hintForUnknown } from '../../util/suggest.js';
import { ATTRIBUTE_TYPES, findAttributeType } from './attributes.js';

/** An attribute of a distinguished name: its type as a dotted number, and its value. */
export interface Attribute {
  readonly type: string;
  /** Text, or DER in hex where it was given so (RFC 4514 section 2.4). */
  readonly value: string | { readonly hex: string };
}

/** A distinguished name in the order of its encoding: each relative name has one attribute or more. */
export type Attributes = readonly (readonly Attribute[])[];

const LONGEST = 1024;
const MOST_ATTRIBUTES = 32;

const HINT = "a distinguished name is like 'CN=alice,O=devs,OU=ops' (RFC 4514)";

/** Whether a text is meant as a distinguished name: it begins with the type of an attribute and `=`. */
export function looksLikeName(text: string): boolean {
  const type = /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+) *=/.exec(text)?.[1];
  // An e-mail address may have an `=`, too.
  return (
    type !== undefined && (findAttributeType(type) !== undefined || /^\d/.test(type) || !text.includes('@'))
  );
}

/**
 * Reads a distinguished name as RFC 4514 writes it, the last relative name of the encoding first.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID`, which says where
 */
export function parseDistinguishedName(text: string): Attributes {
  if (text.length > LONGEST)
    throw invalid(text, `has ${text.length} characters, and a name at most ${LONGEST}`);
  const reader = new NameReader(text);
  const names: Attribute[][] = [[reader.attribute()]];
  let count = 1;
  for (let separator = reader.separator(); separator !== undefined; separator = reader.separator()) {
    const attribute = reader.attribute();
    if (++count > MOST_ATTRIBUTES) throw invalid(text, `has more than ${MOST_ATTRIBUTES} attributes`);
    if (separator === '+') names.at(-1)?.push(attribute);
    else names.push([attribute]);
  }
  return names.toReversed();
}

/** Reads one attribute after the other. */
class NameReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  attribute(): Attribute {
    const begin = this.#at;
    const rest = this.#text.slice(begin);
    const match = /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+) *= */.exec(rest);
    if (match === null) {
      const isEmpty = /^ *(?:[,+]|$)/.test(rest);
      throw this.#wrong(begin, isEmpty ? 'has an empty relative name' : 'has no attribute type with an =');
    }
    const [whole, typed = ''] = match;
    const known = findAttributeType(typed);
    if (known === undefined && !isObjectIdentifier(typed)) {
      throw this.#wrong(
        begin + whole.indexOf(typed),
        `has the attribute type ${quote(typed)}, which is not known`,
        `${hintForUnknown(
          typed,
          ATTRIBUTE_TYPES.map(({ name }) => name),
        )}; or a dotted number`,
      );
    }
    this.#at = begin + whole.length;
    const value = this.#value();
    const type = known?.oid ?? typed;
    if (typeof value === 'string') this.#checkValue(type, value, begin + whole.length);
    return { type, value };
  }

  /** The mark behind an attribute; nothing at the end. */
  separator(): ',' | '+' | undefined {
    const mark = this.#text[this.#at];
    if (mark === undefined) return undefined;
    this.#at++;
    return mark as ',' | '+';
  }

  #value(): Attribute['value'] {
    const begin = this.#at;
    if (this.#text[begin] === '#') return this.#hexValue();
    const bytes: number[] = [];
    // A space that ends the value counts only where it is escaped.
    let solid = 0;
    while (this.#at < this.#text.length && !',+'.includes(this.#text[this.#at] as string)) {
      const place = this.#at;
      const character = String.fromCodePoint(this.#text.codePointAt(place) as number);
      if (character === '\\') bytes.push(...this.#escaped());
      else if ('";<>'.includes(character)) {
        throw this.#wrong(place, `holds ${quote(character)} without a backslash`);
      } else {
        bytes.push(...Buffer.from(character));
        this.#at += character.length;
      }
      if (character !== ' ') solid = bytes.length;
    }
    const content = Buffer.from(bytes.slice(0, solid));
    if (content.length === 0) throw this.#wrong(begin, 'has an empty value');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(content);
    } catch {
      throw this.#wrong(begin, 'has a value that is not UTF-8');
    }
  }

  #escaped(): number[] {
    const place = this.#at;
    const pair = /^[0-9A-Fa-f]{2}/.exec(this.#text.slice(place + 1))?.[0];
    if (pair !== undefined) {
      this.#at += 3;
      return [Number.parseInt(pair, 16)];
    }
    const next = this.#text[place + 1];
    if (next === undefined || !' "#+,;<=>\\'.includes(next)) {
      throw this.#wrong(place, 'has a backslash before what needs none', 'write a backslash itself as two');
    }
    this.#at += 2;
    return [next.charCodeAt(0)];
  }

  #hexValue(): Attribute['value'] {
    const begin = this.#at;
    const hex = /^#((?:[0-9A-Fa-f]{2})+) *(?=[,+]|$)/.exec(this.#text.slice(begin));
    const digits = hex?.[1]?.toLowerCase();
    if (hex === null || digits === undefined || !isOneElement(Buffer.from(digits, 'hex'))) {
      throw this.#wrong(
        begin,
        'has a # without the hex digits of one DER element',
        'write a # itself as \\#',
      );
    }
    this.#at += hex[0].length;
    return { hex: digits };
  }

  #checkValue(type: string, value: string, place: number): void {
    const known = findAttributeType(type);
    if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value)) throw this.#wrong(place, 'holds a control character');
    if (known === undefined) return;
    const { name, most, exactly, string } = known;
    const length = [...value].length;
    if (length > most || (exactly !== undefined && length !== exactly)) {
      const bound = exactly === undefined ? `at most ${most}` : `exactly ${exactly}`;
      throw this.#wrong(place, `has ${length} characters for ${name}, which takes ${bound}`);
    }
    if (string !== 'utf8' && !STRINGS[string].test(value)) {
      throw this.#wrong(place, `holds a character that ${name} does not take`);
    }
  }

  #wrong(place: number, problem: string, hint = HINT): GenerateCertsError {
    return invalid(this.#text, `${problem} (at character ${place + 1})`, hint);
  }
}

const STRINGS = {
  // X.680 section 41.4.
  printable: /^[A-Za-z0-9 '()+,./:=?-]*$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the alphabet IA5 is ASCII.
  ia5: /^[\x00-\x7f]*$/,
} as const;

function isObjectIdentifier(text: string): boolean {
  const arcs = text.split('.').map(Number);
  const [first = 9, second = 0] = arcs;
  const isWritten = /^(?:0|[1-9]\d{0,9})(?:\.(?:0|[1-9]\d{0,9}))+$/.test(text);
  return isWritten && first <= 2 && (first === 2 || second < 40);
}

/** One element of DER, whole, of a universal string or other primitive type. */
function isOneElement(der: Buffer): boolean {
  const [tag = 0, length = 0x80] = der;
  if (tag === 0 || (tag & 0x1f) === 0x1f) return false;
  if (length < 0x80) return der.length === 2 + length;
  const count = length & 0x7f;
  if (count === 0 || count > 2 || der.length < 2 + count) return false;
  const long = der.readUIntBE(2, count);
  return long >= (count === 1 ? 0x80 : 0x100) && der.length === 2 + count + long;
}

function invalid(typed: string, problem: string, hint = HINT): GenerateCertsError {
  return new GenerateCertsError('ERR_IDENTITY_INVALID', `${quote(typed)} ${problem}`, hint);
}
