// As much of BSON (bsonspec.org, version 1.1) as MongoDB's commands and their answers need.

/** A document of whole numbers and texts. */
export function encodeDocument(document: Readonly<Record<string, number | string>>): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const key = Buffer.from(`${name}\0`);
    if (typeof value === 'number') return Buffer.concat([Buffer.from([INT32]), key, int32(value)]);
    const text = Buffer.from(`${value}\0`);
    return Buffer.concat([Buffer.from([STRING]), key, int32(text.length), text]);
  });
  const body = Buffer.concat(elements);
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

const DOUBLE = 0x01;
const STRING = 0x02;
const BOOLEAN = 0x08;
const INT32 = 0x10;

/** How long the values of the types are that have one length. */
const LENGTHS: Readonly<Record<number, number>> = {
  [DOUBLE]: 8,
  6: 0,
  7: 12,
  [BOOLEAN]: 1,
  9: 8,
  10: 0,
  [INT32]: 4,
  17: 8,
  18: 8,
  19: 16,
  127: 0,
  255: 0,
};

/**
 * The numbers, texts and truth values of a document, by name; what is in documents and lists within it is passed over.
 *
 * @returns undefined for what is no document
 */
export function readDocument(bytes: Buffer): ReadonlyMap<string, unknown> | undefined {
  try {
    return readElements(bytes);
  } catch {
    // The bytes are another side's: lengths in them may be any.
    return undefined;
  }
}

function readElements(bytes: Buffer): ReadonlyMap<string, unknown> | undefined {
  const end = bytes.readInt32LE(0) - 1;
  if (end < 4 || end >= bytes.length || bytes[end] !== 0) return undefined;
  const found = new Map<string, unknown>();
  let offset = 4;
  while (offset < end) {
    const type = bytes[offset] ?? 0;
    const nameEnd = bytes.indexOf(0, offset + 1);
    if (nameEnd < 0 || nameEnd >= end) return undefined;
    const name = bytes.toString('utf8', offset + 1, nameEnd);
    const start = nameEnd + 1;
    const length = LENGTHS[type] ?? lengthOf(type, bytes, start);
    if (length === undefined || length < 0 || start + length > end) return undefined;
    const value = decode(type, bytes.subarray(start, start + length));
    if (value !== undefined) found.set(name, value);
    offset = start + length;
  }
  return offset === end ? found : undefined;
}

/** Of the types whose values begin with their length. */
function lengthOf(type: number, bytes: Buffer, start: number): number | undefined {
  switch (type) {
    case STRING:
    case 0x0d:
    case 0x0e:
      return 4 + bytes.readInt32LE(start);
    // Binary data has one byte more, which is their kind.
    case 0x05:
      return 5 + bytes.readInt32LE(start);
    case 0x03:
    case 0x04:
    case 0x0f:
      return bytes.readInt32LE(start);
    default:
      return undefined;
  }
}

function decode(type: number, value: Buffer): unknown {
  switch (type) {
    case DOUBLE:
      return value.readDoubleLE(0);
    case INT32:
      return value.readInt32LE(0);
    case BOOLEAN:
      return value[0] === 1;
    case STRING:
      return value.toString('utf8', 4, Math.max(4, value.length - 1));
    default:
      return undefined;
  }
}
