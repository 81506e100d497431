import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { refusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

// Caddy stands for the programs that are given a certificate, a key and a CA by name.
describe.runIf(tools.caddy && tools.curl)('Caddy with the layout tls', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('tls', join(folder, 'certs'), ['--intermediates', '1']);
    const [certificate, key, ca] = set.printed('the server');
    const config = join(folder, 'Caddyfile');
    writeFileSync(
      config,
      `{
        debug
        admin off
        auto_https off
      }
      :${port} {
        bind 127.0.0.1
        tls "${certificate}" "${key}" {
          client_auth {
            mode require_and_verify
            trusted_ca_cert_file "${ca}"
          }
        }
        respond "{tls_client_subject}"
      }\n`,
    );
    server = start('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], {
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    });
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  const ask = (party?: string) =>
    run('curl', [
      ...['-sS', '--cacert', set.file('alice', 'ca.crt'), `https://localhost:${port}/`],
      ...(party === undefined
        ? []
        : ['--cert', set.file(party, 'tls.crt'), '--key', set.file(party, 'tls.key')]),
    ]);

  test('lets in the valid client and knows its name, by the printed line too', () => {
    expect(ask('alice')).toEqual({ status: 0, stdout: 'CN=alice', stderr: '' });
    expect(set.prove((line) => line.replace(':443', `:${port}`)).stdout).toBe('CN=alice');
  });

  test.each(REFUSED)('refuses a client that is %s', (flaw) => {
    const { status, stdout } = ask(`untrusted-${flaw}`);
    expect(stdout).toBe('');
    expect([35, 55, 56]).toContain(status);
  });

  test('refuses a client without a certificate', () => {
    const { status, stdout } = ask();
    expect(stdout).toBe('');
    expect([35, 55, 56]).toContain(status);
  });

  test('lets in a revoked client: it reads no revocation list', () => {
    expect(ask('untrusted-revoked').stdout).toContain('CN=');
  });

  test.each(refusals('tls'))('says why it refuses a client: %s, %s', async (of, reason) => {
    const names = { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key' };
    await refusalOf({ port, ...set.caller(of, names) });
    await server.said(new RegExp(`TLS handshake error.*${reason}`));
  });
});
