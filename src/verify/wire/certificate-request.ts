// The CAs that a server names where it asks for a client's certificate. Node has no call for it: the bytes of the handshake
// are kept, and those of TLS 1.3 opened with the secret that this side's own library tells (RFC 8446 section 7.3).
import { createDecipheriv, createHmac } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Approach } from './approach.js';
import type { Target } from './connection.js';
import { connectionOptions } from './tls.js';

/** What a server asks for. */
export type Asked =
  /** The names of CAs in DER; none where any CA's client may try. */
  | { readonly kind: 'asked'; readonly authorities: readonly Buffer[] }
  /** It asks for no certificate in the handshake. */
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'unread' };

/** Chains and lists of CAs are far within this; no more of an endless handshake is kept. */
const MOST_BYTES = 512 * 1024;

/** Opens a connection and reads what the server asks for. */
export function readCertificateRequest(
  target: Target,
  context: SecureContext,
  timeoutMs: number,
  approach: Approach = {},
): Promise<Asked> {
  const { host, port } = target.connectTo ?? target;
  const { alpn = target.protocol.alpn } = approach;
  return new Promise((resolve) => {
    const raw = connectTcp({ host, port });
    const kept: Buffer[] = [];
    let length = 0;
    let secret: Buffer | undefined;
    const finish = () => {
      clearTimeout(timer);
      resolve(readAsked(Buffer.concat(kept), secret));
      socket.destroy();
      raw.destroy();
    };
    const timer = setTimeout(finish, timeoutMs);
    const keep = (chunk: Buffer) => {
      kept.push(chunk);
      length += chunk.length;
      if (length > MOST_BYTES) finish();
    };
    const socket = connectTls({
      ...connectionOptions(target, context, { ...approach, anyServer: true }),
      ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
      socket: tapped(raw, keep),
    });
    socket.on('keylog', (line: Buffer) => {
      const [label, , value = ''] = line.toString('latin1').trim().split(' ');
      if (label === 'SERVER_HANDSHAKE_TRAFFIC_SECRET') secret = Buffer.from(value, 'hex');
    });
    socket.on('secureConnect', finish);
    for (const end of ['error', 'close'] as const) {
      socket.on(end, finish);
      raw.on(end, finish);
    }
  });
}

/** A connection whose incoming bytes are kept as they pass. */
function tapped(raw: Socket, keep: (chunk: Buffer) => void): Duplex {
  const tap = new Duplex({
    read: () => void raw.resume(),
    write: (chunk, _encoding, done) => void raw.write(chunk, () => done()),
    final: (done) => void raw.end(() => done()),
  });
  raw.on('data', (chunk: Buffer) => {
    keep(chunk);
    if (!tap.push(chunk)) raw.pause();
  });
  raw.on('end', () => tap.push(null));
  return tap;
}

const RECORD = { changeCipherSpec: 20, handshake: 22, applicationData: 23 } as const;
const MESSAGE = { serverHello: 2, certificateRequest: 13, serverHelloDone: 14, finished: 20 } as const;

function readAsked(bytes: Buffer, secret: Buffer | undefined): Asked {
  try {
    const records = recordsOf(bytes);
    if (secret === undefined) {
      const hidden = records.findIndex(({ type }) => type === RECORD.changeCipherSpec);
      return readAsked12(messagesOf(handshakeOf(hidden < 0 ? records : records.slice(0, hidden))));
    }
    // Behind a HelloRetryRequest, which has the same type, comes another.
    const hellos = messagesOf(handshakeOf(records)).filter(({ type }) => type === MESSAGE.serverHello);
    const suite = hellos.at(-1)?.body;
    return suite === undefined ? UNREAD : readAsked13(bytes, secret, suiteOf(suite));
  } catch {
    // A peer's bytes may be anything.
    return UNREAD;
  }
}

function handshakeOf(records: readonly ServerRecord[]): Buffer[] {
  return records.flatMap(({ type, body }) => (type === RECORD.handshake ? [body] : []));
}

const UNREAD: Asked = { kind: 'unread' };

/** RFC 5246 section 7.4.4: certificate types, algorithms of signatures, then names. */
function readAsked12(messages: readonly Message[]): Asked {
  const request = messages.find(({ type }) => type === MESSAGE.certificateRequest);
  if (request === undefined) {
    return messages.some(({ type }) => type === MESSAGE.serverHelloDone) ? { kind: 'not-asked' } : UNREAD;
  }
  const reader = new Reader(request.body);
  reader.vector(1);
  reader.vector(2);
  return { kind: 'asked', authorities: namesIn(reader.vector(2)) };
}

const CERTIFICATE_AUTHORITIES = 47;

/** RFC 8446 sections 4.3.2 and 4.2.4. */
function readAsked13(bytes: Buffer, secret: Buffer, suite: number): Asked {
  const messages = messagesOf(decrypt(recordsOf(bytes), secret, suite));
  const request = messages.find(({ type }) => type === MESSAGE.certificateRequest);
  if (request === undefined) {
    return messages.some(({ type }) => type === MESSAGE.finished) ? { kind: 'not-asked' } : UNREAD;
  }
  const reader = new Reader(request.body);
  reader.vector(1);
  const extensions = new Reader(reader.vector(2));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === CERTIFICATE_AUTHORITIES) {
      return { kind: 'asked', authorities: namesIn(new Reader(content).vector(2)) };
    }
  }
  return { kind: 'asked', authorities: [] };
}

function namesIn(list: Buffer): Buffer[] {
  const reader = new Reader(list);
  const names: Buffer[] = [];
  while (reader.left > 0) names.push(reader.vector(2));
  return names;
}

/** The suite that a ServerHello chose: behind the version, 32 random bytes and the session's id. */
function suiteOf(body: Buffer): number {
  const reader = new Reader(body);
  reader.bytes(2 + 32);
  reader.vector(1);
  return reader.number(2);
}

const SUITES: Readonly<Record<number, { cipher: string; keyLength: number; hash: string }>> = {
  4865: { cipher: 'aes-128-gcm', keyLength: 16, hash: 'sha256' },
  4866: { cipher: 'aes-256-gcm', keyLength: 32, hash: 'sha384' },
  4867: { cipher: 'chacha20-poly1305', keyLength: 32, hash: 'sha256' },
};
const TAG_LENGTH = 16;

/** What the server's encrypted handshake records hold (RFC 8446 sections 5.2 and 5.3), up to the first that is not one. */
function decrypt(records: readonly ServerRecord[], secret: Buffer, suiteNumber: number): Buffer[] {
  const suite = SUITES[suiteNumber];
  if (suite === undefined) return [];
  const key = expandLabel(secret, 'key', suite.keyLength, suite.hash);
  const base = expandLabel(secret, 'iv', 12, suite.hash);
  const opened: Buffer[] = [];
  let sequence = 0;
  for (const { type, header, body } of records) {
    if (type !== RECORD.applicationData) continue;
    const nonce = Buffer.from(base);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence++) >>> 0, 8);
    const options = { authTagLength: TAG_LENGTH } as const;
    const decipher = createDecipheriv(suite.cipher as 'aes-128-gcm', key, nonce, options);
    const end = body.length - TAG_LENGTH;
    decipher.setAAD(header, { plaintextLength: end });
    decipher.setAuthTag(body.subarray(end));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(body.subarray(0, end)), decipher.final()]);
    } catch {
      // What follows the handshake has another key.
      break;
    }
    let last = plain.length - 1;
    while (last >= 0 && plain[last] === 0) last--;
    if (plain[last] !== RECORD.handshake) break;
    opened.push(plain.subarray(0, last));
  }
  return opened;
}

/** HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context; one block is enough for keys. */
function expandLabel(secret: Buffer, label: string, length: number, hash: string): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0])]);
  return createHmac(hash, secret)
    .update(info)
    .update(Buffer.from([1]))
    .digest()
    .subarray(0, length);
}

interface ServerRecord {
  readonly type: number;
  readonly header: Buffer;
  readonly body: Buffer;
}

function recordsOf(bytes: Buffer): ServerRecord[] {
  const records: ServerRecord[] = [];
  for (let offset = 0; offset + 5 <= bytes.length; ) {
    const end = offset + 5 + bytes.readUInt16BE(offset + 3);
    if (end > bytes.length) break;
    const type = bytes[offset] ?? 0;
    records.push({ type, header: bytes.subarray(offset, offset + 5), body: bytes.subarray(offset + 5, end) });
    offset = end;
  }
  return records;
}

interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** The handshake messages in the bodies of records; what is cut off at the end is none. */
function messagesOf(bodies: readonly Buffer[]): Message[] {
  const bytes = Buffer.concat(bodies);
  const messages: Message[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const end = offset + 4 + bytes.readUIntBE(offset + 1, 3);
    if (end > bytes.length) break;
    messages.push({ type: bytes[offset] ?? 0, body: bytes.subarray(offset + 4, end) });
    offset = end;
  }
  return messages;
}

/** Reads the vectors of TLS (RFC 8446 section 3.4) one after the other. */
class Reader {
  #offset = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws RangeError */
  bytes(length: number): Buffer {
    if (length > this.left) throw new RangeError('a vector is longer than what holds it');
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  number(length: number): number {
    return this.bytes(length).readUIntBE(0, length);
  }

  /** What stands behind its length of so many bytes. */
  vector(lengthBytes: number): Buffer {
    return this.bytes(this.number(lengthBytes));
  }
}
