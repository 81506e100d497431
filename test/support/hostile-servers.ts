// Servers that each do one nasty thing to whoever calls them.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** What others would like to see on a terminal, in a log or in a report. */
export const NASTY = 'x\u001b]0;title\u0007\u001b[31mred\r\n::error::owned\n\u202egpj]]><b>\ufffe\u0000"\'&';

export type Protocol = 'grpc' | 'rest';

export interface HostileServer {
  readonly name: string;
  readonly protocol: Protocol;
  /** On TCP alone, or after a handshake that is right: with a valid client alone. */
  readonly stage: 'tcp' | 'tls';
  /** Another certificate than the set's. */
  readonly tls?: TlsOptions;
  readonly serve: (socket: Socket) => void;
  /** Its clients are told apart rightly, whatever else it sends: it may pass. */
  readonly mayPass?: boolean;
  /** More of the command line. */
  readonly args?: readonly string[];
}

/** Listens on a port of its own; every connection ends with it. */
export async function listen(
  { stage, tls, serve }: Pick<HostileServer, 'stage' | 'tls' | 'serve'>,
  own: TlsOptions,
): Promise<{ port: number; stop: () => void; connections: () => number }> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  let connections = 0;
  const server: Server = stage === 'tcp' ? createServer() : createTlsServer({ ...own, ...tls });
  server.on('connection', (socket: Socket) => {
    connections++;
    keep(socket);
  });
  server.on(stage === 'tcp' ? 'connection' : 'secureConnection', (socket: Socket) => {
    keep(socket);
    serve(socket);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Writes as fast as the other side reads, until it goes. */
function endlessly(socket: Socket, next: () => Buffer | string): void {
  const go = () => {
    while (!socket.destroyed && socket.write(next()));
  };
  socket.on('drain', go);
  go();
}

function slowly(socket: Socket, bytes: Buffer): void {
  let place = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(bytes.subarray(place % bytes.length, (place++ % bytes.length) + 1));
  }, 50);
  timer.unref();
  socket.on('close', () => clearInterval(timer));
}

const onRequest = (answer: (socket: Socket) => void) => (socket: Socket) => {
  socket.once('data', () => answer(socket));
  socket.on('data', () => undefined);
};

function record(type: number, content: Buffer, length = content.length): Buffer {
  const head = Buffer.from([type, 3, 3, 0, 0]);
  head.writeUInt16BE(length, 3);
  return Buffer.concat([head, content]);
}

const BLOCK = Buffer.alloc(16_000, 0x41);

/** What is wrong before there is any TLS. */
const BEFORE_TLS: Record<string, (socket: Socket) => void> = {
  'closes at once': (socket) => void socket.end(),
  'resets at once': (socket) => void socket.resetAndDestroy(),
  'says nothing': () => undefined,
  'closes after the greeting': onRequest((socket) => void socket.end()),
  'resets after the greeting': onRequest((socket) => void socket.resetAndDestroy()),
  'sends zeros without end': (socket) => endlessly(socket, () => Buffer.alloc(16_000)),
  'sends text without end': (socket) => endlessly(socket, () => BLOCK),
  'drips a record': (socket) => slowly(socket, record(22, BLOCK)),
  'announces a record too long': (socket) => {
    socket.write(record(22, BLOCK, 0xffff));
    endlessly(socket, () => BLOCK);
  },
  'sends a handshake message without end': onRequest((socket) => {
    socket.write(record(22, Buffer.from([2, 0xff, 0xff, 0xff])));
    endlessly(socket, () => record(22, BLOCK));
  }),
  'sends alerts without end': onRequest((socket) =>
    endlessly(socket, () => record(21, Buffer.from([1, 90]))),
  ),
  'sends an alert of no number': onRequest((socket) => void socket.write(record(21, Buffer.from([2, 255])))),
  'changes ciphers without end': onRequest((socket) => endlessly(socket, () => record(20, Buffer.from([1])))),
  'sends empty records without end': onRequest((socket) =>
    endlessly(socket, () => record(22, Buffer.alloc(0))),
  ),
  'sends half a greeting': onRequest(
    (socket) => void socket.write(record(22, Buffer.from([2, 0, 0, 70, 3, 3]), 74)),
  ),
  'answers in plain HTTP': onRequest(
    (socket) => void socket.end(`HTTP/1.1 400 ${NASTY}\r\n\r\n<center>${NASTY}</center>`),
  ),
  'is another protocol': (socket) => void socket.write(`SSH-2.0-${NASTY}\r\n`),
};

const http = (head: string, body = '') => `HTTP/1.1 ${head}\r\n\r\n${body}`;

/** What is wrong with an answer of HTTP/1.1. */
const REST: Record<string, ((socket: Socket) => void) | string | Buffer> = {
  'has a header of 1 MB': http(`200 OK\r\nx: ${'a'.repeat(1_000_000)}`),
  'has a status line without end': (socket) => {
    socket.write('HTTP/1.1 200 ');
    endlessly(socket, () => BLOCK);
  },
  'has headers without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    endlessly(socket, () => 'x: y\r\n'.repeat(500));
  },
  'has fifty thousand headers': http(`200 OK\r\n${'x: y\r\n'.repeat(50_000)}z: z`),
  'has control characters in a header': http(`200 OK\r\nx: ${NASTY}`),
  'has control characters in its status': http(`200 ${NASTY}`),
  'has a status of 999': http(`999 ${'\u001b[31m'}\r\ncontent-length: 0`),
  'has a status of five digits': http('20000 OK'),
  'has a status below zero': http('-1 OK'),
  'has a length below zero': http('200 OK\r\ncontent-length: -5', 'x'),
  'has a length beyond all numbers': http('200 OK\r\ncontent-length: 99999999999999999999999', 'x'),
  'has two lengths': http('200 OK\r\ncontent-length: 5\r\ncontent-length: 6', 'hello!'),
  'has a length and chunks': http(
    '200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked',
    '1\r\na\r\n0\r\n\r\n',
  ),
  'ends before its length': http('200 OK\r\ncontent-length: 500', 'short'),
  'has a chunk of no length': http('200 OK\r\ntransfer-encoding: chunked', 'zzzz\r\n'),
  'has a chunk of a terabyte': http('200 OK\r\ntransfer-encoding: chunked', 'fffffffffff\r\nabc'),
  'has chunks without end': (socket) => {
    socket.write(http('200 OK\r\ntransfer-encoding: chunked'));
    endlessly(socket, () => `1000\r\n${'b'.repeat(4096)}\r\n`);
  },
  'has a chunk extension without end': (socket) => {
    socket.write(http('200 OK\r\ntransfer-encoding: chunked', '1;'));
    endlessly(socket, () => BLOCK);
  },
  'has trailers without end': (socket) => {
    socket.write(http('200 OK\r\ntransfer-encoding: chunked', '0\r\n'));
    endlessly(socket, () => 'x: y\r\n'.repeat(500));
  },
  'has a body without end': (socket) => {
    socket.write(http('500 no'));
    endlessly(socket, () => BLOCK);
  },
  'says 100 without end': (socket) => endlessly(socket, () => http('100 Continue').repeat(100)),
  'says 103 without end': (socket) => endlessly(socket, () => http('103 Early\r\nx: y').repeat(100)),
  'switches protocols': http('101 Switching\r\nupgrade: x\r\nconnection: upgrade', NASTY),
  'compresses a bomb': Buffer.concat([
    Buffer.from(http('500 no\r\ncontent-encoding: gzip')),
    gzipSync(Buffer.alloc(200_000_000)),
  ]),
  'gives a nasty reason': http('400 no', `<center>${NASTY}</center>`),
  'gives a reason for a log': http('403 no', '<center>\u009b31m\n::error::owned</center>'),
  'drips its head': (socket) => slowly(socket, Buffer.from('HTTP/1.1 200 OK\r\nx: y\r\n')),
  'drips its body': (socket) => {
    socket.write(http('503 no'));
    slowly(socket, BLOCK);
  },
  'closes in its head': 'HTTP/1.1 200 OK\r\nx:',
  'is older than HTTP/1.0': '<html>hello</html>',
  'says nothing': () => undefined,
  'closes without an answer': '',
  'breaks off after the request': (socket) => void socket.destroy(),
  'answers many times': http('200 OK\r\ncontent-length: 1', 'a').repeat(5000),
  'answers in HTTP/2': Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
};

/** Bodies that are no description of a model. */
const REST_MODELS: Record<string, string> = {
  'a deep list': `${'['.repeat(400_000)}`,
  'nested objects': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'a prototype': '{"__proto__":{"inputs":[]},"constructor":1,"inputs":{"length":1e9}}',
  'inputs of a huge shape': '{"inputs":[{"name":"x","datatype":"FP64","shape":[999999,999999,999999]}]}',
  'inputs of nasty names': JSON.stringify({
    name: NASTY,
    inputs: [{ name: NASTY, datatype: NASTY, shape: [1] }],
    outputs: [{ name: NASTY }],
  }),
  'many inputs': `{"inputs":[${'{"name":"x","datatype":"FP32","shape":[1]},'.repeat(20_000)}{}]}`,
  'no JSON': NASTY,
};

/** A frame of HTTP/2 (RFC 9113 section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer | string = '', length?: number) {
  const content = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? content.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** Header fields as HPACK literals that are not indexed (RFC 7541 section 6.2.2). */
function hpack(fields: Record<string, string>): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    const lengths: number[] = [];
    if (bytes.length < 127) lengths.push(bytes.length);
    else {
      lengths.push(127);
      let rest = bytes.length - 127;
      for (; rest >= 128; rest = Math.floor(rest / 128)) lengths.push((rest % 128) | 128);
      lengths.push(rest);
    }
    return Buffer.concat([Buffer.from(lengths), bytes]);
  };
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  );
}

const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] = [
  ...Array(10).keys(),
] as [number, number, number, number, number, number, number, number, number, number];
const [END_STREAM, END_HEADERS] = [1, 4];
const START = frame(SETTINGS, 0, 0);
const head = (more: Record<string, string> = {}, flags = END_HEADERS) =>
  frame(HEADERS, flags, 1, hpack({ ':status': '200', 'content-type': 'application/grpc', ...more }));
const trailers = (fields: Record<string, string>) =>
  frame(HEADERS, END_HEADERS | END_STREAM, 1, hpack(fields));
const message = (content: Buffer | string, { compressed = 0, length = content.length } = {}) => {
  const prefix = Buffer.from([compressed, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return frame(DATA, 0, 1, Buffer.concat([prefix, Buffer.from(content)]));
};
const OK = trailers({ 'grpc-status': '0' });
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const flood = (...frames: Buffer[]) => {
  const block = Buffer.concat(Array.from({ length: 200 }, () => Buffer.concat(frames)));
  return (socket: Socket) => {
    socket.write(START);
    endlessly(socket, () => block);
  };
};
const answer = (...frames: Buffer[]) => Buffer.concat([START, ...frames]);

/** What is wrong with an answer of gRPC over HTTP/2. */
const GRPC: Record<string, ((socket: Socket) => void) | Buffer> = {
  'sends SETTINGS without end': flood(frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 3]), number(1)]))),
  'sends PING without end': flood(frame(PING, 0, 0, Buffer.alloc(8))),
  'acknowledges without end': flood(frame(SETTINGS, 1, 0)),
  'sends PRIORITY without end': flood(frame(PRIORITY, 0, 3, Buffer.alloc(5))),
  'sends WINDOW_UPDATE without end': flood(frame(WINDOW, 0, 1, number(1))),
  'overflows the window': answer(
    frame(WINDOW, 0, 0, number(0x7fffffff)),
    frame(WINDOW, 0, 0, number(0x7fffffff)),
  ),
  'sends RST_STREAM without end': flood(frame(RST, 0, 1, number(8)), frame(RST, 0, 3, number(8))),
  'sends GOAWAY without end': flood(frame(GOAWAY, 0, 0, Buffer.concat([number(0), number(0)]))),
  'sends unknown frames without end': flood(frame(0x4d, 0xff, 1, BLOCK.subarray(0, 100))),
  'sends empty DATA without end': (socket) => {
    socket.write(answer(head()));
    endlessly(socket, () => Buffer.concat(Array.from({ length: 200 }, () => frame(DATA, 0, 1))));
  },
  'continues its headers without end': (socket) => {
    socket.write(answer(frame(HEADERS, 0, 1, hpack({ ':status': '200' }))));
    endlessly(socket, () => frame(CONTINUATION, 0, 1, hpack({ x: 'y'.repeat(4000) })));
  },
  'continues empty headers without end': (socket) => {
    socket.write(answer(frame(HEADERS, 0, 1)));
    endlessly(socket, () => frame(CONTINUATION, 0, 1));
  },
  'sends DATA without end': (socket) => {
    socket.write(answer(head()));
    endlessly(socket, () => frame(DATA, 0, 1, BLOCK));
  },
  'sends headers again and again': (socket) => {
    socket.write(START);
    endlessly(socket, () => head({ ':status': '103' }));
  },
  'resets the call': answer(frame(RST, 0, 1, number(7))),
  'resets the call by an unknown code': answer(frame(RST, 0, 1, number(0xdeadbeef))),
  'goes away with words': answer(
    frame(GOAWAY, 0, 0, Buffer.concat([number(0), number(11), Buffer.from(NASTY)])),
  ),
  promises: answer(
    frame(PUSH, END_HEADERS, 1, Buffer.concat([number(2), hpack({ ':method': 'GET', ':path': '/' })])),
  ),
  'has a frame of 16 MB': answer(frame(DATA, 0, 1, BLOCK, 0xffffff)),
  'has DATA before its headers': answer(message('x'), OK),
  'answers another call': answer(frame(HEADERS, END_HEADERS | END_STREAM, 7, hpack({ ':status': '200' }))),
  'answers on no stream': answer(frame(HEADERS, END_HEADERS, 0, hpack({ ':status': '200' }))),
  'has headers that are none': answer(
    frame(HEADERS, END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  ),
  'repeats an indexed header': answer(
    frame(
      HEADERS,
      END_HEADERS,
      1,
      Buffer.concat([
        hpack({ ':status': '200' }),
        Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]),
        Buffer.alloc(4000, 0x79),
        Buffer.alloc(11_000, 0xbe),
      ]),
    ),
  ),
  'has settings that are none': answer(frame(SETTINGS, 0, 0, 'odd')),
  'has a frame size of nothing': answer(
    frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 5]), number(0)])),
  ),
  'has a window too large': answer(
    frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), number(0xffffffff)])),
  ),
  'has five hundred headers': answer(
    head(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 'y']))),
    OK,
  ),
  'has a long header': answer(head({ x: 'y'.repeat(15_000) }), OK),
  'announces 4 GB': answer(head(), message('x', { length: 0xffffffff }), OK),
  'announces less than it sends': answer(head(), message('x'.repeat(1000), { length: 1 }), OK),
  'compresses a bomb': answer(
    head({ 'grpc-encoding': 'gzip' }),
    message(gzipSync(Buffer.alloc(10_000_000)).subarray(0, 12_000), { compressed: 1 }),
    OK,
  ),
  'ends in control characters': answer(head(), trailers({ 'grpc-status': '0', 'grpc-message': NASTY })),
  'ends in encoded control characters': answer(
    head(),
    trailers({ 'grpc-status': '13', 'grpc-message': encodeURIComponent(NASTY) }),
  ),
  'ends in half an encoding': answer(head(), trailers({ 'grpc-status': '13', 'grpc-message': '%1b%ff%' })),
  'has a status of no number': answer(head(), trailers({ 'grpc-status': '\u009b31m::error::x' })),
  'has a status beyond all': answer(head(), trailers({ 'grpc-status': '9'.repeat(10_000) })),
  'has a status below zero': answer(head(), trailers({ 'grpc-status': '-1' })),
  'has no status': answer(head(), frame(DATA, END_STREAM, 1, '')),
  'has headers in capitals': answer(head({ 'Grpc-Status': '0' }), OK),
  'has an HTTP status of no number': answer(head({ ':status': 'abc' }), OK),
  'is a page': answer(head({ 'content-type': 'text/html' }), frame(DATA, END_STREAM, 1, NASTY)),
  'never ends': answer(head(), message('x')),
  'answers in HTTP/1.1': Buffer.from(http(`400 ${NASTY}`, NASTY)),
  'says nothing': () => undefined,
  'closes after its settings': (socket) => void socket.end(START),
  'closes in a frame': (socket) => void socket.end(answer(head().subarray(0, 12))),
  'closes after its headers': (socket) => void socket.end(answer(head())),
  'breaks off after the request': (socket) => void socket.destroy(),
  drips: (socket) => slowly(socket, answer(head(), message('x'), OK)),
};

const field = (id: number, content: Buffer) =>
  Buffer.concat([Buffer.from([(id << 3) | 2]), lengthOf(content.length), content]);

function lengthOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function nested(depth: number): Buffer {
  let content = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) content = field(4, content);
  return content;
}

/** Messages that are no description of a model. */
const GRPC_MODELS: Record<string, Buffer> = {
  'nested messages': nested(3000),
  'numbers without an end': Buffer.alloc(15_000, 0xff),
  'many empty inputs': Buffer.concat(Array.from({ length: 7000 }, () => field(4, Buffer.alloc(0)))),
  'a huge shape': field(
    4,
    Buffer.concat([
      field(1, Buffer.from('x')),
      field(2, Buffer.from('FP64')),
      field(3, Buffer.alloc(0).fill(0)),
      field(3, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f])),
    ]),
  ),
  'a cut message': Buffer.from([0x22, 0x7f, 1]),
  'wrong wire types': Buffer.from([0x20, 1, 0x23, 0x24, 0x0e, 0x0f]),
  'nasty names': Buffer.concat([
    field(1, Buffer.from(NASTY)),
    field(
      4,
      Buffer.concat([field(1, Buffer.from(NASTY)), field(2, Buffer.from(NASTY)), field(3, Buffer.from([1]))]),
    ),
  ]),
};

/** All of them. @param elsewhere an address that nothing may be sent to */
export function hostileServers(elsewhere: string): HostileServer[] {
  const both: readonly Protocol[] = ['grpc', 'rest'];
  const inTls = (protocol: Protocol, servers: Record<string, ((socket: Socket) => void) | string | Buffer>) =>
    Object.entries(servers).map(
      ([name, does]): HostileServer => ({
        name,
        protocol,
        stage: 'tls',
        mayPass: true,
        serve: onRequest(typeof does === 'function' ? does : (socket) => finish(socket, protocol, does)),
      }),
    );
  const models = [
    ...inTls(
      'rest',
      mapped(REST_MODELS, (body) => http('200 OK', body)),
    ),
    ...inTls(
      'grpc',
      mapped(GRPC_MODELS, (content) => answer(head(), message(content), OK)),
    ),
  ].map((server) => ({ ...server, name: `describes its model as ${server.name}`, args: ['--model', 'm'] }));
  const random = fc
    .sample(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { seed: 20_261_129, numRuns: 24 })
    .map((bytes, index): HostileServer => {
      const protocol = both[index % 2] ?? 'grpc';
      const stage = index % 4 < 2 ? 'tcp' : 'tls';
      const begin = stage === 'tls' && protocol === 'grpc' && index % 8 < 4 ? START : Buffer.alloc(0);
      const serve = onRequest((socket) => void socket.end(Buffer.concat([begin, bytes])));
      return {
        name: `sends random bytes ${index} (${stage})`,
        protocol,
        stage,
        mayPass: stage === 'tls',
        serve,
      };
    });
  const location = (status: number, target: string) => http(`${status} Go\r\nlocation: ${target}`);
  return [
    ...both.flatMap((protocol) =>
      Object.entries(BEFORE_TLS).map(
        ([name, serve]): HostileServer => ({ name, protocol, stage: 'tcp', serve }),
      ),
    ),
    ...inTls('rest', REST),
    ...inTls('rest', {
      'leads elsewhere for good': location(301, elsewhere),
      'leads elsewhere': location(307, elsewhere),
      'leads elsewhere by a nasty address': location(302, `${elsewhere}/${NASTY.replaceAll(/[\r\n]/g, '')}`),
      'leads elsewhere by its page': http(
        `200 OK\r\nrefresh: 0; url=${elsewhere}\r\nlink: <${elsewhere}>; rel=preload`,
        `<meta http-equiv="refresh" content="0; url=${elsewhere}">`,
      ),
      'names another service': http(`200 OK\r\nalt-svc: h2="${elsewhere.replace('https://', '')}"`),
    }),
    ...inTls('grpc', GRPC),
    ...models,
    ...random,
  ];
}

/** HTTP/1.1 without a length ends with its connection; HTTP/2 says itself that it ends. */
function finish(socket: Socket, protocol: Protocol, bytes: string | Buffer): void {
  const content = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  if (protocol === 'rest') socket.end(content);
  else socket.write(content);
}

function mapped<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
