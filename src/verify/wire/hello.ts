// What an endpoint agrees on in TLS that this side's own library speaks no more: a ClientHello by hand (RFC 5246 section
// 7.4.1.2), and no more of the answer than its ServerHello.
import { randomBytes } from 'node:crypto';
import { connect, isIP } from 'node:net';
import type { Target } from './connection.js';

/** What is offered. */
export interface Hello {
  /** As on the wire: 0x0301 is TLS 1.0. */
  readonly version: number;
  /** By their numbers in IANA's registry. */
  readonly suites: readonly number[];
}

/** What came of it. */
export type HelloAnswer = 'accepted' | 'refused' | 'no-answer';

/** Offers these and nothing else, and tells whether the endpoint takes them. */
export function offer(target: Target, hello: Hello, timeoutMs: number): Promise<HelloAnswer> {
  const { host, port } = target.connectTo ?? target;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const finish = (answer: HelloAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      socket.destroy();
    };
    const timer = setTimeout(() => finish('no-answer'), timeoutMs);
    socket.on('connect', () => socket.write(encodeHello(target, hello)));
    socket.on('error', () => finish('refused'));
    socket.on('close', () => finish('refused'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk.subarray(0, ENOUGH)]);
      const chosen = readServerHello(received);
      if (chosen === undefined && received.length < ENOUGH) return;
      const { version, suites } = hello;
      finish(chosen?.version === version && suites.includes(chosen.suite) ? 'accepted' : 'refused');
    });
  });
}

/** A ServerHello's first fields are far within this. */
const ENOUGH = 512;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;

/** @returns undefined while there is too little; what is no ServerHello chooses nothing */
function readServerHello(received: Buffer): { version: number; suite: number } | undefined {
  const nothing = { version: 0, suite: 0 };
  if (received.length < 6) return received.length > 0 && received[0] !== HANDSHAKE ? nothing : undefined;
  if (received[0] !== HANDSHAKE || received[5] !== SERVER_HELLO) return nothing;
  // The record's header, the message's, the version, 32 random bytes, then the session's id.
  const session = 5 + 4 + 2 + 32;
  const suite = session + 1 + (received[session] ?? 0);
  if (received.length < suite + 2) return undefined;
  return { version: received.readUInt16BE(9), suite: received.readUInt16BE(suite) };
}

function encodeHello({ host, protocol }: Target, { version, suites }: Hello): Buffer {
  const names =
    isIP(host) === 0 ? [extension(0, sized(2, Buffer.from([0]), sized(2, Buffer.from(host))))] : [];
  const alpn = protocol.alpn.map((name) => sized(1, Buffer.from(name)));
  const extensions = [
    ...names,
    // Groups: X25519, P-256, P-384, P-521; points: uncompressed.
    extension(10, sized(2, numbers([29, 23, 24, 25]))),
    extension(11, sized(1, Buffer.from([0]))),
    // Signatures of RSA and ECDSA with SHA-256, SHA-384, SHA-512 and SHA-1, and RSA-PSS.
    extension(
      13,
      sized(2, numbers([0x0403, 0x0503, 0x0804, 0x0805, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201])),
    ),
    ...(alpn.length > 0 ? [extension(16, sized(2, ...alpn))] : []),
    // An empty renegotiation_info (RFC 5746).
    extension(0xff01, Buffer.from([0])),
  ];
  const body = Buffer.concat([
    numbers([version]),
    randomBytes(32),
    Buffer.from([0]),
    sized(2, numbers(suites)),
    Buffer.from([1, 0]),
    sized(2, ...extensions),
  ]);
  const message = Buffer.concat([Buffer.from([1]), sized(3, body)]);
  return Buffer.concat([Buffer.from([HANDSHAKE]), numbers([0x0301]), sized(2, message)]);
}

const extension = (type: number, content: Buffer) => Buffer.concat([numbers([type]), sized(2, content)]);

/** Behind its length of so many bytes. */
function sized(lengthBytes: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}
