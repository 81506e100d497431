// Kafka's protocol (kafka.apache.org/protocol).
import type { Outcome } from '../wire/outcome.js';
import type { Conversation } from './calls/conversation.js';
import { Answers, exchange } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'Kafka';
const EXAMPLE = 'kafka://localhost:9093';

export const kafka = {
  name: 'kafka',
  schemes: ['kafka'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { kafka: 9093 }, example: EXAMPLE }),
  alpn: [],
  call: (endpoint, call) => {
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, { name: NAME, talk: (talk) => askVersions(talk, answers) });
  },
} as const satisfies Protocol;

const API_VERSIONS = 18;
const CORRELATION = 0x67637274;

/** ApiVersions is what every client asks first, and what a broker answers before it knows a user. */
function apiVersionsRequest(): Buffer {
  const client = Buffer.from('generate-certs');
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + client.length);
  head.writeInt16BE(API_VERSIONS, 4);
  head.writeInt32BE(CORRELATION, 8);
  head.writeInt16BE(client.length, 12);
  return Buffer.concat([head, client]);
}

const UNSUPPORTED_VERSION = 35;

async function askVersions(talk: Conversation, answers: Answers): Promise<Outcome> {
  talk.send(apiVersionsRequest());
  const prefix = await talk.bytes(4);
  const length = prefix.readUInt32BE(0);
  if (length < 6) throw talk.strange(prefix);
  const body = await talk.bytes(6);
  if (body.readInt32BE(0) !== CORRELATION) throw talk.strange(Buffer.concat([prefix, body]));
  const error = body.readInt16BE(4);
  return error === 0 || error === UNSUPPORTED_VERSION
    ? answers.letIn('ApiVersions answered')
    : answers.failed(`error ${error}`);
}
