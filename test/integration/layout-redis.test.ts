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
  });

  test('starts with the file that was written beside the certificates', async () => {
    const { server } = await startRedis('written.conf', set.written('server', 'redis.conf'));
    await server.stop();
  });
});
