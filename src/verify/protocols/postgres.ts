// PostgreSQL's frontend/backend protocol 3.0 (PostgreSQL documentation, chapter "Frontend/Backend Protocol").
import type { Socket } from 'node:net';
import type { Outcome } from '../wire/outcome.js';
import { Conversation } from './calls/conversation.js';
import { Answers, exchange, noTls } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';
import { userOf } from './users.js';

const NAME = 'PostgreSQL';
const EXAMPLE = 'postgres://localhost:5432';

export const postgres = {
  name: 'postgres',
  schemes: ['postgres', 'postgresql'],
  example: EXAMPLE,
  parse: (url) =>
    parseService(url, {
      ports: { postgres: 5432, postgresql: 5432 },
      user: true,
      database: true,
      example: EXAMPLE,
    }),
  alpn: [],
  begin,
  call: (endpoint, call) => {
    const startup = startupMessage(userOf(endpoint, call), endpoint.database ?? 'postgres');
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, { name: NAME, talk: (talk) => logIn(talk, startup, answers) });
  },
} as const satisfies Protocol;

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

async function begin(socket: Socket): Promise<void> {
  const talk = new Conversation(socket, NAME);
  talk.send(SSL_REQUEST);
  const answer = (await talk.bytes(1)).toString('latin1');
  if (answer === 'N') throw noTls(NAME, answer);
  if (answer !== 'S') throw talk.strange(answer);
  talk.release();
}

function startupMessage(user: string, database: string): Buffer {
  const fields = ['user', user, 'database', database, 'application_name', 'generate-certs', ''];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + body.length);
  head.writeUInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
}

/** The server asks for nothing more, or for what it takes besides. */
const REQUESTS: Readonly<Record<number, string>> = {
  3: 'asks for a password',
  5: 'asks for a password (MD5)',
  7: 'asks for GSSAPI',
  9: 'asks for SSPI',
  10: 'asks for a password (SASL)',
};

/** SQLSTATEs of class 28, invalid authorization. */
const REFUSALS = new Set(['28000', '28P01']);

async function logIn(talk: Conversation, startup: Buffer, answers: Answers): Promise<Outcome> {
  talk.send(startup);
  for (;;) {
    const head = await talk.bytes(5);
    const type = String.fromCharCode(head[0] ?? 0);
    if (!/[REvN]/.test(type)) throw talk.strange(head);
    const body = await talk.bytes(head.readUInt32BE(1) - 4);
    if (type === 'R') {
      const code = body.length >= 4 ? body.readUInt32BE(0) : -1;
      if (code === 0) {
        // Terminate.
        talk.send(Buffer.from([0x58, 0, 0, 0, 4]));
        return answers.letIn('authenticated');
      }
      return answers.asksForMore(REQUESTS[code] ?? `asks for authentication ${code}`, 'differs');
    }
    if (type !== 'E') continue;
    const { S: severity = 'ERROR', C: code = '', M: message = '' } = fieldsOf(body);
    const status = `${severity} ${code}: ${message}`;
    return REFUSALS.has(code) ? answers.refused(status) : answers.failed(status);
  }
}

/** The fields of an ErrorResponse, by their letters. */
function fieldsOf(body: Buffer): Record<string, string> {
  return Object.fromEntries(
    body
      .toString('utf8')
      .split('\0')
      .flatMap((field) => (field === '' ? [] : [[field.charAt(0), field.slice(1)]])),
  );
}
