// What a peer may send where a protocol's answer is expected: any bytes, floods and lengths that lie.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { readDocument } from '../../src/verify/protocols/calls/bson.js';
import { PROTOCOLS, parseEndpoint } from '../../src/verify/protocols/index.js';
import type { Endpoint, Protocol } from '../../src/verify/protocols/protocol.js';

/** Those that are read by hand. */
const OWN = PROTOCOLS.filter(({ name }) => !['grpc', 'rest', 'tls'].includes(name));
const names = OWN.map(({ name }) => name);
const find = (name: string) => OWN.find((protocol) => protocol.name === name) as Protocol;

let server: Server;
let port: number;
/** What the server does with a connection. */
let serve: (socket: Socket) => void;
let context: ReturnType<typeof createSecureContext>;
const sockets = new Set<Socket>();

beforeAll(async () => {
  const set = await createCertificateSet({ key: 'ec-p256' });
  context = createSecureContext(set.client('client').tlsOptions());
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function endpointOf(protocol: Protocol): Endpoint {
  const { host: _host, ...endpoint } = parseEndpoint(protocol.example);
  return { ...endpoint, host: '127.0.0.1', port };
}

const ask = (protocol: Protocol, secure: boolean, timeoutMs = 5000) =>
  protocol.call(endpointOf(protocol), {
    ...{ context: secure ? context : undefined, request: '', timeoutMs, client: 'client' },
  });

/** A first byte that the protocol's answers have, and what follows it. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  postgres: 'R\0\0\0',
  mysql: '\x2c\0\0\0\x0a',
  mongodb: '\x30\0\0\0\x01\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0\0',
  redis: '+',
  kafka: '\0\0\0\x20\x67\x63\x72\x74',
  amqp: '\x01\0\0\0\0\0',
  mqtt: '\x20\x02\0',
  nats: 'INFO {}\r\n',
  ldap: '\x30',
  ldaps: '\x30\x0c\x02\x01\x01\x65',
  smtp: '220 a\r\n250-',
  smtps: '220',
};

describe.each(names)('%s', (name) => {
  const protocol = find(name);

  test('tells no nonsense of any bytes, and ends', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), fc.boolean(), async (random, begun, secure) => {
        serve = (socket) => {
          const beginning = begun ? (BEGINNINGS[name] ?? '') : '';
          socket.resume().end(Buffer.concat([Buffer.from(beginning, 'latin1'), random]));
        };
        const { outcome } = await ask(protocol, secure);
        expect(['wrong-server', 'refused', 'let-in', 'version']).toContain(outcome.kind);
        if (secure) expect(outcome).not.toMatchObject({ kind: 'let-in', working: true });
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['of its own beginning', BEGINNINGS[name] ?? ''],
    ['of zeros', '\0'.repeat(1000)],
    ['of bytes of 255', '\xff'.repeat(1000)],
    ['without a line', 'a'.repeat(1000)],
  ])('ends in a flood %s', async (_what, repeated) => {
    let sent = 0;
    serve = (socket) => {
      const block = Buffer.from(repeated.repeat(Math.ceil(16384 / repeated.length)), 'latin1');
      const flood = () => {
        while (!socket.destroyed && socket.write(block)) sent += block.length;
      };
      socket.resume().on('drain', flood);
      flood();
    };
    const { outcome } = await ask(protocol, false, 1000);
    expect(outcome).toBeDefined();
    // What is in the buffers of the system was never read.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });
});

/** Messages that go on and on, each of them valid. */
test.each([
  ['postgres', 'N\0\0\0\x05\0'],
  ['nats', '+OK\r\n'],
  ['smtp', '250-a\r\n'],
  ['ldaps', '\x30\x07\x02\x01\x01\x64\x02\x04\0'],
  ['mysql', '\x02\0\0\x01\x01\x03'],
  ['amqp', '\x01\0\0\0\0\0\x0d\0\x0a\0\x0a\0\x09\0\0\0\0\0\0\0\0\xce'],
])('%s ends where valid messages never do', async (name, message) => {
  serve = (socket) => {
    const block = Buffer.from(message.repeat(1000), 'latin1');
    const flood = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.resume().on('drain', flood);
    flood();
  };
  const { outcome } = await ask(find(name), false, 30_000);
  expect(outcome.kind).not.toBe('no-answer');
});

/** What a man in the middle may put before TLS, for this side to take it for the server's word. */
test.each([
  ['postgres', 'S', 'R\0\0\0\x08\0\0\0\0'],
  ['nats', 'INFO {"tls_required":true}\r\n', 'PONG\r\n'],
])('%s takes nothing that comes too early', async (name, begin, early) => {
  serve = (socket) => void socket.resume().write(Buffer.from(begin + early, 'latin1'));
  const { outcome } = await ask(find(name), true);
  expect(outcome).toMatchObject({ kind: 'wrong-server', cause: { kind: 'other-answer' } });
});

test('a document of BSON is read, or is none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const body = Buffer.from(bytes);
      if (body.length >= 5) body.writeInt32LE(body.length);
      if (body.length >= 5) body[body.length - 1] = 0;
      const read = readDocument(body);
      expect(read === undefined || read instanceof Map).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
