// MongoDB's wire protocol: OP_MSG (mongodb.com/docs/manual/reference/mongodb-wire-protocol).
import type { Outcome } from '../wire/outcome.js';
import { encodeDocument, readDocument } from './calls/bson.js';
import type { Conversation } from './calls/conversation.js';
import { Answers, exchange } from './calls/exchange.js';
import { type Place, parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'MongoDB';
const EXAMPLE = 'mongodb://localhost:27017';
const BY_CERTIFICATE = 'MONGODB-X509';

export const mongodb = {
  name: 'mongodb',
  schemes: ['mongodb'],
  example: EXAMPLE,
  parse,
  alpn: [],
  call: (endpoint, call) => {
    const answers = new Answers(NAME, call);
    const logsIn = endpoint.mechanism === BY_CERTIFICATE;
    return exchange(endpoint, call, { name: NAME, talk: (talk) => greet(talk, logsIn, answers) });
  },
} as const satisfies Protocol;

/** As MongoDB's own URLs are written: with one mechanism, by which it takes the certificate for a user. */
function parse(typed: string): Place {
  const [, place = typed, mechanism] =
    /^([^?]*?)\/?\?authMechanism=(MONGODB-X509)$/.exec(typed) ?? /^([^?]*)\/$/.exec(typed) ?? [];
  const read = parseService(place, {
    ports: { mongodb: 27017 },
    example: `${EXAMPLE}/?authMechanism=${BY_CERTIFICATE}`,
  });
  return mechanism === undefined ? read : { ...read, mechanism };
}

/** Unauthorized and AuthenticationFailed. */
const REFUSALS = new Set([13, 18]);

async function greet(talk: Conversation, logsIn: boolean, answers: Answers): Promise<Outcome> {
  const greeted = await command(talk, { hello: 1, $db: 'admin' });
  if (greeted.ok !== 1) return turnedAway(greeted, answers);
  if (!logsIn) return answers.letIn('hello answered');
  const login = { authenticate: 1, mechanism: BY_CERTIFICATE, $db: '$external' };
  const authenticated = await command(talk, login);
  return authenticated.ok === 1
    ? answers.letIn('logged in by the certificate')
    : turnedAway(authenticated, answers);
}

interface Reply {
  readonly ok: unknown;
  readonly code: unknown;
  readonly errmsg: unknown;
}

function turnedAway({ code, errmsg }: Reply, answers: Answers): Outcome {
  const status = `error ${code ?? '?'}: ${errmsg ?? ''}`;
  return typeof code === 'number' && REFUSALS.has(code) ? answers.refused(status) : answers.failed(status);
}

const OP_MSG = 2013;
const HEADER = 16;

async function command(
  talk: Conversation,
  document: Readonly<Record<string, number | string>>,
): Promise<Reply> {
  const body = encodeDocument(document);
  const head = Buffer.alloc(HEADER + 5);
  head.writeInt32LE(head.length + body.length);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(OP_MSG, 12);
  talk.send(Buffer.concat([head, body]));
  const answered = await talk.bytes(HEADER);
  if (answered.readInt32LE(12) !== OP_MSG) throw talk.strange(answered);
  const message = await talk.bytes(answered.readInt32LE(0) - HEADER);
  // Behind the flags: the kind of the first section, which is a document.
  const read = message[4] === 0 ? readDocument(message.subarray(5)) : undefined;
  if (read === undefined) throw talk.strange(answered);
  return { ok: read.get('ok'), code: read.get('code'), errmsg: read.get('errmsg') };
}
