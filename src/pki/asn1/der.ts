// The distinguished encoding rules of ASN.1 (ITU-T X.690), as far as certificates and revocation lists are
// written with them. What is written is a tree of buffers, put together once.

/** The tags of X.690 section 8, as their identifier octets. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag, its length in the shortest form, its contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const content of contents) length += content.length;
  return Buffer.concat([header(tag, length), ...contents]);
}

function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  if (length < 0x100) return Buffer.from([tag, 0x81, length]);
  if (length < 0x1_0000) return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  if (length < 0x100_0000) return Buffer.from([tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
  return Buffer.from([tag, 0x84, length >> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff]);
}

export const sequence = (...contents: readonly Uint8Array[]) => element(TAG.sequence, ...contents);
export const set = (...contents: readonly Uint8Array[]) => element(TAG.set, ...contents);
export const octetString = (content: Uint8Array) => element(TAG.octetString, content);
export const utf8String = (text: string) => element(TAG.utf8String, Buffer.from(text, 'utf8'));
export const NULL = element(TAG.null);
export const TRUE = element(TAG.boolean, Uint8Array.of(0xff));

/** A context-specific element that holds others (X.690 section 8.14). */
export const explicit = (number: number, ...contents: readonly Uint8Array[]) =>
  element(0xa0 | number, ...contents);

/** A context-specific element in place of another's tag, with contents that are no elements. */
export const implicit = (number: number, content: Uint8Array) => element(0x80 | number, content);

/** A whole number from 0 on, from its bytes: in as few as it needs, with a zero before a high first bit. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  const high = (shortest[0] ?? 0) >= 0x80;
  return high ? element(TAG.integer, Uint8Array.of(0), shortest) : element(TAG.integer, shortest);
}

export function smallInteger(value: number): Buffer {
  const hex = value.toString(16);
  return integer(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(TAG.bitString, Uint8Array.of(unusedBits), content);
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(TAG.oid, Buffer.from([first * 40 + second, ...others].flatMap(base128)));
}

/** The dotted form of an object identifier, from its contents. */
export function readOid(content: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [both = 0, ...others] = numbers;
  const first = Math.min(2, Math.floor(both / 40));
  return [first, both - first * 40, ...others].join('.');
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest & 0x7f) | 0x80);
  }
  return digits;
}

/**
 * Encodes what many certificates of a set have in common once: the same input as the last time has the same
 * encoding. Buffers that come of it are shared, and must not be written to.
 */
export function rememberLast<Input>(encode: (input: Input) => Buffer): (input: Input) => Buffer {
  let last: { readonly input: Input; readonly der: Buffer } | undefined;
  return (input) => {
    if (last === undefined || last.input !== input) last = { input, der: encode(input) };
    return last.der;
  };
}

/** A moment in whole seconds: UTCTime up to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
export function time(moment: Date): Buffer {
  const digits = digitsOf(moment);
  const year = moment.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? element(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : generalizedTime(moment);
}

/** A moment in whole seconds, with four digits of its year. */
export function generalizedTime(moment: Date): Buffer {
  return element(TAG.generalizedTime, Buffer.from(`${digitsOf(moment)}Z`));
}

/**
 * A moment as {@link time} writes it.
 *
 * @throws {RangeError} where it is written otherwise
 */
export function readTime(
  read: { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array } | undefined,
): Date {
  const text = Buffer.from(read?.content ?? []).toString('latin1');
  const digits = read?.tag === TAG.utcTime ? `${Number(text.slice(0, 2)) < 50 ? 20 : 19}${text}` : text;
  const moment = new Date(digits.replace(TIME, '$1-$2-$3T$4:$5:$6Z'));
  if (!time(moment).equals(read?.whole ?? Buffer.alloc(0))) throw new RangeError('not a moment');
  return moment;
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

function digitsOf(moment: Date): string {
  return moment.toISOString().replace(/[-:T]|\..*$/g, '');
}

/**
 * The elements within an element.
 *
 * @throws {RangeError} where one has not the shortest length, or is longer than what it is in
 */
export function children(der: Uint8Array): { tag: number; content: Uint8Array; whole: Uint8Array }[] {
  const found: { tag: number; content: Uint8Array; whole: Uint8Array }[] = [];
  for (let offset = 0; offset < der.length; ) {
    const { tag, contentStart, end } = readHeader(der, offset);
    found.push({ tag, content: der.subarray(contentStart, end), whole: der.subarray(offset, end) });
    offset = end;
  }
  return found;
}

/** Where an element's contents begin and end, as {@link children}. */
export function readHeader(
  der: Uint8Array,
  offset: number,
): { tag: number; contentStart: number; end: number } {
  const first = der[offset + 1] ?? 0x80;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  let length = lengthBytes === 0 ? first : 0;
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + (der[offset + 2 + index] ?? 0);
  const contentStart = offset + 2 + lengthBytes;
  const end = contentStart + length;
  if (lengthBytes > 4 || end > der.length)
    throw new RangeError('not DER: an element is longer than its parent');
  const shortest = length < 0x80 ? 0 : Math.ceil((32 - Math.clz32(length)) / 8);
  if (first === 0x80 || lengthBytes !== shortest)
    throw new RangeError('not DER: a length is not the shortest');
  return { tag: der[offset] ?? 0, contentStart, end };
}
