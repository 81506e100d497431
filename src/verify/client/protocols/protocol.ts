import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Conversation } from '../../protocols/calls/conversation.js';
import { type Contact, took } from '../contact.js';

/** A protocol that the servers for clients speak. To add one, write a file beside `redis.ts` and name it in `index.ts`. */
export interface ServedProtocol {
  /** What `--protocol` calls it. */
  readonly name: string;
  /** Of the URL that a client is given. */
  readonly scheme: string;
  /** What stands behind the port in that URL; nothing when absent. */
  readonly path?: string;
  /** What it agrees on in TLS (RFC 7301); nothing when absent. */
  readonly alpn?: readonly string[];
  /** What is said to a client before it has said anything; absent where the client speaks first. */
  readonly greeting?: (offersTls: boolean) => Buffer | string;
  /**
   * What is said before TLS; absent where TLS comes first.
   *
   * @returns whether TLS comes next
   */
  readonly begin?: (talk: Conversation, offersTls: boolean) => Promise<boolean>;
  /** Takes requests and answers them, in TLS or without. */
  readonly serve: (socket: Socket | TLSSocket, contact: Contact) => void;
}

/** How requests are taken in messages: the first of them is written down by `request()`. */
export type Answering = (talk: Conversation, request: () => void) => Promise<void>;

/** Answers by messages until the client ends, or says what is none. */
export function answering(name: string, answer: Answering): ServedProtocol['serve'] {
  return (socket, contact) => {
    answer(new Conversation(socket, name), () => took(contact)).then(
      () => socket.end(),
      () => socket.destroy(),
    );
  };
}
