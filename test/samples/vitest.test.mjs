// Run by vitest.
import https from 'node:https';
import grpc from '@grpc/grpc-js';
import { createCertificateSet, verifyClient } from 'generate-certs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callGrpc, callHttps, startGrpc, startHttps } from './servers.cjs';

const FLAWS = ['unknown-ca', 'expired', 'wrong-usage'];
const BAD_SERVERS = ['unknown-ca', 'expired', 'wrong-name'];
let set;
let web;
let rpc;

beforeAll(async () => {
  set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'], untrusted: FLAWS });
  web = await startHttps(https, set.server.tlsOptions());
  rpc = await startGrpc(grpc, set.server.grpcArguments());
});

afterAll(async () => {
  await web.stop();
  await rpc.stop();
});

test('alice is let in', async () => {
  const alice = set.client('alice');
  expect(await callHttps(https, web.url, alice.tlsOptions())).toBe('hello alice');
  expect(await callGrpc(grpc, rpc.target, alice.grpcArguments())).toBe('hello');
});

test.each(FLAWS)('%s is refused', async (flaw) => {
  const client = set.untrusted(flaw);
  await expect(callHttps(https, web.url, client.tlsOptions())).rejects.toThrow();
  await expect(callGrpc(grpc, rpc.target, client.grpcArguments())).rejects.toMatchObject({
    code: grpc.status.UNAVAILABLE,
  });
});

test('the client refuses bad servers', async () => {
  const call = ({ url, ca, signal }) => callHttps(https, url, { ca, signal });
  expect(await verifyClient({ set, call, flaws: BAD_SERVERS })).toMatchObject({ result: 'right' });
});
