import type { Conversation } from '../../protocols/calls/conversation.js';
import { element, type LdapMessage, readMessage } from '../../protocols/calls/ldap-messages.js';
import { answering, type ServedProtocol } from './protocol.js';

const UNBIND = 0x42;
const EXTENDED = 0x77;
const EXTENDED_RESPONSE = 0x78;
/** The tag of the response that each request has (RFC 4511 section 4), by the request's. */
const RESPONSES: Readonly<Record<number, number>> = {
  96: 0x61,
  99: 0x65,
  102: 0x67,
  104: 0x69,
  74: 0x6b,
  108: 0x6d,
  110: 0x6f,
  [EXTENDED]: EXTENDED_RESPONSE,
};
const START_TLS = '1.3.6.1.4.1.1466.20037';
const SUCCESS = 0;
const PROTOCOL_ERROR = 2;

const serve = answering('LDAP', async (talk, request) => {
  for (;;) {
    const message = await readMessage(talk);
    if (message.tag === UNBIND) return;
    request();
    answer(talk, message, SUCCESS);
  }
});

/** A directory that lets everyone in and holds nothing; TLS begins by its StartTLS operation. */
export const ldap: ServedProtocol = {
  name: 'ldap',
  scheme: 'ldap',
  begin: async (talk, offersTls) => {
    const [, length = 0] = await talk.peek(2);
    // The length of a longer message is written in another way.
    if (length >= 0x80 || !(await talk.peek(2 + length)).includes(START_TLS)) return false;
    const message = await readMessage(talk);
    answer(talk, message, offersTls ? SUCCESS : PROTOCOL_ERROR);
    return offersTls;
  },
  serve,
};

export const ldaps: ServedProtocol = { name: 'ldaps', scheme: 'ldaps', serve };

function answer(talk: Conversation, { tag, id }: LdapMessage & { readonly id: Buffer }, code: number): void {
  const response = RESPONSES[tag];
  if (response === undefined) return;
  const result = [element(0x0a, Buffer.from([code])), element(0x04, ''), element(0x04, '')];
  talk.send(element(0x30, element(0x02, id), element(response, ...result)));
}
