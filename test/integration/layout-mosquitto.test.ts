import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

describe.runIf(tools.mosquitto)('Mosquitto with the layout mosquitto', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let openPort: number;
  let unmappedPort: number;
  let server: RunningProcess;

  beforeAll(async () => {
    [port, openPort, unmappedPort] = [await freePort(), await freePort(), await freePort()];
    set = layOut('mosquitto', join(folder, 'certs'));
    const config = join(folder, 'mosquitto.conf');
    const printed = set.printed('mosquitto.conf').join('\n');
    const on = (own: number, lines: string) => lines.replace('listener 8883', `listener ${own} 127.0.0.1`);
    const listeners = [
      on(port, printed),
      on(
        openPort,
        printed.replace(/require_certificate true\nuse_identity_as_username true/, 'allow_anonymous true'),
      ),
      // Without a name for its clients it takes none of them.
      on(unmappedPort, printed.replace('use_identity_as_username true', '')),
    ];
    // As root it would become another user, who may not enter the folder.
    const own = ['user root', 'log_type all', 'log_dest stderr', 'per_listener_settings true'];
    writeFileSync(config, [...own, ...listeners, ''].join('\n'));
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

  test('`verify` proves the same', async () => {
    const { report, says } = await prove(set.folder, `mqtts://localhost:${port}`);
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, MQTT connection accepted');
    expect(says('no certificate')).toMatch(/^right: refused/);
    expect(says('untrusted revoked')).toMatch(/^right: refused/);
  });

  test('`verify` finds that it requires no certificate', async () => {
    const { says } = await prove(set.folder, `mqtts://localhost:${openPort}`);
    expect(says('client alice')).toBe('right: let in, MQTT connection accepted');
    expect(says('no certificate')).toBe('wrong: let in, MQTT connection accepted');
    // It asks for none at all.
    expect(says('untrusted unknown-ca')).toBe('wrong: let in, MQTT connection accepted');
  });

  test('`verify` tells that the broker itself turns the valid client away', async () => {
    const { report, says } = await prove(set.folder, `mqtts://localhost:${unmappedPort}`);
    expect(says('client alice')).toBe(
      'wrong: refused, MQTT not authorized, by the application after the handshake',
    );
    expect(report.rows[0]?.note).toContain('does it know this client by its certificate alone?');
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'mosquitto.conf').trim().split('\n');
    expect(lines).toEqual(set.printed('mosquitto.conf'));
  });
});
