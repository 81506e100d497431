// Docker's command line with the client's folder. A server of Node's, with what daemon.json names, stands for the daemon.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, REFUSED } from '../support/layouts.js';
import { runBeside } from '../support/program.js';

const { docker } = inject('field');
const VERSION = { ApiVersion: '1.43', Version: 'stand-in', Os: 'linux', Arch: 'amd64' };

describe.runIf(docker)("Docker's command line with the layout docker", () => {
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
      (request, response) => {
        response.setHeader('content-type', 'application/json').setHeader('api-version', VERSION.ApiVersion);
        response.end(request.url === '/_ping' ? 'OK' : JSON.stringify(VERSION));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server?.close();
  });

  const prove = (change = (line: string) => line) => {
    const { port } = server.address() as AddressInfo;
    const line = change(set.printed('prove it').join('\n').replace(':2376', `:${port}`));
    return runBeside('bash', ['-c', line], { env: { HOME: folder } });
  };

  test('is let in by the printed line', async () => {
    expect(await prove()).toMatchObject({ status: 0, stdout: expect.stringContaining('stand-in') });
  });

  test.each(REFUSED)('is refused as a client that is %s', async (flaw) => {
    const { status, stdout } = await prove((line) => line.replace(/\/alice\b/, `/untrusted-${flaw}`));
    expect(status).toBe(1);
    expect(stdout).not.toContain('stand-in');
  });
});
