// The files of the grpc layout in a gRPC C-core server that requires client certificates: the stand-in
// for a model server with native gRPC TLS.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { C_CORE_FORMS, callGrpc, startGrpcServer } from '../support/grpc.js';
import { generateCerts } from '../support/program.js';

const SETS = [
  { title: 'ec-p256, its default', args: [] },
  { title: 'ec-p384', args: ['--key', 'ec-p384'] },
  { title: 'rsa-2048', args: ['--key', 'rsa-2048'] },
  { title: 'name constraints', args: ['--name-constraints'] },
];

for (const { form, python } of C_CORE_FORMS) {
  describe.skipIf(python === '')(`native gRPC TLS: ${form}`, () => {
    test.each(SETS)('$title', async ({ args }) => {
      const folder = temporaryFolder();
      const file = (name: string) => join(folder, name);
      expect(generateCerts(['--layout', 'grpc', '--out', folder, ...args])).toMatchObject({ status: 0 });
      const server = await startGrpcServer(python, {
        certificate: file('server.pem'),
        key: file('server.key'),
        ca: file('ca.pem'),
      });
      try {
        const call = { target: `localhost:${server.port}`, root: file('ca.pem') };
        const [valid, none, unknown] = await callGrpc(python, [
          { ...call, certificate: file('client.pem'), key: file('client.key') },
          call,
          { ...call, certificate: file('untrusted-unknown-ca.pem'), key: file('untrusted-unknown-ca.key') },
        ]);
        expect(valid).toEqual({ code: 'OK', details: '', live: true });
        expect(none?.code).toBe('UNAVAILABLE');
        expect(unknown?.code).toBe('UNAVAILABLE');
        // The reasons come in the order of the calls; BoringSSL writes them in capitals.
        await server.process.said(/peer.did.not.return.a.certificate/i);
        await server.process.said(/certificate.verify.failed/i);
      } finally {
        await server.process.stop();
      }
    });
  });
}
