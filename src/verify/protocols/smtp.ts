// SMTP (RFC 5321): with TLS by STARTTLS (RFC 3207), and behind TLS that comes first (RFC 8314).
import type { Socket } from 'node:net';
import type { Outcome } from '../wire/outcome.js';
import { Conversation } from './calls/conversation.js';
import { Answers, exchange, noTls } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Call, Endpoint, Protocol } from './protocol.js';

const NAME = 'SMTP';

export const smtp = {
  name: 'smtp',
  schemes: ['smtp'],
  example: 'smtp://localhost:25',
  parse: (url) => parseService(url, { ports: { smtp: 25 }, example: 'smtp://localhost:25' }),
  alpn: [],
  begin,
  // Behind STARTTLS the server says nothing first.
  call: (endpoint, asked) => call(endpoint, asked, asked.context === undefined),
} as const satisfies Protocol;

export const smtps = {
  name: 'smtps',
  schemes: ['smtps'],
  example: 'smtps://localhost:465',
  parse: (url) => parseService(url, { ports: { smtps: 465 }, example: 'smtps://localhost:465' }),
  alpn: [],
  call: (endpoint, asked) => call(endpoint, asked, true),
} as const satisfies Protocol;

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** The lines of a reply are no more than this. */
const MOST_LINES = 64;

async function readReply(talk: Conversation): Promise<Reply> {
  const lines: string[] = [];
  while (lines.length < MOST_LINES) {
    const line = await talk.line();
    const [, code, more, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
    if (code === undefined) throw talk.strange(line);
    lines.push(text);
    if (more !== '-') return { code: Number(code), lines };
  }
  throw talk.strange();
}

function say(talk: Conversation, line: string): Promise<Reply> {
  talk.send(`${line}\r\n`);
  return readReply(talk);
}

const textOf = ({ code, lines }: Reply) => `${code} ${lines.join(' ')}`;
const isGood = ({ code }: Reply) => code >= 200 && code < 300;
const isFinal = ({ code }: Reply) => code >= 500;

/** An address in the place of a name (RFC 5321 section 4.1.3): this side's name is not the server's concern. */
const EHLO = 'EHLO [127.0.0.1]';

async function begin(socket: Socket): Promise<void> {
  const talk = new Conversation(socket, NAME);
  const banner = await readReply(talk);
  if (!isGood(banner)) throw noTls(NAME, textOf(banner));
  const hello = await say(talk, EHLO);
  if (!hello.lines.some((line) => /^STARTTLS$/i.test(line.trim())))
    throw noTls(NAME, 'EHLO without STARTTLS');
  const started = await say(talk, 'STARTTLS');
  if (!isGood(started)) throw noTls(NAME, textOf(started));
  talk.release();
}

function call(endpoint: Endpoint, asked: Call, speaksFirst: boolean) {
  const answers = new Answers(NAME, asked);
  return exchange(endpoint, asked, {
    name: NAME,
    talk: (talk) => begins(talk, speaksFirst, answers),
  });
}

/** A message is begun, and none is sent: a server may look at the certificate as late as at the recipient. */
const STEPS = ['MAIL FROM:<>', 'RCPT TO:<postmaster>'];

async function begins(talk: Conversation, speaksFirst: boolean, answers: Answers): Promise<Outcome> {
  // A server of TLS waits for this side, as this side would for a greeting.
  talk.send(`${EHLO}\r\n`);
  const first = speaksFirst ? await readReply(talk) : undefined;
  if (first !== undefined && !isGood(first)) return turnedAway(first, answers);
  const hello = await readReply(talk);
  if (!isGood(hello)) return turnedAway(hello, answers);
  for (const step of STEPS) {
    const reply = await say(talk, step);
    if (isGood(reply)) continue;
    const status = `${step.slice(0, 4)} ${textOf(reply)}`;
    return isFinal(reply) ? answers.asksForMore(status, 'refused') : answers.letIn(status);
  }
  talk.send('QUIT\r\n');
  return answers.letIn('recipient accepted');
}

/** 421 ends a connection for whatever reason, and Postfix a client's without a certificate. */
function turnedAway(reply: Reply, answers: Answers): Outcome {
  return isFinal(reply) || /certificate|tls/i.test(textOf(reply))
    ? answers.refused(textOf(reply))
    : answers.failed(textOf(reply));
}
