// As much of the protocol buffers wire format (protobuf.dev/programming-guides/encoding) as the KServe messages need:
// strings, bytes, int64 and messages, repeated or not. Packages that do the same bring an install script or a
// generator with them.

/** The type of a field: a scalar, or the name of another message. */
export interface Field {
  readonly id: number;
  readonly type: 'string' | 'bytes' | 'int64' | { readonly message: Schema };
  readonly repeated?: boolean;
}

/** The fields of a message that are written and read, by name; others are passed over. */
export type Schema = Readonly<Record<string, Field>>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Encodes a message; fields that are not given are left out. */
export function encodeMessage(schema: Schema, value: Readonly<Record<string, unknown>>): Buffer {
  const parts = Object.entries(schema).flatMap(([name, field]) => {
    const given = value[name];
    if (given === undefined) return [];
    const items = field.repeated ? (given as readonly unknown[]) : [given];
    if (field.type === 'int64') {
      const numbers = Buffer.concat(items.map((item) => varint(BigInt(item as number))));
      return field.repeated ? [delimited(field.id, numbers)] : [tag(field.id, VARINT), numbers];
    }
    return items.map((item) => delimited(field.id, contentOf(field, item)));
  });
  return Buffer.concat(parts);
}

function contentOf({ type }: Field, item: unknown): Buffer {
  if (type === 'string') return Buffer.from(item as string);
  if (typeof type === 'object') return encodeMessage(type.message, item as Record<string, unknown>);
  return item as Buffer;
}

function tag(id: number, wireType: number): Buffer {
  return varint(BigInt((id << 3) | wireType));
}

function delimited(id: number, content: Buffer): Buffer {
  return Buffer.concat([tag(id, LENGTH_DELIMITED), varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

/**
 * Decodes a message. Repeated fields are always there, as lists; numbers beyond what a double holds are rounded.
 *
 * @throws RangeError where the message is cut or is none
 */
export function decodeMessage(schema: Schema, message: Buffer): Record<string, unknown> {
  const fields = new Map(Object.entries(schema).map(([name, field]) => [field.id, { name, field }]));
  const decoded: Record<string, unknown> = {};
  for (const { name, field } of fields.values()) if (field.repeated) decoded[name] = [];
  const reader = new Reader(message);
  while (!reader.isAtEnd) {
    const key = Number(reader.varint());
    const known = fields.get(key >> 3);
    const values = readValues(reader, key & 7, known?.field);
    if (known === undefined) continue;
    const { name, field } = known;
    if (field.repeated) (decoded[name] as unknown[]).push(...values);
    else decoded[name] = values.at(-1);
  }
  return decoded;
}

function readValues(reader: Reader, wireType: number, field: Field | undefined): unknown[] {
  switch (wireType) {
    case VARINT:
      return [Number(BigInt.asIntN(64, reader.varint()))];
    case FIXED64:
      return [reader.bytes(8)];
    case FIXED32:
      return [reader.bytes(4)];
    case LENGTH_DELIMITED: {
      const content = reader.bytes(Number(reader.varint()));
      if (field === undefined || field.type === 'bytes') return [content];
      if (field.type === 'string') return [content.toString('utf8')];
      if (field.type === 'int64') return packed(content);
      return [decodeMessage(field.type.message, content)];
    }
    default:
      throw new RangeError(`wire type ${wireType}`);
  }
}

function packed(content: Buffer): number[] {
  const reader = new Reader(content);
  const numbers: number[] = [];
  while (!reader.isAtEnd) numbers.push(Number(BigInt.asIntN(64, reader.varint())));
  return numbers;
}

class Reader {
  readonly #bytes: Buffer;
  #place = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#place >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#place++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has no end');
  }

  bytes(length: number): Buffer {
    const end = this.#place + length;
    if (end > this.#bytes.length) throw new RangeError('the message is cut');
    const bytes = this.#bytes.subarray(this.#place, end);
    this.#place = end;
    return bytes;
  }
}
