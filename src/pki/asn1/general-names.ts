import type { SubjectAltName } from '../names/identity.js';
import { element } from './der.js';

/** The tags of GeneralName (RFC 5280 section 4.2.1.6). */
const TAGS = { email: 1, DNS: 2, URI: 6, IP: 7 } as const;

export function generalName({ type, value }: SubjectAltName): Buffer {
  const content = type === 'IP' ? addressBytes(value) : Buffer.from(value, 'latin1');
  return element(0x80 | TAGS[type], content);
}

/** The octets of an address from its canonical text, four or sixteen. */
function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [before = '', after] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const zeros = after === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/**
 * A name as {@link generalName} writes it.
 *
 * @throws {RangeError} where it is of another kind
 */
export function readGeneralName({
  tag,
  content,
}: {
  readonly tag: number;
  readonly content: Uint8Array;
}): SubjectAltName {
  const type = TYPES.find((known) => tag === (0x80 | TAGS[known]));
  const text = Buffer.from(content).toString('latin1');
  if (type === 'IP') return { type, value: addressText(content) };
  if (type === undefined || !/^[\x20-\x7e]*$/.test(text))
    throw new RangeError('not a name that is written here');
  return { type, value: text };
}

const TYPES = ['email', 'DNS', 'URI', 'IP'] as const;

/** The canonical text of an address (RFC 5952). */
function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new RangeError('not an address');
  const groups = (Buffer.from(octets).toString('hex').match(/.{4}/g) ?? []).join(':');
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
