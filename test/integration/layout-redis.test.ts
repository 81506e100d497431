import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

// Redis reads no revocation list, so that a revoked client is none of those that it refuses.
describe.runIf(tools.redis)('Redis with the layout redis', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;

  beforeAll(() => {
    set = layOut('redis', join(folder, 'certs'));
  });

  const startRedis = async (name: string, config: string) => {
    const port = await freePort();
    const file = join(folder, name);
    const own = `bind 127.0.0.1\ndir ${folder}\nsave ""\n`;
    writeFileSync(file, `${config.replace('tls-port 6379', `tls-port ${port}`)}\n${own}`);
    const server = start('redis-server', [file]);
    await listening(server, port);
    return { port, server };
  };

  describe('as it is printed', () => {
    let port: number;
    let server: RunningProcess;
    beforeAll(async () => {
      ({ port, server } = await startRedis('printed.conf', set.printed('redis.conf').join('\n')));
    });
    afterAll(() => server?.stop());

    const ping = (...identity: string[]) =>
      run('redis-cli', [
        '-h',
        'localhost',
        '-p',
        String(port),
        '--tls',
        '--cacert',
        set.file('alice', 'ca.crt'),
        ...identity,
        'ping',
      ]);
    const pingAs = (party: string) =>
      ping('--cert', set.file(party, 'client.crt'), '--key', set.file(party, 'client.key'));

    test('lets in the valid client', () => {
      expect(pingAs('alice')).toEqual({ status: 0, stdout: 'PONG\n', stderr: '' });
    });

    test('lets it in by the printed line', () => {
      expect(set.prove((line) => line.replace('-p 6379', `-p ${port}`)).stdout).toBe('PONG\n');
    });

    test('lets in a revoked client, as is printed', () => {
      expect(pingAs('untrusted-revoked').stdout).toBe('PONG\n');
    });

    test.each(REFUSED)('refuses a client that is %s', (flaw) => {
      expect(pingAs(`untrusted-${flaw}`).stdout).not.toContain('PONG');
    });

    test.each(tlsRefusals('redis'))('its TLS refuses a client: %s, %s', async (of, alert) => {
      expect(
        await refusalOf({ port, ...set.caller(of, { ca: 'ca.crt', cert: 'client.crt', key: 'client.key' }) }),
      ).toBe(alert);
    });

    test('refuses a client without a certificate', () => {
      expect(ping().stdout).not.toContain('PONG');
    });

    test('`verify` proves the same', async () => {
      const { report, says } = await prove(set.folder, `redis://localhost:${port}`);
      expect(notRight(report)).toEqual([]);
      expect(says('client alice')).toBe('right: let in, Redis PONG');
      expect(says('no certificate')).toMatch(/^right: refused/);
      expect(says('no TLS')).toMatch(/^right: refused/);
      expect(says('untrusted revoked')).toBe('warning: let in, Redis PONG');
    });
  });

  test('`verify` finds that it asks for no certificate', async () => {
    const config = set
      .printed('redis.conf')
      .join('\n')
      .replace('tls-auth-clients yes', 'tls-auth-clients optional');
    const { port, server } = await startRedis('optional.conf', config);
    onTestFinished(() => server.stop());
    const { says } = await prove(set.folder, `redis://localhost:${port}`);
    expect(says('client alice')).toBe('right: let in, Redis PONG');
    expect(says('no certificate')).toBe('wrong: let in, Redis PONG');
    expect(says('untrusted unknown-ca')).toMatch(/^right: refused/);
  });

  test('a password beside the certificate is asked for after TLS has let a client in', async () => {
    const config = `${set.printed('redis.conf').join('\n')}\nrequirepass secret`;
    const { port, server } = await startRedis('password.conf', config);
    onTestFinished(() => server.stop());
    const { report, says } = await prove(set.folder, `redis://localhost:${port}`);
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, Redis NOAUTH');
  });

  test('starts with the file that was written beside the certificates', async () => {
    const { server } = await startRedis('written.conf', set.written('server', 'redis.conf'));
    await server.stop();
  });
});
