import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, REFUSED } from '../support/layouts.js';

// The daemon needs more rights than a test has: a server of Node's stands for it, with what daemon.json names.
describe('the layout docker', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;
  let server: https.Server;

  beforeAll(async () => {
    set = layOut('docker', join(folder, 'certs'));
    const config = JSON.parse(set.printed('daemon.json').join('\n')) as Record<string, string>;
    const read = (name: string) => readFileSync(config[name] ?? '');
    const files = { ca: read('tlscacert'), cert: read('tlscert'), key: read('tlskey') };
    server = https.createServer(
      { ...files, requestCert: true, rejectUnauthorized: true },
      (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server?.close();
  });

  /** As Docker's client does with the folder of DOCKER_CERT_PATH. */
  const ask = (party?: string) =>
    new Promise<string>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const read = (name: string) => readFileSync(set.file(party ?? 'alice', name));
      const own = party === undefined ? {} : { cert: read('cert.pem'), key: read('key.pem') };
      const ca = readFileSync(set.file('alice', 'ca.pem'));
      https
        .get({ host: 'localhost', port, family: 4, ca, ...own, agent: false }, (response) => {
          response.setEncoding('utf8').on('data', resolve);
        })
        .on('error', reject);
    });

  test('lets in the valid client', async () => {
    expect(await ask('alice')).toBe('alice');
  });

  test.each(REFUSED)('refuses a client that is %s', async (flaw) => {
    await expect(ask(`untrusted-${flaw}`)).rejects.toThrow();
  });

  test('refuses a client without a certificate', async () => {
    await expect(ask()).rejects.toThrow();
  });

  test('the file beside the certificates says the same as what is printed', () => {
    expect(set.written('server', 'daemon.json').trim().split('\n')).toEqual(set.printed('daemon.json'));
  });
});
