// A connection as what is read from it and written to it in turns, bounded in all that the other side may send.
import type { Socket } from 'node:net';
import { foreignText } from '../../../errors.js';
import { OutcomeError } from '../../wire/outcome.js';

/** The longest message, and the longest line, that is read. */
const LONGEST_MESSAGE = 64 * 1024;
/** No answer to a first message is as long as this. */
const MOST_BYTES = 256 * 1024;
/** As much as is shown of what is another protocol. */
const LONGEST_BEGINNING = 24;

interface Waiting {
  /** How much of what has come is wanted; undefined while it is too little. */
  readonly find: (received: Buffer) => number | undefined;
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** How a protocol's messages are read and written. */
export class Conversation {
  readonly #socket: Socket;
  readonly #protocol: string;
  readonly #take = (chunk: Buffer) => this.#receive(chunk);
  #received: Buffer = Buffer.alloc(0);
  #total = 0;
  #waiting: Waiting | undefined;

  /** @param protocol what a report calls it */
  constructor(socket: Socket, protocol: string) {
    this.#socket = socket;
    this.#protocol = protocol;
    socket.on('data', this.#take);
    // What was put back into it is read too.
    socket.resume();
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** Exactly so many bytes. */
  bytes(length: number): Promise<Buffer> {
    if (!(length >= 0 && length <= LONGEST_MESSAGE)) return Promise.reject(this.strange());
    return this.#wait((received) => (received.length >= length ? length : undefined));
  }

  /** So many of the bytes that come next, which are read again. */
  async peek(length: number): Promise<Buffer> {
    await this.#wait((received) => (received.length >= length ? 0 : undefined));
    return this.#received.subarray(0, length);
  }

  /** A line without its end, as it was sent: each byte a character. */
  async line(): Promise<string> {
    const line = await this.#wait((received) => {
      const end = received.indexOf(0x0a);
      if (end >= 0) return end + 1;
      if (received.length > LONGEST_MESSAGE) throw this.strange();
      return undefined;
    });
    return line.toString('latin1').replace(/\r?\n$/, '');
  }

  /** Ends the reading, before TLS begins: nothing protects what the other side has sent too early. */
  release(): void {
    this.#socket.off('data', this.#take);
    if (this.#received.length > 0) throw this.strange();
  }

  /** Ends the reading, and gives what has come and was not read. */
  rest(): Buffer {
    this.#socket.off('data', this.#take);
    const rest = this.#received;
    this.#received = Buffer.alloc(0);
    return rest;
  }

  /** What says that the other side does not speak the protocol. */
  strange(received: Buffer | string = this.#received): OutcomeError {
    const text = Buffer.isBuffer(received) ? received.toString('latin1') : received;
    const begins = text === '' ? undefined : foreignText(text.slice(0, LONGEST_BEGINNING));
    const cause = { kind: 'other-answer', protocol: this.#protocol, begins } as const;
    return new OutcomeError({ kind: 'wrong-server', cause });
  }

  #wait(find: Waiting['find']): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { find, resolve, reject };
      this.#look();
    });
  }

  #receive(chunk: Buffer): void {
    this.#total += chunk.length;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.#total > MOST_BYTES) {
      this.#socket.off('data', this.#take);
      this.#socket.pause();
    }
    this.#look();
  }

  #look(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const length = waiting.find(this.#received);
      if (length === undefined && this.#total <= MOST_BYTES) return;
      if (length === undefined) throw this.strange();
      this.#waiting = undefined;
      const bytes = this.#received.subarray(0, length);
      this.#received = this.#received.subarray(length);
      waiting.resolve(bytes);
    } catch (error) {
      this.#waiting = undefined;
      waiting.reject(error as Error);
    }
  }
}
