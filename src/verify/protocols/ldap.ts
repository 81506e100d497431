// LDAP (RFC 4511): with TLS by its StartTLS operation, and behind TLS that comes first.
import type { Socket } from 'node:net';
import type { Outcome } from '../wire/outcome.js';
import { Conversation } from './calls/conversation.js';
import { Answers, exchange, noTls } from './calls/exchange.js';
import { element, type LdapMessage, readMessage, readResult } from './calls/ldap-messages.js';
import { parseService } from './places.js';
import type { Call, Endpoint, Protocol } from './protocol.js';

const NAME = 'LDAP';

export const ldap = {
  name: 'ldap',
  schemes: ['ldap'],
  example: 'ldap://localhost:389',
  parse: (url) => parseService(url, { ports: { ldap: 389 }, example: 'ldap://localhost:389' }),
  alpn: [],
  begin,
  call,
} as const satisfies Protocol;

export const ldaps = {
  name: 'ldaps',
  schemes: ['ldaps'],
  example: 'ldaps://localhost:636',
  parse: (url) => parseService(url, { ports: { ldaps: 636 }, example: 'ldaps://localhost:636' }),
  alpn: [],
  call,
} as const satisfies Protocol;

const BIND_REQUEST = 0x60;
const BIND_RESPONSE = 0x61;
const SEARCH_REQUEST = 0x63;
const SEARCH_ENTRY = 0x64;
const SEARCH_DONE = 0x65;
const EXTENDED_REQUEST = 0x77;
const EXTENDED_RESPONSE = 0x78;

/** Section 4.14. */
const START_TLS = '1.3.6.1.4.1.1466.20037';

async function begin(socket: Socket): Promise<void> {
  const talk = new Conversation(socket, NAME);
  send(talk, 1, element(EXTENDED_REQUEST, element(0x80, START_TLS)));
  const message = await readMessage(talk);
  if (message.tag !== EXTENDED_RESPONSE) throw talk.strange(message.body);
  const { code, text } = readResult(message, talk);
  if (code !== 0) throw noTls(NAME, `result ${code}${text === '' ? '' : `: ${text}`}`);
  talk.release();
}

function call(endpoint: Endpoint, asked: Call) {
  const answers = new Answers(NAME, asked);
  return exchange(endpoint, asked, { name: NAME, talk: (talk) => search(talk, answers) });
}

/** The server's own entry, without its attributes (section 5.1 of RFC 4512): nothing is asked for that could be secret. */
function searchRequest(): Buffer {
  return element(
    SEARCH_REQUEST,
    element(0x04, ''),
    // The base object alone, no aliases, one entry, no time limit, attributes and values.
    ...[
      element(0x0a, '\0'),
      element(0x0a, '\0'),
      element(0x02, '\x01'),
      element(0x02, '\0'),
      element(0x01, '\0'),
    ],
    element(0x87, 'objectClass'),
    element(0x30, element(0x04, '1.1')),
  );
}

/** The certificate is the name (RFC 4513 section 5.2.3). */
function externalBind(): Buffer {
  return element(
    BIND_REQUEST,
    ...[
      element(0x02, '\x03'),
      element(0x04, ''),
      element(0xa3, element(0x04, 'EXTERNAL'), element(0x04, '')),
    ],
  );
}

const SUCCESS = 0;
/** Results by which a server wants to know the caller first. */
const WANTS_A_NAME = new Set([1, 8, 48, 50, 53]);
/** Results by which it turns the caller away: besides those, no TLS, and a name that is none. */
const REFUSALS = new Set([...WANTS_A_NAME, 7, 13, 49]);

async function search(talk: Conversation, answers: Answers): Promise<Outcome> {
  send(talk, 1, searchRequest());
  const searched = await resultOf(talk, SEARCH_DONE);
  if (searched.code === SUCCESS) return answers.letIn('search answered');
  if (!WANTS_A_NAME.has(searched.code)) return turnedAway(searched, answers);
  send(talk, 2, externalBind());
  const bound = await resultOf(talk, BIND_RESPONSE);
  return bound.code === SUCCESS ? answers.letIn('bound by the certificate') : turnedAway(bound, answers);
}

/** More entries than the one are not waited for. */
const MOST_MESSAGES = 8;

async function resultOf(talk: Conversation, tag: number): Promise<ReturnType<typeof readResult>> {
  for (let count = 0; count < MOST_MESSAGES; count++) {
    const message: LdapMessage = await readMessage(talk);
    // A notice of disconnection comes in the place of the result (section 4.4.1).
    if (message.tag === tag || message.tag === EXTENDED_RESPONSE) return readResult(message, talk);
    if (message.tag !== SEARCH_ENTRY) throw talk.strange(message.body);
  }
  throw talk.strange();
}

function turnedAway(
  { code, text }: { readonly code: number; readonly text: string },
  answers: Answers,
): Outcome {
  const status = `result ${code}${text === '' ? '' : `: ${text}`}`;
  return REFUSALS.has(code) ? answers.refused(status) : answers.failed(status);
}

function send(talk: Conversation, id: number, operation: Buffer): void {
  talk.send(element(0x30, element(0x02, Buffer.from([id])), operation));
}
