// MQTT 3.1.1 (OASIS Standard, 29 October 2014).
import { randomBytes } from 'node:crypto';
import type { Outcome } from '../wire/outcome.js';
import type { Conversation } from './calls/conversation.js';
import { Answers, exchange } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'MQTT';
const EXAMPLE = 'mqtts://localhost:8883';

export const mqtt = {
  name: 'mqtt',
  schemes: ['mqtts', 'mqtt'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { mqtts: 8883, mqtt: 1883 }, user: true, example: EXAMPLE }),
  alpn: [],
  call: (endpoint, call) => {
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, {
      name: NAME,
      talk: (talk) => connect(talk, endpoint.user, answers),
    });
  },
} as const satisfies Protocol;

/** Section 3.1: no will, no session that stays, an identifier that no other client has. */
function connectPacket(user: string | undefined): Buffer {
  const CLEAN_SESSION = 0x02;
  const USER_NAME = 0x80;
  const flags = user === undefined ? CLEAN_SESSION : CLEAN_SESSION | USER_NAME;
  const keepAlive = [0, 10];
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, flags, ...keepAlive]),
    text(`generate-certs-${randomBytes(4).toString('hex')}`),
    ...(user === undefined ? [] : [text(user)]),
  ]);
  // A length of up to 2097151 is in groups of seven bits.
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([0x10, ...length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Section 3.2.2.3. */
const CODES = [
  'connection accepted',
  'unacceptable protocol version',
  'identifier rejected',
  'server unavailable',
  'bad user name or password',
  'not authorized',
];
const ACCEPTED = 0;
const REFUSALS = new Set([4, 5]);

async function connect(talk: Conversation, user: string | undefined, answers: Answers): Promise<Outcome> {
  talk.send(connectPacket(user));
  const packet = await talk.bytes(4);
  const [type, length, , code = 0] = packet;
  const status = CODES[code];
  if (type !== 0x20 || length !== 2 || status === undefined) throw talk.strange(packet);
  if (REFUSALS.has(code)) return answers.refused(status);
  if (code !== ACCEPTED) return answers.failed(status);
  // DISCONNECT.
  talk.send(Buffer.from([0xe0, 0]));
  return answers.letIn(status);
}
