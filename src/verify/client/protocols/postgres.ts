import type { Conversation } from '../../protocols/calls/conversation.js';
import { answering, type ServedProtocol } from './protocol.js';

/** What a client may ask for before its first message proper, by the number in the place of a version. */
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
/** The first byte of a TLS record that begins a handshake: PostgreSQL 17's clients may ask for nothing before. */
const HANDSHAKE = 22;

/** A server that lets everyone in, and answers every query by one row. */
export const postgres: ServedProtocol = {
  name: 'postgres',
  scheme: 'postgres',
  alpn: ['postgresql'],
  begin: async (talk, offersTls) => {
    for (;;) {
      const head = await talk.peek(8);
      if (head[0] === HANDSHAKE) return true;
      const asked = head.readUInt32BE(4);
      if (asked !== SSL_REQUEST && asked !== GSS_REQUEST) return false;
      await talk.bytes(8);
      const takesUp = asked === SSL_REQUEST && offersTls;
      talk.send(takesUp ? 'S' : 'N');
      if (takesUp) return true;
    }
  },
  serve: answering('PostgreSQL', async (talk, request) => {
    const length = (await talk.bytes(4)).readUInt32BE(0);
    request();
    await talk.bytes(length - 4);
    talk.send(Buffer.concat([message('R', int32(0)), ...PARAMETERS, READY]));
    for (;;) {
      const type = await readType(talk);
      if (type === 'X') return;
      if (type === 'Q') talk.send(ROW);
      // The last of the messages of a prepared statement.
      if (type === 'S') talk.send(Buffer.concat([UNPREPARED, READY]));
    }
  }),
};

async function readType(talk: Conversation): Promise<string> {
  const head = await talk.bytes(5);
  await talk.bytes(head.readUInt32BE(1) - 4);
  return String.fromCharCode(head[0] ?? 0);
}

function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const PARAMETERS = Object.entries({
  ...{ server_version: '16.0', server_encoding: 'UTF8', client_encoding: 'UTF8', DateStyle: 'ISO' },
  ...{ integer_datetimes: 'on', standard_conforming_strings: 'on' },
}).map(([name, value]) => message('S', `${name}\0${value}\0`));
/** ReadyForQuery, outside a transaction. */
const READY = message('Z', 'I');
const UNPREPARED = message('E', 'SERROR\0C0A000\0Msimple queries alone are answered\0\0');

/** One column of text, one row, the end of both. */
const ROW = Buffer.concat([
  message(
    'T',
    Buffer.from([0, 1]),
    '?column?\0',
    ...[int32(0), Buffer.from([0, 0]), int32(25), Buffer.from([0xff, 0xff]), int32(-1), Buffer.from([0, 0])],
  ),
  message('D', Buffer.from([0, 1]), int32(1), '1'),
  message('C', 'SELECT 1\0'),
  READY,
]);
