import { ATTRIBUTE_TYPES, findAttributeType } from '../names/attributes.js';
import type { Attribute, Attributes } from '../names/parse-name.js';
import { children, element, oid, readOid, rememberLast, sequence, set } from './der.js';

/** A distinguished name (RFC 5280 section 4.1.2.4): an issuer or a subject. */
export interface DistinguishedName {
  readonly der: Buffer;
  /** RFC 4514 escapes, but in the order of the encoding, as OpenSSL prints it. */
  readonly text: string;
}

const CN = '2.5.4.3';
const ORGANIZATION: Attribute = { type: '2.5.4.10', value: 'generate-certs' };
const UNIT = '2.5.4.11';

/** A test CA's name. Eight hex digits at its end tell one set's CA from another's at a glance. */
export function authorityName(distinction: string): DistinguishedName {
  return encodeName([
    [{ type: CN, value: `generate-certs test CA ${distinction}` }],
    [ORGANIZATION],
    [{ type: UNIT, value: 'development only' }],
  ]);
}

/**
 * The subject of a leaf. It is never empty: an empty one must have a critical SAN (RFC 5280 section
 * 4.2.1.6), which Java does not parse.
 */
export function leafName(commonName: string | undefined): DistinguishedName {
  return encodeName(leafAttributes(commonName));
}

/** As {@link leafName}, before it is encoded. */
export function leafAttributes(commonName: string | undefined): Attributes {
  return [[commonName === undefined ? ORGANIZATION : { type: CN, value: commonName }]];
}

/** The name of these attributes, in their order; within a relative name DER sorts them (X.690 section 11.6). */
export function encodeName(names: Attributes): DistinguishedName {
  const sorted = names.map(sortAttributes);
  return {
    der: sequence(...sorted.map((attributes) => set(...attributes.map(({ der }) => der)))),
    text: sorted
      .map((attributes) => attributes.map(({ attribute }) => attributeText(attribute)).join('+'))
      .join(', '),
  };
}

/** As RFC 4514 writes it: the last relative name first, as `openssl -nameopt RFC2253`, Postgres and Go print it. */
export function nameText(names: Attributes): string {
  return names
    .toReversed()
    .map((attributes) =>
      sortAttributes(attributes)
        .toReversed()
        .map(({ attribute }) => attributeText(attribute))
        .join('+'),
    )
    .join(',');
}

function sortAttributes(attributes: readonly Attribute[]): { attribute: Attribute; der: Buffer }[] {
  const encoded = attributes.map((attribute) => ({ attribute, der: encodeAttribute(attribute) }));
  return encoded.length === 1 ? encoded : encoded.sort((one, other) => one.der.compare(other.der));
}

const TAGS = { utf8: 0x0c, printable: 0x13, ia5: 0x16 } as const;

const isString = (tag: number | undefined) => Object.values(TAGS).some((known) => known === tag);

const encodedType = rememberLast(oid);

function encodeAttribute({ type, value }: Attribute): Buffer {
  if (typeof value !== 'string') return sequence(encodedType(type), Buffer.from(value.hex, 'hex'));
  const string = findAttributeType(type)?.string ?? 'utf8';
  return sequence(encodedType(type), element(TAGS[string], Buffer.from(value, 'utf8')));
}

function attributeText({ type, value }: Attribute): string {
  const name = findAttributeType(type)?.name ?? type;
  return `${name}=${typeof value === 'string' ? escapeValue(value) : `#${value.hex}`}`;
}

/** RFC 4514 section 2.4. */
function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&');
}

/** The attributes of a name that was read; nothing where it holds what this program does not write. */
export function readName(der: Uint8Array): Attributes | undefined {
  try {
    const [name] = children(der);
    return children(name?.content ?? new Uint8Array()).map(({ content }) =>
      children(content).map(({ content: pair }) => {
        const [type, value] = children(pair);
        return readAttribute(type?.whole ?? new Uint8Array(), value);
      }),
    );
  } catch {
    return undefined;
  }
}

/** The text of a name that was read; nothing where it holds what this program does not write. */
export function readNameText(der: Uint8Array): string | undefined {
  return readName(der)
    ?.map((attributes) => attributes.map(attributeText).join('+'))
    .join(', ');
}

/** A name that is, byte for byte, as this program writes it; nothing where it is not. */
export function readOwnName(der: Uint8Array): DistinguishedName | undefined {
  const [name] = children(der);
  const attributes = children(name?.content ?? new Uint8Array()).map(({ content }) =>
    children(content).map(({ content: pair }) => {
      const [type, value] = children(pair);
      const id = readOid(type?.content ?? new Uint8Array());
      const known = findAttributeType(id);
      if (!isString(value?.tag)) throw new RangeError('not a string');
      const isText = value?.tag === TAGS[known?.string ?? 'utf8'];
      const text = Buffer.from(value?.content ?? []).toString('utf8');
      const hex = Buffer.from(value?.whole ?? []).toString('hex');
      return { type: id, value: known !== undefined && isText ? text : { hex } };
    }),
  );
  const again = encodeName(attributes);
  return again.der.equals(der) ? { ...again, text: readNameText(der) ?? again.text } : undefined;
}

function readAttribute(
  type: Uint8Array,
  value: { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array } | undefined,
): Attribute {
  const known = ATTRIBUTE_TYPES.find((candidate) => oid(candidate.oid).equals(type));
  if (known === undefined || value === undefined || !isString(value.tag)) {
    throw new RangeError('not a name as this program writes it');
  }
  return { type: known.oid, value: Buffer.from(value.content).toString('utf8') };
}
