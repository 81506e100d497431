// MySQL's client/server protocol, which MariaDB speaks too (dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html).
import type { Socket } from 'node:net';
import { type Outcome, OutcomeError } from '../wire/outcome.js';
import { Conversation } from './calls/conversation.js';
import { Answers, exchange, noTls } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';
import { userOf } from './users.js';

const NAME = 'MySQL';
const EXAMPLE = 'mysql://localhost:3306';

export const mysql = {
  name: 'mysql',
  schemes: ['mysql', 'mariadb'],
  example: EXAMPLE,
  parse: (url) =>
    parseService(url, {
      ports: { mysql: 3306, mariadb: 3306 },
      user: true,
      database: true,
      example: EXAMPLE,
    }),
  alpn: [],
  begin,
  call: (endpoint, call) => {
    const isPlain = call.context === undefined;
    const login: Login = { user: userOf(endpoint, call), database: endpoint.database, isPlain };
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, { name: NAME, talk: (talk) => logIn(talk, login, answers) });
  },
} as const satisfies Protocol;

/** Whom to log in as; there is no password. */
interface Login {
  readonly user: string;
  readonly database: string | undefined;
  readonly isPlain: boolean;
}

const CLIENT_LONG_PASSWORD = 0x1;
const CLIENT_CONNECT_WITH_DB = 0x8;
const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_SSL = 0x800;
const CLIENT_SECURE_CONNECTION = 0x8000;
const CLIENT_PLUGIN_AUTH = 0x80000;
const CAPABILITIES =
  CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;

/** The first byte of a packet. */
const OK = 0x00;
const MORE_DATA = 0x01;
const HANDSHAKE_10 = 0x0a;
const SWITCH = 0xfe;
const ERROR = 0xff;

async function begin(socket: Socket): Promise<void> {
  const talk = new Conversation(socket, NAME);
  const { capabilities } = await readGreeting(talk);
  if ((capabilities & CLIENT_SSL) === 0) throw noTls(NAME, 'a greeting without SSL');
  send(talk, 1, head(CAPABILITIES | CLIENT_SSL));
  talk.release();
}

async function readGreeting(talk: Conversation): Promise<{ readonly capabilities: number }> {
  const { body } = await readPacket(talk);
  if (body[0] === ERROR) {
    throw new OutcomeError(new Answers(NAME, { context: undefined }).failed(errorText(body).status));
  }
  // Behind the version's text: the connection's number, 8 random bytes and a zero.
  const versionEnd = body.indexOf(0, 1);
  const offset = versionEnd + 1 + 4 + 8 + 1;
  if (body[0] !== HANDSHAKE_10 || versionEnd < 0 || body.length < offset + 2) throw talk.strange(body);
  return { capabilities: body.readUInt16LE(offset) };
}

/** ERRs by which a server turns a user away: access denied, host not allowed, no password, TLS needed. */
const REFUSALS = new Set([1044, 1045, 1130, 1698, 3118, 3159, 4151]);
/** After this many packets it is no login any more. */
const MOST_PACKETS = 8;

async function logIn(
  talk: Conversation,
  { user, database, isPlain }: Login,
  answers: Answers,
): Promise<Outcome> {
  if (isPlain) await readGreeting(talk);
  const withDatabase = database === undefined ? 0 : CLIENT_CONNECT_WITH_DB;
  const response = Buffer.concat([
    head(CAPABILITIES | withDatabase | (isPlain ? 0 : CLIENT_SSL)),
    Buffer.from(`${user}\0`),
    // The length of the answer to the server's random bytes: an empty password has none.
    Buffer.from([0]),
    Buffer.from(database === undefined ? '' : `${database}\0`),
    Buffer.from('mysql_native_password\0'),
  ]);
  send(talk, isPlain ? 1 : 2, response);
  for (let count = 0; count < MOST_PACKETS; count++) {
    const { number, body } = await readPacket(talk);
    switch (body[0]) {
      case OK:
        // COM_QUIT.
        send(talk, 0, Buffer.from([1]));
        return answers.letIn(`logged in as ${user}`);
      case ERROR: {
        const { code, status } = errorText(body);
        return REFUSALS.has(code) ? answers.refused(status) : answers.failed(status);
      }
      case SWITCH:
        send(talk, number + 1, emptyPassword(body.subarray(1)));
        break;
      case MORE_DATA:
        // caching_sha2_password: 4 asks for the password itself, 3 says that it is known.
        if (body[1] === 4) return answers.asksForMore('asks for a password', 'differs');
        break;
      default:
        throw talk.strange(body);
    }
  }
  throw talk.strange();
}

/** An empty password as a method sends it: nothing, or a string that is empty. */
function emptyPassword(method: Buffer): Buffer {
  const name = method.subarray(0, Math.max(0, method.indexOf(0))).toString('latin1');
  return name === 'caching_sha2_password' || name === 'sha256_password' ? Buffer.from([0]) : Buffer.alloc(0);
}

/** Capabilities, the largest packet, the character set utf8mb4_general_ci, and 23 bytes that are reserved. */
function head(capabilities: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(capabilities);
  bytes.writeUInt32LE(1 << 16, 4);
  bytes[8] = 45;
  return bytes;
}

function send(talk: Conversation, number: number, body: Buffer): void {
  const prefix = Buffer.alloc(4);
  prefix.writeUIntLE(body.length, 0, 3);
  prefix[3] = number & 0xff;
  talk.send(Buffer.concat([prefix, body]));
}

async function readPacket(talk: Conversation): Promise<{ readonly number: number; readonly body: Buffer }> {
  const prefix = await talk.bytes(4);
  const length = prefix.readUIntLE(0, 3);
  if (length === 0) throw talk.strange(prefix);
  return { number: prefix[3] ?? 0, body: await talk.bytes(length) };
}

/** A code, and behind a mark and a state of five characters, where they are there, the text. */
function errorText(body: Buffer): { readonly code: number; readonly status: string } {
  const code = body.length >= 3 ? body.readUInt16LE(1) : 0;
  const text = body
    .subarray(3)
    .toString('utf8')
    .replace(/^#.{5}/s, '');
  return { code, status: `error ${code}: ${text}` };
}
