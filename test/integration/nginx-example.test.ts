// The files of the nginx layout in an NGINX that is configured as the mTLS example of OpenVINO Model
// Server is, called by the example's kinds of clients with server.pem itself as their trusted root.

import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, callGrpc, type GrpcServer, startGrpcServer } from '../support/grpc.js';
import { exampleServers, type Nginx, startNginx } from '../support/nginx.js';
import { freePort } from '../support/processes.js';
import { generateCerts, runBeside } from '../support/program.js';

const tools = inject('tools');

const SETS = [
  { title: 'the default request', args: [] },
  { title: 'with name constraints', args: ['--name-constraints'] },
  { title: 'with an ec-p384 CA', args: ['--ca-key', 'ec-p384'] },
  { title: 'with an rsa-2048 CA', args: ['--ca-key', 'rsa-2048'] },
];

describe.skipIf(!tools.nginx || !tools.curl || tools.debianPython === '').each(SETS)(
  'the NGINX mTLS example, $title',
  ({ args }) => {
    const folder = temporaryFolderForAll();
    const file = (name: string) => join(folder, 'certs', name);
    let grpcBackend: GrpcServer;
    let restBackend: Server;
    let nginx: Nginx;

    beforeAll(async () => {
      const made = generateCerts(['--layout', 'nginx', '--out', file(''), ...args]);
      expect(made).toMatchObject({ status: 0 });
      grpcBackend = await startGrpcServer(tools.debianPython);
      restBackend = createServer((_request, response) => response.end('alive')).listen(0, '127.0.0.1');
      await once(restBackend, 'listening');
      const backends = { grpc: grpcBackend.port, rest: (restBackend.address() as AddressInfo).port };
      nginx = await startNginx(join(folder, 'nginx'), 2, (ports) =>
        exampleServers(file(''), ports, backends),
      );
    });
    afterAll(async () => {
      await nginx?.stop();
      await grpcBackend?.process.stop();
      restBackend?.close();
    });

    for (const { form, python } of C_CORE_FORMS) {
      test.skipIf(python === '')(`gRPC: ${form}`, async () => {
        const call = { target: `localhost:${nginx.ports[0]}`, root: file('server.pem') };
        const [valid, none, unknown] = await callGrpc(python, [
          { ...call, certificate: file('client.pem'), key: file('client.key') },
          call,
          { ...call, certificate: file('untrusted-unknown-ca.pem'), key: file('untrusted-unknown-ca.key') },
        ]);
        expect(valid).toEqual({ code: 'OK', details: '', live: true });
        expect(none).toMatchObject({ code: 'INTERNAL', details: expect.stringContaining('400') });
        expect(unknown).toMatchObject({ code: 'INTERNAL', details: expect.stringContaining('400') });
        expect(nginx.log()).not.toMatch(/\[emerg\]/);
      });
    }

    test('REST: curl', async () => {
      const url = `https://localhost:${nginx.ports[1]}/v2/health/live`;
      const curl = (...client: string[]) =>
        runBeside('curl', ['-sS', '--cacert', file('server.pem'), ...client, url]);
      const as = (name: string) => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)];
      expect(await curl(...as('client'))).toMatchObject({ status: 0, stdout: 'alive' });
      expect((await curl()).stdout).toContain('No required SSL certificate was sent');
      expect((await curl(...as('untrusted-unknown-ca'))).stdout).toContain('The SSL certificate error');
    });

    test("REST: Python's ssl module", async () => {
      const script = `
import ssl, sys, urllib.request, urllib.error
root, url, *client = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
if client: context.load_cert_chain(*client)
try: print(urllib.request.urlopen(url, context=context).read().decode())
except urllib.error.HTTPError as error: print(error.code, error.read().decode())
`;
      const url = `https://localhost:${nginx.ports[1]}/v2/health/live`;
      const python = (...client: string[]) =>
        runBeside(tools.debianPython, ['-c', script, file('server.pem'), url, ...client.map(file)]);
      expect(await python('client.pem', 'client.key')).toMatchObject({ status: 0, stdout: 'alive\n' });
      expect((await python()).stdout).toMatch(/^400 .*No required SSL certificate was sent/s);
      const unknown = await python('untrusted-unknown-ca.pem', 'untrusted-unknown-ca.key');
      expect(unknown.stdout).toMatch(/^400 .*The SSL certificate error/s);
    });
  },
);

// A process of another user, which only root can start.
const isRoot = process.getuid?.() === 0;
describe.skipIf(!tools.nginx || !isRoot)(
  "the container's case: an NGINX of user 5000 reads server.key",
  () => {
    test.each([
      { args: [], readable: false },
      { args: ['--owner', '5000'], readable: true },
      { args: ['--key-mode', '644'], readable: true },
    ])('$args: $readable', async ({ args, readable }) => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o755);
      const certificates = join(folder, 'certs');
      expect(generateCerts(['-l', 'nginx', '-o', certificates, '-q', ...args]).status).toBe(0);
      const ports = await Promise.all([freePort(), freePort()]);
      const config = join(folder, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      writeFileSync(
        config,
        `pid ${folder}/own/pid; events {} http { access_log off;
       ${temporary.map((name) => `${name}_temp_path ${folder}/own/${name};`).join(' ')}
       ${exampleServers(certificates, ports, { grpc: 1, rest: 2 })} }`,
      );
      mkdirSync(join(folder, 'own'));
      chownSync(join(folder, 'own'), 5000, 5000);
      const checked = await runBeside('nginx', ['-t', '-e', 'stderr', '-c', config], {
        uid: 5000,
        gid: 5000,
      });
      if (readable) expect(checked.stderr).toContain('test is successful');
      else expect(checked.stderr).toMatch(/cannot load certificate key .*Permission denied/);
    });
  },
);
