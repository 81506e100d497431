import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

describe.runIf(tools.haproxy && tools.curl)('HAProxy with the layout haproxy', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('haproxy', join(folder, 'certs'));
    const config = join(folder, 'haproxy.cfg');
    const lines = set.printed('haproxy.cfg').join('\n').replace('bind :8443', `bind 127.0.0.1:${port}`);
    writeFileSync(config, `${lines}\n`);
    server = start('haproxy', ['-db', '-f', config]);
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  const ask = (...identity: string[]) =>
    run('curl', ['-sS', '--cacert', set.file('alice', 'ca.crt'), ...identity, `https://localhost:${port}/`]);

  test('lets in the valid client and knows its name', () => {
    expect(ask('--cert', set.file('alice', 'client.pem'))).toEqual({
      status: 0,
      stdout: 'alice',
      stderr: '',
    });
  });

  test('lets it in by the printed line', () => {
    expect(set.prove((line) => line.replace(':8443', `:${port}`)).stdout).toBe('alice');
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', (flaw) => {
    const { status, stdout } = ask('--cert', set.file(`untrusted-${flaw}`, 'client.pem'));
    expect(stdout).toBe('');
    expect([35, 56, 55]).toContain(status);
  });

  test('refuses a client without a certificate', () => {
    const { status, stdout } = ask();
    expect(stdout).toBe('');
    expect([35, 56, 55]).toContain(status);
  });

  test.each(tlsRefusals('haproxy'))('its TLS refuses a client: %s, %s', async (of, alert) => {
    expect(
      await refusalOf({ port, ...set.caller(of, { ca: 'ca.crt', cert: 'client.crt', key: 'client.key' }) }),
    ).toBe(alert);
  });

  test('takes the file that was written beside the certificates', () => {
    const config = join(folder, 'written.cfg');
    writeFileSync(config, set.written('server', 'haproxy.cfg'));
    expect(run('haproxy', ['-c', '-f', config]).status).toBe(0);
  });
});
