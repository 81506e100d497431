// The attribute types of distinguished names that have a name of their own (RFC 4514 section 3, RFC 5280 appendix A.1).

/** How an attribute's value is encoded, and how many characters it may have. */
export interface AttributeType {
  readonly name: string;
  readonly oid: string;
  readonly string: 'utf8' | 'printable' | 'ia5';
  /** The upper bounds of RFC 5280 appendix A.1, where it has one. */
  readonly most: number;
  /** The exact length, where it has one. */
  readonly exactly?: number;
}

const utf8 = (name: string, oid: string, most: number) => ({ name, oid, most, string: 'utf8' }) as const;

export const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  utf8('CN', '2.5.4.3', 64),
  utf8('O', '2.5.4.10', 64),
  utf8('OU', '2.5.4.11', 64),
  utf8('L', '2.5.4.7', 128),
  utf8('ST', '2.5.4.8', 128),
  utf8('STREET', '2.5.4.9', 128),
  { name: 'C', oid: '2.5.4.6', string: 'printable', most: 2, exactly: 2 },
  { name: 'DC', oid: '0.9.2342.19200300.100.1.25', string: 'ia5', most: 63 },
  utf8('UID', '0.9.2342.19200300.100.1.1', 256),
  { name: 'serialNumber', oid: '2.5.4.5', string: 'printable', most: 64 },
  { name: 'emailAddress', oid: '1.2.840.113549.1.9.1', string: 'ia5', most: 255 },
  utf8('SN', '2.5.4.4', 64),
  utf8('GN', '2.5.4.42', 64),
  utf8('title', '2.5.4.12', 64),
];

/** The type of a name or of a number; names are compared without regard to letter case (RFC 4514 section 2.3). */
export function findAttributeType(text: string): AttributeType | undefined {
  const wanted = text.toLowerCase();
  return ATTRIBUTE_TYPES.find(({ name, oid }) => name.toLowerCase() === wanted || oid === text);
}
