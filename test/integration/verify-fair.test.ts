// Servers that are right and easily called wrong, and those of which nothing can be told.
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type CertificateSet,
  createCertificateSet,
  type VerifyEndpointOptions,
  type VerifyReport,
  verifyEndpoint,
} from '../../src/index.js';

let set: CertificateSet;

beforeAll(async () => {
  set = await createCertificateSet({ clients: ['alice'], key: 'ec-p256', layouts: ['grpc'] });
});

const required = () => set.server.tlsOptions({ clientAuth: 'require' });
/** For an application that looks at the certificate itself. */
const optional = () => ({ ...required(), rejectUnauthorized: false });
// Node calls a session of TLS 1.3 authorized that was opened without a certificate, where it is resumed.
const isKnown = (socket: unknown) => {
  const { authorized, getPeerX509Certificate } = socket as TLSSocket;
  return authorized && getPeerX509Certificate.call(socket) !== undefined;
};

async function prove(
  server: unknown,
  { host = '127.0.0.1', ...options }: { host?: string } & Omit<VerifyEndpointOptions, 'set' | 'url'> = {},
): Promise<VerifyReport> {
  const listener = server as Server;
  const sockets = new Set<Socket>();
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  listener.on('tlsClientError', () => undefined);
  listener.listen(0, host);
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const { port } = listener.address() as AddressInfo;
  return verifyEndpoint({
    set,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...options,
  });
}

const rowsOf = ({ rows }: VerifyReport, name: string) => {
  const found = rows.filter((row) => row.name === name);
  expect(found, name).not.toEqual([]);
  return found;
};

function expectRight(report: VerifyReport): void {
  const bad = report.rows.filter(
    ({ verdict, severity }) => verdict === 'wrong' || (verdict === 'inconclusive' && severity === 'must'),
  );
  expect(bad).toEqual([]);
  expect(report.result).toBe('right');
  expect(rowsOf(report, 'no certificate').map(({ tls }) => tls)).toEqual(['TLSv1.3', 'TLSv1.2']);
}

const random = () => Math.random().toString(36);

describe('right is a server that', () => {
  test('says something else each time, in HTTP/1.0', async () => {
    const server = createTlsServer(required(), (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(`HTTP/1.0 200 OK\r\nSet-Cookie: session=${random()}\r\n\r\n${new Date()} ${random()}`),
      );
    });
    expectRight(await prove(server));
  });

  test('asks for a password beside the certificate', async () => {
    const server = createHttpsServer(required(), (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="models"' }).end('log in');
    });
    const report = await prove(server);
    expectRight(report);
    expect(report.notes?.map(({ text }) => text)).toContain(
      'the valid client gets HTTP 401: it asks for a password or a token too; --path names what needs none',
    );
  });

  test('redirects everyone, with another state each time', async () => {
    const server = createHttpsServer(required(), (_request, response) => {
      response.writeHead(302, { location: `/login?state=${random()}` }).end();
    });
    expectRight(await prove(server));
  });

  test('is busy now and then', async () => {
    let count = 0;
    const server = createHttpsServer(optional(), ({ socket }, response) => {
      if (++count > 2 && count % 3 === 0) response.writeHead(429).end();
      else response.writeHead(isKnown(socket) ? 200 : 401).end('{}');
    });
    expectRight(await prove(server));
  });

  test('takes one connection at a time', async () => {
    const server = createHttpsServer(required(), (_request, response) => response.end('alive'));
    server.maxConnections = 1;
    expectRight(await prove(server));
  });

  test('has a certificate for its own name alone, on IPv6 alone', async () => {
    const context = createSecureContext(required());
    const { key: _key, cert: _cert, ...rest } = required();
    const server = createHttpsServer(
      {
        ...rest,
        SNICallback: (name, done) =>
          name === 'localhost' ? done(null, context) : done(new Error('unknown name')),
      },
      (_request, response) => response.end('alive'),
    );
    const report = await prove(server, { host: '::1', serverName: 'localhost' });
    expectRight(report);
    expect(rowsOf(report, 'no certificate, no server name')[0]?.verdict).toBe('right');
  });
});

describe('nothing can be told of a server that', () => {
  test('has a page of status 200 that asks for a login', async () => {
    const server = createHttpsServer(optional(), ({ socket }, response) =>
      response.end(isKnown(socket) ? 'the model server is alive' : 'please sign in to go on'),
    );
    const report = await prove(server);
    expect(report.result).toBe('wrong');
    for (const row of rowsOf(report, 'no certificate'))
      expect(row).toMatchObject({ kind: 'another-answer', verdict: 'inconclusive', severity: 'must' });
  });

  test('answers the valid client and then nothing: it is given up', async () => {
    let requests = 0;
    const server = createHttpsServer(optional(), (_request, response) => {
      if (++requests <= 2) response.end('alive');
    });
    const report = await prove(server, { timeoutMs: 1000 });
    expect(report.result).toBe('wrong');
    // Two that are answered, sixteen that are not, and those under way beside the last of these.
    expect(requests).toBeLessThan(2 + 16 + 2 * 8);
    const untried = report.rows.filter(({ kind }) => kind === 'not-tried');
    expect(untried.length).toBeGreaterThan(5);
    expect(untried[0]?.note).toMatch(/^16 attempts got no answer; /);
  });
});

test('where anybody gets in, no way around is tried: what it would say is not so', async () => {
  const server = createHttpsServer(optional(), (_request, response) => response.end('alive'));
  const report = await prove(server);
  expect(rowsOf(report, 'no certificate')[0]).toMatchObject({ kind: 'let-in', verdict: 'wrong' });
  expect(report.rows.filter(({ name }) => /^no certificate, (?:no )?server name/.test(name))).toEqual([]);
});

describe('what is asked for', () => {
  const url = 'https://localhost:1';
  test.each([
    ['a method, with no endpoint that has methods', { url, method: 'a/b' }, "'method' was given"],
    ['a path, with no endpoint that has paths', { grpc: 'localhost:1', path: '/' }, "'path' was given"],
    ['a model, with no model server', { url: 'redis://localhost:1', model: 'm' }, "'model' was given"],
    ['no model', { url, model: '' }, 'is not a model'],
    ['a client that is to be both', { url, client: 'alice', refused: 'alice' }, 'both let in and refused'],
  ] as const)('%s, is refused', async (_title, options, message) => {
    await expect(verifyEndpoint({ set, ...options })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
