import type { Conversation } from '../../protocols/calls/conversation.js';
import { answering, type ServedProtocol } from './protocol.js';

const BANNER = '220 localhost generate-certs\r\n';

/** Commands that hand over nothing, and that a client may send to take its leave. */
const EMPTY = /^(?:EHLO|HELO|NOOP|RSET|QUIT)/i;

export const smtp: ServedProtocol = {
  name: 'smtp',
  scheme: 'smtp',
  greeting: () => BANNER,
  begin: async (talk, offersTls) => {
    for (;;) {
      const word = (await talk.peek(4)).toString('latin1');
      const isStart = /^STAR/i.test(word);
      // What is none of these is a request, without TLS.
      if (!isStart && !EMPTY.test(word)) return false;
      const line = await talk.line();
      if (isStart && offersTls) {
        talk.send('220 go ahead\r\n');
        return true;
      }
      talk.send(answerTo(line, offersTls));
    }
  },
  serve: answering('SMTP', serve),
};

export const smtps: ServedProtocol = {
  name: 'smtps',
  scheme: 'smtps',
  serve: answering('SMTP', (talk, request) => {
    talk.send(BANNER);
    return serve(talk, request);
  }),
};

async function serve(talk: Conversation, request: () => void): Promise<void> {
  for (;;) {
    const line = await talk.line();
    // Who takes its leave when it has seen the certificate has asked for nothing.
    if (!/^QUIT\b/i.test(line)) request();
    talk.send(answerTo(line, false));
    if (/^QUIT\b/i.test(line)) return;
    if (!/^DATA\b/i.test(line)) continue;
    while ((await talk.line()) !== '.');
    talk.send('250 taken\r\n');
  }
}

function answerTo(line: string, offersTls: boolean): string {
  if (/^QUIT\b/i.test(line)) return '221 bye\r\n';
  if (/^DATA\b/i.test(line)) return '354 go ahead\r\n';
  if (/^EHLO\b/i.test(line)) return offersTls ? '250-localhost\r\n250 STARTTLS\r\n' : '250 localhost\r\n';
  if (/^STARTTLS\b/i.test(line)) return '502 not here\r\n';
  return '250 OK\r\n';
}
