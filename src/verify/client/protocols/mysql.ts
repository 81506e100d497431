import { randomBytes } from 'node:crypto';
import type { Conversation } from '../../protocols/calls/conversation.js';
import { answering, type ServedProtocol } from './protocol.js';

const CLIENT_SSL = 0x800;
/** Long passwords, a database at once, protocol 4.1, transactions, secure connections, methods by name. */
const CAPABILITIES = 0x8a209;

/** A server that lets everyone in, and takes every command for one that went well. */
export const mysql: ServedProtocol = {
  name: 'mysql',
  scheme: 'mysql',
  greeting: (offersTls) => packet(0, handshake(offersTls ? CAPABILITIES | CLIENT_SSL : CAPABILITIES)),
  begin: async (talk) => {
    // The request for TLS is the beginning of a login, without a user.
    const head = await talk.peek(8);
    if ((head.readUInt32LE(4) & CLIENT_SSL) === 0) return false;
    await readPacket(talk);
    return true;
  },
  serve: answering('MySQL', async (talk, request) => {
    for (;;) {
      const { number, body } = await readPacket(talk);
      request();
      const isQuit = number === 0 && body[0] === 1;
      if (isQuit) return;
      talk.send(packet(number + 1, OK));
    }
  }),
};

async function readPacket(talk: Conversation): Promise<{ readonly number: number; readonly body: Buffer }> {
  const prefix = await talk.bytes(4);
  return { number: prefix[3] ?? 0, body: await talk.bytes(prefix.readUIntLE(0, 3)) };
}

function packet(number: number, body: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUIntLE(body.length, 0, 3);
  prefix[3] = number & 0xff;
  return Buffer.concat([prefix, body]);
}

/** No rows, no identifier, autocommit, no warnings. */
const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

/** HandshakeV10: a version, a connection's number, random bytes in two parts, and what the server is capable of. */
function handshake(capabilities: number): Buffer {
  const number = Buffer.from([1, 0, 0, 0]);
  const [first, second] = [randomText(8), randomText(12)];
  const lower = Buffer.from([capabilities & 0xff, (capabilities >> 8) & 0xff]);
  const upper = Buffer.from([(capabilities >> 16) & 0xff, (capabilities >> 24) & 0xff]);
  return Buffer.concat([
    ...[Buffer.from([10]), Buffer.from('8.0.0\0'), number, first, Buffer.from([0]), lower],
    // The character set utf8mb4_general_ci, and autocommit.
    ...[Buffer.from([45, 2, 0]), upper, Buffer.from([21]), Buffer.alloc(10), second, Buffer.from([0])],
    Buffer.from('mysql_native_password\0'),
  ]);
}

/** Without a zero, which would end it. */
function randomText(length: number): Buffer {
  return Buffer.from(randomBytes(length).map((byte) => 33 + (byte % 90)));
}
