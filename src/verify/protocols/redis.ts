// Redis's protocol (redis.io/docs/latest/develop/reference/protocol-spec).
import type { Outcome } from '../wire/outcome.js';
import type { Conversation } from './calls/conversation.js';
import { Answers, exchange } from './calls/exchange.js';
import { parseService } from './places.js';
import type { Protocol } from './protocol.js';

const NAME = 'Redis';
const EXAMPLE = 'redis://localhost:6379';

export const redis = {
  name: 'redis',
  schemes: ['redis', 'rediss'],
  example: EXAMPLE,
  parse: (url) => parseService(url, { ports: { redis: 6379, rediss: 6379 }, example: EXAMPLE }),
  alpn: [],
  call: (endpoint, call) => {
    const answers = new Answers(NAME, call);
    return exchange(endpoint, call, { name: NAME, talk: (talk) => ping(talk, answers) });
  },
} as const satisfies Protocol;

async function ping(talk: Conversation, answers: Answers): Promise<Outcome> {
  talk.send('*1\r\n$4\r\nPING\r\n');
  const line = await talk.line();
  if (line === '+PONG') return answers.letIn('PONG');
  const [, code = ''] = /^-([A-Z]+)\b/.exec(line) ?? [];
  switch (code) {
    case '':
      throw talk.strange(line);
    // Behind TLS it wants a password, or gives the user no right to this command.
    case 'NOAUTH':
    case 'NOPERM':
      return answers.asksForMore(code, 'refused');
    // Protected mode takes no calls from other machines.
    case 'DENIED':
    case 'WRONGPASS':
      return answers.refused(code);
    default:
      return answers.failed(line.slice(1));
  }
}
