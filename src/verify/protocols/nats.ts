// NATS's client protocol (docs.nats.io/reference/reference-protocols/nats-protocol).
import type { Socket } from 'node:net';
import type { Outcome } from '../wire/outcome.js';
import { Conversation } from './calls/conversation.js';
import { Answers, exchange, noTls } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'NATS';
const EXAMPLE = 'nats://localhost:4222';

export const nats = {
  name: 'nats',
  schemes: ['nats'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { nats: 4222 }, user: true, example: EXAMPLE }),
  alpn: [],
  begin,
  call: (endpoint, call) => {
    const isPlain = call.context === undefined;
    const answers = new Answers(NAME, call);
    const talk = async (conversation: Conversation) => {
      if (isPlain) await readInfo(conversation);
      return ping(conversation, endpoint.user, answers);
    };
    return exchange(endpoint, call, { name: NAME, talk });
  },
} as const satisfies Protocol;

async function begin(socket: Socket): Promise<void> {
  const talk = new Conversation(socket, NAME);
  const { tls_required: required, tls_available: available } = await readInfo(talk);
  if (required !== true && available !== true) throw noTls(NAME, 'INFO without tls_required');
  talk.release();
}

async function readInfo(talk: Conversation): Promise<Record<string, unknown>> {
  const line = await talk.line();
  const [, json = ''] = /^INFO (\{.*\}) *$/i.exec(line) ?? [];
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    throw talk.strange(line);
  }
}

async function ping(talk: Conversation, user: string | undefined, answers: Answers): Promise<Outcome> {
  const options = {
    ...{ verbose: false, pedantic: false, tls_required: true, name: 'generate-certs', lang: 'node' },
    ...(user !== undefined && { user }),
  };
  talk.send(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
  for (;;) {
    const line = await talk.line();
    if (line === 'PONG') return answers.letIn(line);
    const [, error] = /^-ERR '?(.*?)'?$/i.exec(line) ?? [];
    if (error !== undefined) {
      return /authori[sz]ation|authentication|tls required/i.test(error)
        ? answers.refused(error)
        : answers.failed(error);
    }
    if (!/^(?:INFO |\+OK|PING)/i.test(line)) throw talk.strange(line);
  }
}
