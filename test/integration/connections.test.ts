// What tlsOptions() and grpcArguments() give, in everything that they are documented for: the valid
// client gets its answer, the one of another CA does not.

import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import grpc from '@grpc/grpc-js';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CertificateSet, type ClientCredential, createCertificateSet } from '../../src/index.js';
import servers from '../samples/servers.cjs';

let set: CertificateSet;
const stops: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  set = await createCertificateSet({
    key: 'ec-p256',
    clients: ['alice'],
    untrusted: ['unknown-ca', 'weak-key'],
  });
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

async function listen(server: tls.Server | http2.Http2SecureServer | https.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const WAYS: Record<string, (required: boolean) => Promise<(client: ClientCredential) => Promise<string>>> = {
  tls: async (required) => {
    const port = await listen(
      tls.createServer(set.server.tlsOptions({ clientAuth: required ? 'require' : 'none' }), (socket) => {
        socket.on('error', () => undefined).end('hello');
      }),
    );
    return (client) =>
      new Promise((resolve, reject) => {
        let text = '';
        const socket = tls.connect({ ...client.tlsOptions(), port, host: 'localhost' });
        socket.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        socket
          .on('error', reject)
          .on('end', () => (text === '' ? reject(new Error('no answer')) : resolve(text)));
      });
  },
  https: async (required) => {
    const options = set.server.tlsOptions({ clientAuth: required ? 'require' : 'none' });
    const port = await listen(https.createServer(options, (_, response) => response.end('hello')));
    return (client) =>
      servers.callHttps(https, `https://localhost:${port}`, client.tlsOptions()) as Promise<string>;
  },
  http2: async (required) => {
    const server = http2.createSecureServer(
      set.server.tlsOptions({ clientAuth: required ? 'require' : 'none' }),
    );
    server.on('stream', (stream) => stream.end('hello'));
    const port = await listen(server);
    return (client) =>
      new Promise((resolve, reject) => {
        const session = http2.connect(`https://localhost:${port}`, client.tlsOptions());
        session.on('error', reject);
        const stream = session.request({ ':path': '/' });
        let text = '';
        stream.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        stream.on('error', reject).on('end', () => {
          session.close();
          if (text === '') reject(new Error('no answer'));
          else resolve(text);
        });
      });
  },
  undici: async (required) => {
    const options = set.server.tlsOptions({ clientAuth: required ? 'require' : 'none' });
    const port = await listen(https.createServer(options, (_, response) => response.end('hello')));
    return async (client) => {
      const dispatcher = new Agent({ connect: client.tlsOptions() });
      try {
        return await (await undiciFetch(`https://localhost:${port}`, { dispatcher })).text();
      } finally {
        await dispatcher.close();
      }
    };
  },
  "Node's own fetch": async (required) => {
    const options = set.server.tlsOptions({ clientAuth: required ? 'require' : 'none' });
    const port = await listen(https.createServer(options, (_, response) => response.end('hello')));
    return async (client) => {
      const dispatcher = new Agent({ connect: client.tlsOptions() });
      try {
        // The types of the runtime's own undici and of the package are not the same ones.
        return await (await fetch(`https://localhost:${port}`, { dispatcher } as object)).text();
      } finally {
        await dispatcher.close();
      }
    };
  },
  'grpc-js': async (required) => {
    const options = set.server.grpcArguments({ clientAuth: required ? 'require' : 'none' });
    const { target, stop } = await servers.startGrpc(grpc, options);
    stops.push(stop);
    return (client) => servers.callGrpc(grpc, target, client.grpcArguments()) as Promise<string>;
  },
};

describe.each(Object.keys(WAYS))('%s', (name) => {
  const open = WAYS[name] as (typeof WAYS)[string];

  test('with mutual TLS', async () => {
    const call = await open(true);
    expect(await call(set.client('alice'))).toBe('hello');
    await expect(call(set.untrusted('unknown-ca'))).rejects.toThrow();
  });

  test('with no client asked for its certificate', async () => {
    const call = await open(false);
    expect(await call(set.untrusted('unknown-ca'))).toBe('hello');
  });
});

test('grpc-js with a flaw that needs a lower security level, as documented', async () => {
  const { target, stop } = await servers.startGrpc(grpc, set.server.grpcArguments({ clientAuth: 'none' }));
  stops.push(stop);
  const context = tls.createSecureContext(set.untrusted('weak-key').tlsOptions());
  const credentials = grpc.ChannelCredentials.createFromSecureContext(context);
  const given = { ...grpc, ChannelCredentials: { createSsl: () => credentials } };
  expect(await servers.callGrpc(given as never, target, [] as never)).toBe('hello');
});
