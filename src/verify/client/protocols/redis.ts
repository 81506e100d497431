import { answering, type ServedProtocol } from './protocol.js';

/** Answers PING, and takes every other command for one that went well. */
export const redis: ServedProtocol = {
  name: 'redis',
  scheme: 'rediss',
  serve: answering('Redis', async (talk, request) => {
    for (;;) {
      const words = await readCommand(await talk.line(), () => talk.line());
      request();
      const word = words[0]?.toUpperCase();
      if (word === 'PING') talk.send('+PONG\r\n');
      // A client then goes on in the protocol's older version.
      else if (word === 'HELLO') talk.send('-ERR unknown command\r\n');
      else talk.send('+OK\r\n');
      if (word === 'QUIT') return;
    }
  }),
};

const MOST_WORDS = 64;

/** A list of strings, each in a line behind its length; or words in one line. */
async function readCommand(first: string, line: () => Promise<string>): Promise<string[]> {
  const [, count] = /^\*(\d+)$/.exec(first) ?? [];
  if (count === undefined) return first.split(' ');
  const words: string[] = [];
  while (words.length < Math.min(Number(count), MOST_WORDS)) {
    await line();
    words.push(await line());
  }
  return words;
}
