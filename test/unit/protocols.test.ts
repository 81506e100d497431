// The table of endpoint protocols, and how a connection begins that says something before TLS.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { PROTOCOLS, parseEndpoint, parseEndpoints, SCHEMES } from '../../src/verify/protocols/index.js';
import { openSocket, speaks } from '../../src/verify/wire/connection.js';

test.each(PROTOCOLS)('the example of $name is one of its endpoints', ({ example, name }) => {
  expect(parseEndpoint(example).protocol.name).toBe(name);
});

test('no two protocols share a name, a scheme or an option', () => {
  const options = PROTOCOLS.flatMap(({ name, requests }) => [
    name,
    ...(requests?.options ?? []).map((option) => option.name),
  ]);
  for (const names of [SCHEMES, options]) expect(new Set(names).size).toBe(names.length);
});

describe('an endpoint', () => {
  test.each([
    ['grpc://localhost:9178', 'grpc', 'localhost', 9178, ''],
    ['grpcs://[::1]:9178/', 'grpc', '::1', 9178, ''],
    ['https://api.test', 'rest', 'api.test', 443, ''],
    ['HTTPS://[::1]:8443/base/', 'rest', '::1', 8443, '/base'],
    ['postgres://localhost', 'postgres', 'localhost', 5432, ''],
    ['mysql://[::1]', 'mysql', '::1', 3306, ''],
    ['redis://bücher.test:443', 'redis', 'xn--bcher-kva.test', 443, ''],
    ['nats://LOCALHOST/', 'nats', 'localhost', 4222, ''],
    ['mongodb://localhost/?authMechanism=MONGODB-X509', 'mongodb', 'localhost', 27017, ''],
    ['tls://localhost:8443', 'tls', 'localhost', 8443, ''],
  ])('%s', (typed, protocol, host, port, basePath) => {
    const endpoint = parseEndpoint(typed);
    expect(endpoint).toMatchObject({ address: typed, host, port, basePath });
    expect(endpoint.protocol.name).toBe(protocol);
  });

  test.each([
    ['gopher://localhost:70', 'has an unknown scheme', `known: ${SCHEMES.join(', ')}`],
    ['localhost:9178', 'is not a URL', 'grpc://localhost:9178'],
    ['grpc://localhost', 'has no port', 'host:port'],
    ['grpc://localhost:9178/path', 'has no port', 'host:port'],
    ['grpc://user@localhost:9178', 'is not host:port', 'host:port'],
    ['https://user@localhost', 'holds a user name', 'https://'],
    [7, 'is not text', 'grpc://localhost:9178'],
    ['tls://localhost', 'has no port', 'tls://localhost:8443'],
    ['redis://localhost:0', 'has no valid port', 'redis://'],
    ['redis://user@localhost', 'holds a user name', 'redis://'],
    ['redis://localhost/0', 'holds a path', 'redis://'],
    ['postgres://a%00b@localhost', 'has no valid user name', 'postgres://'],
    ['postgres://localhost/a/b', 'has no valid database', 'postgres://'],
    ['postgres://localhost?sslmode=require', 'holds a query', 'postgres://'],
    ['postgres://%zz', 'has no valid host', 'postgres://'],
    ['postgres://a%2fb', 'has no valid host', 'postgres://'],
    ['postgres://a b', 'is not a URL', 'postgres://'],
    ['mongodb://localhost/?authMechanism=PLAIN', 'holds a query', 'MONGODB-X509'],
  ])('is not %s', (typed, message, hint) => {
    expect(() => parseEndpoint(typed)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENDPOINT_INVALID',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test('may name a user and a database', () => {
    const endpoint = parseEndpoint('postgres://a%40b@db.test/orders%20of%20may');
    expect(endpoint).toMatchObject({ user: 'a@b', database: 'orders of may' });
  });

  test.each([
    'postgres://alice:s3cret@localhost/app',
    'redis://:s3cret@localhost',
    'gopher://a:s3cret@localhost',
    'postgres://a:s3cret@localhost:99999',
    'postgres://a:x/s3cret@localhost',
  ])('with a password is refused, and the password not repeated: %s', (typed) => {
    expect(() => parseEndpoint(typed)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENDPOINT_INVALID',
        message: expect.not.stringContaining('s3cret'),
        hint: expect.not.stringContaining('s3cret'),
      }),
    );
  });

  test('is a URL or of a short form, and all of them are read', () => {
    const read = parseEndpoints({
      rest: 'https://a.test',
      grpc: ['b.test:1', 'c.test:2'],
      url: ['grpc://d.test:3'],
    });
    expect(read.map(({ protocol, host }) => `${protocol.name} ${host}`)).toEqual([
      'grpc b.test',
      'grpc c.test',
      'rest a.test',
      'grpc d.test',
    ]);
  });
});

describe('a connection whose protocol speaks before TLS', () => {
  async function start() {
    const set = await createCertificateSet({ key: 'ec-p256' });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        if (first.toString() !== 'begin\n') return socket.end('no\n');
        socket.write('yes\n');
        const tls = new TLSSocket(socket, { isServer: true, ...set.server.tlsOptions() });
        tls.on('error', () => undefined);
        tls.write('hello');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const context = createSecureContext(set.client('client').tlsOptions());
    const target = (word: string) => ({
      host: 'localhost',
      port,
      protocol: {
        alpn: [],
        begin: async (socket: Socket) => {
          socket.write(word);
          const [answer] = await once(socket, 'data');
          if (String(answer) !== 'yes\n') throw new Error('it does not begin TLS');
        },
      },
    });
    return { target, context };
  }

  test('begins TLS after it, and checks the server', async () => {
    const { target, context } = await start();
    const said = await new Promise<string>((resolve, reject) => {
      const opening = openSocket(target('begin\n'), context, {
        onReady: (socket) =>
          socket.once('data', (data) => {
            resolve(String(data));
            opening.destroy();
          }),
        onError: reject,
        onClose: () => reject(new Error('closed')),
      });
    });
    expect(said).toBe('hello');
    expect(await speaks(target('begin\n'), context, 5000)).toBe(true);
  });

  test('fails where that is refused', async () => {
    const { target, context } = await start();
    const failed = await new Promise<Error>((resolve) => {
      const opening = openSocket(target('other\n'), context, {
        onReady: () => resolve(new Error('ready')),
        onError: (error) => {
          resolve(error);
          opening.destroy();
        },
        onClose: () => resolve(new Error('closed')),
      });
    });
    expect(failed.message).toBe('it does not begin TLS');
  });
});
