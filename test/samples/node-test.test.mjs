// Run by `node --test`.
import assert from 'node:assert/strict';
import https from 'node:https';
import { after, before, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { createCertificateSet, verifyClient } from 'generate-certs';
import { callGrpc, callHttps, startGrpc, startHttps } from './servers.cjs';

const FLAWS = ['unknown-ca', 'expired', 'wrong-usage'];
const BAD_SERVERS = ['unknown-ca', 'expired', 'wrong-name'];
let set;
let web;
let rpc;

before(async () => {
  set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'], untrusted: FLAWS });
  web = await startHttps(https, set.server.tlsOptions());
  rpc = await startGrpc(grpc, set.server.grpcArguments());
});

after(async () => {
  await web.stop();
  await rpc.stop();
});

test('alice is let in', async () => {
  const alice = set.client('alice');
  assert.equal(await callHttps(https, web.url, alice.tlsOptions()), 'hello alice');
  assert.equal(await callGrpc(grpc, rpc.target, alice.grpcArguments()), 'hello');
});

for (const flaw of FLAWS) {
  test(`${flaw} is refused`, async () => {
    const client = set.untrusted(flaw);
    await assert.rejects(callHttps(https, web.url, client.tlsOptions()));
    await assert.rejects(callGrpc(grpc, rpc.target, client.grpcArguments()), {
      code: grpc.status.UNAVAILABLE,
    });
  });
}

test('the client refuses bad servers', async () => {
  const call = ({ url, ca, signal }) => callHttps(https, url, { ca, signal });
  assert.equal((await verifyClient({ set, call, flaws: BAD_SERVERS })).result, 'right');
});
