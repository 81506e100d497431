// Run by Mocha.
import assert from 'node:assert/strict';
import https from 'node:https';
import grpc from '@grpc/grpc-js';
import { createCertificateSet, verifyClient } from 'generate-certs';
import { callGrpc, callHttps, startGrpc, startHttps } from './servers.cjs';

describe('mutual TLS', () => {
  const flaws = ['unknown-ca', 'expired', 'wrong-usage'];
  let set;
  let web;
  let rpc;

  before(async () => {
    set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'], untrusted: flaws });
    web = await startHttps(https, set.server.tlsOptions());
    rpc = await startGrpc(grpc, set.server.grpcArguments());
  });

  after(async () => {
    await web.stop();
    await rpc.stop();
  });

  it('lets alice in', async () => {
    const alice = set.client('alice');
    assert.equal(await callHttps(https, web.url, alice.tlsOptions()), 'hello alice');
    assert.equal(await callGrpc(grpc, rpc.target, alice.grpcArguments()), 'hello');
  });

  for (const flaw of flaws) {
    it(`refuses ${flaw}`, async () => {
      const client = set.untrusted(flaw);
      await assert.rejects(callHttps(https, web.url, client.tlsOptions()));
      await assert.rejects(callGrpc(grpc, rpc.target, client.grpcArguments()), {
        code: grpc.status.UNAVAILABLE,
      });
    });
  }

  it('has a client that refuses bad servers', async () => {
    const call = ({ url, ca, signal }) => callHttps(https, url, { ca, signal });
    const flaws = ['unknown-ca', 'expired', 'wrong-name'];
    assert.equal((await verifyClient({ set, call, flaws })).result, 'right');
  });
});
