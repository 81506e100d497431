// The little of BER that LDAP's messages need (RFC 4511 section 5.1): definite lengths, in more bytes than needed at times.
import type { Conversation } from './conversation.js';

export interface LdapMessage {
  /** Of the operation. */
  readonly tag: number;
  readonly body: Buffer;
}

/** An element with what it holds, one after the other. */
export function element(tag: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(
    contents.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one)),
  );
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const ENUMERATED = 0x0a;

/** Reads one message, and gives its operation, and the number by which its answers are known. */
export async function readMessage(talk: Conversation): Promise<LdapMessage & { readonly id: Buffer }> {
  const head = await talk.bytes(2);
  const [tag, first = 0] = head;
  if (tag !== SEQUENCE || first === 0x80 || first > 0x84) throw talk.strange(head);
  const length = first < 0x80 ? first : (await talk.bytes(first & 0x7f)).readUIntBE(0, first & 0x7f);
  const [id, operation] = elementsOf(await talk.bytes(length));
  if (id?.tag !== INTEGER || operation === undefined) throw talk.strange(head);
  return { ...operation, id: id.body };
}

/** The result code and the message of an operation that ends with them (section 4.1.9). */
export function readResult(
  { body }: LdapMessage,
  talk: Conversation,
): { readonly code: number; readonly text: string } {
  const [code, , text] = elementsOf(body);
  if (code?.tag !== ENUMERATED || code.body.length !== 1) throw talk.strange(body);
  return { code: code.body[0] ?? 0, text: text?.body.toString('utf8') ?? '' };
}

/** The elements that are there as a whole. */
function elementsOf(bytes: Buffer): LdapMessage[] {
  const elements: LdapMessage[] = [];
  for (let offset = 0; offset + 2 <= bytes.length; ) {
    const [tag = 0, first = 0] = bytes.subarray(offset);
    const more = first < 0x80 ? 0 : first & 0x7f;
    const start = offset + 2 + more;
    if (more > 4 || first === 0x80 || start > bytes.length) break;
    const end = start + (more === 0 ? first : bytes.readUIntBE(offset + 2, more));
    if (end > bytes.length) break;
    elements.push({ tag, body: bytes.subarray(start, end) });
    offset = end;
  }
  return elements;
}
