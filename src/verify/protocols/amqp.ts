// AMQP 0-9-1 (the specification of the AMQP Working Group, 13 November 2008).
import type { Outcome } from '../wire/outcome.js';
import type { Conversation } from './calls/conversation.js';
import { Answers, exchange } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'AMQP';
const EXAMPLE = 'amqps://localhost:5671';

export const amqp = {
  name: 'amqp',
  schemes: ['amqps', 'amqp'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { amqps: 5671, amqp: 5672 }, example: EXAMPLE }),
  alpn: [],
  call: (endpoint, call) => {
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, { name: NAME, talk: (talk) => logIn(talk, answers) });
  },
} as const satisfies Protocol;

const PROTOCOL_HEADER = Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1]);
const METHOD_FRAME = 1;
const FRAME_END = 0xce;

/** Class and method of those that there are before a connection is open. */
const START = '10.10';
const SECURE = '10.20';
const TUNE = '10.30';
const CLOSE = '10.50';

/** What RabbitMQ closes a connection by, where it does not take the client. */
const REFUSALS = new Set([403, 530]);

async function logIn(talk: Conversation, answers: Answers): Promise<Outcome> {
  talk.send(PROTOCOL_HEADER);
  for (;;) {
    const head = await talk.bytes(7);
    // It has another version, and says which.
    if (head.subarray(0, 4).equals(PROTOCOL_HEADER.subarray(0, 4))) {
      const rest = await talk.bytes(1);
      return answers.letIn(`version ${[...head.subarray(5), ...rest].join('.')}`);
    }
    if (head[0] !== METHOD_FRAME) throw talk.strange(head);
    const length = head.readUInt32BE(3);
    const frame = await talk.bytes(length + 1);
    if (length < 4 || frame[length] !== FRAME_END) throw talk.strange(head);
    const method = `${frame.readUInt16BE(0)}.${frame.readUInt16BE(2)}`;
    const body = frame.subarray(4, length);
    switch (method) {
      case START: {
        const mechanisms = mechanismsOf(body);
        if (mechanisms === undefined) throw talk.strange(head);
        if (mechanisms.length === 0) return answers.refused('offers no way to log in');
        // TLS let the client in, and its certificate is no name here.
        if (!mechanisms.includes('EXTERNAL')) {
          return answers.asksForMore(`asks for ${mechanisms.join(' or ')}`, 'differs');
        }
        talk.send(startOk());
        break;
      }
      case TUNE:
        return answers.letIn('logged in by the certificate');
      case SECURE:
        return answers.asksForMore('asks for more than the certificate', 'differs');
      case CLOSE:
        return closeOutcome(body, answers);
      default:
        throw talk.strange(head);
    }
  }
}

/** Behind the version and a table of properties: a long string of words. */
function mechanismsOf(body: Buffer): readonly string[] | undefined {
  if (body.length < 6) return undefined;
  const start = 6 + body.readUInt32BE(2);
  if (start + 4 > body.length) return undefined;
  const end = start + 4 + body.readUInt32BE(start);
  if (end > body.length) return undefined;
  return body
    .subarray(start + 4, end)
    .toString('latin1')
    .split(' ')
    .filter((word) => word !== '');
}

/** A code, and a short string that says why. */
function closeOutcome(body: Buffer, answers: Answers): Outcome {
  const code = body.length >= 3 ? body.readUInt16BE(0) : 0;
  const text = body.subarray(3, 3 + (body[2] ?? 0)).toString('utf8');
  const status = `${code} ${text}`;
  return REFUSALS.has(code) ? answers.refused(status) : answers.failed(status);
}

/** The mechanism EXTERNAL with an empty answer: the certificate is the name (RFC 4422 appendix A). */
function startOk(): Buffer {
  // Without this capability RabbitMQ ends the connection instead of saying that it does not take the client.
  const capability = Buffer.concat([
    short('authentication_failure_close'),
    Buffer.from('t'),
    Buffer.from([1]),
  ]);
  const properties = Buffer.concat([short('capabilities'), Buffer.from('F'), long(capability)]);
  const method = Buffer.from([0, 10, 0, 11]);
  const payload = Buffer.concat([
    ...[method, long(properties), short('EXTERNAL'), long(Buffer.alloc(0)), short('en_US')],
  ]);
  const head = Buffer.alloc(7);
  head[0] = METHOD_FRAME;
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}

const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

function long(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
