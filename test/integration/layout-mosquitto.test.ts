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

describe.runIf(tools.mosquitto)('Mosquitto with the layout mosquitto', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('mosquitto', join(folder, 'certs'));
    const config = join(folder, 'mosquitto.conf');
    const lines = set
      .printed('mosquitto.conf')
      .join('\n')
      .replace('listener 8883', `listener ${port} 127.0.0.1`);
    // As root it would become another user, who may not enter the folder.
    writeFileSync(config, `user root\nlog_type all\nlog_dest stderr\n${lines}\n`);
    server = start('mosquitto', ['-c', config]);
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  const publish = (...identity: string[]) =>
    run('mosquitto_pub', [
      ...['-h', 'localhost', '-p', String(port), '--cafile', set.file('alice', 'ca.crt'), ...identity],
      ...['-t', 'test', '-m', 'hello', '-q', '1'],
    ]);
  const publishAs = (party: string) =>
    publish('--cert', set.file(party, 'client.crt'), '--key', set.file(party, 'client.key'));

  test('lets in the valid client and knows its name', async () => {
    expect(publishAs('alice').status).toBe(0);
    await server.said(/u'alice'/);
  });

  test('lets it in by the printed line', () => {
    expect(set.prove((line) => line.replace('-p 8883', `-p ${port}`)).status).toBe(0);
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', (flaw) => {
    expect(publishAs(`untrusted-${flaw}`).status).not.toBe(0);
  });

  test('refuses a client without a certificate', () => {
    expect(publish().status).not.toBe(0);
  });

  test.each(tlsRefusals('mosquitto'))('its TLS refuses a client: %s, %s', async (of, alert) => {
    expect(
      await refusalOf({ port, ...set.caller(of, { ca: 'ca.crt', cert: 'client.crt', key: 'client.key' }) }),
    ).toBe(alert);
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'mosquitto.conf').trim().split('\n');
    expect(lines).toEqual(set.printed('mosquitto.conf'));
  });
});
