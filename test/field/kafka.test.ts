// A real broker in KRaft mode, which is its own controller, with the printed configuration.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { type Case, refusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { REPOSITORY, run } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const { kafka, kcat } = inject('field');

/** A client whose principal is its whole name. */
const BILLING = 'CN=app,O=billing';
const BILLING_FOLDER = 'CN-app-O-billing';
const FILES = { ca: 'client.truststore.pem', cert: 'client.crt', key: 'client.key' };

describe.runIf(kafka !== '')('Kafka with the layout kafka', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let open: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    open = await freePort();
    const controller = await freePort();
    set = layOut('kafka', join(folder, 'certs'), ['-p', 'broker-1=localhost', '-c', BILLING, 'localhost']);
    const config = join(folder, 'server.properties');
    writeFileSync(
      config,
      [
        ...set.printed('server.properties of a broker'),
        // The last of several lines with one name counts.
        `listeners=SSL://127.0.0.1:${port},OPEN://127.0.0.1:${open},CONTROLLER://127.0.0.1:${controller}`,
        `advertised.listeners=SSL://localhost:${port},OPEN://localhost:${open}`,
        'listener.security.protocol.map=SSL:SSL,OPEN:SSL,CONTROLLER:SSL',
        'listener.name.open.ssl.client.auth=requested',
        'controller.listener.names=CONTROLLER',
        `controller.quorum.voters=1@localhost:${controller}`,
        'process.roles=broker,controller',
        'node.id=1',
        `log.dirs=${join(folder, 'log')}`,
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        `super.users=User:CN=localhost;User:${BILLING}`,
        '',
      ].join('\n'),
    );
    const id = 'MkU3OEVBNTcwNTJENDM2Qg';
    const formatted = run('java', [
      '-cp',
      kafka,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      id,
      '-c',
      config,
    ]);
    expect(formatted.status, formatted.stdout + formatted.stderr).toBe(0);
    const logged = ['kafka.authorizer.logger', 'org.apache.kafka.common.network'].map(
      (name) => `-Dorg.slf4j.simpleLogger.log.${name}=debug`,
    );
    server = start('java', ['-Xmx512m', ...logged, '-cp', kafka, 'kafka.Kafka', config]);
    await listening(server, port);
    await server.said(/Kafka Server started/);
  });
  afterAll(() => server?.stop());

  test('knows clients by their whole name, with the written and the printed properties', async () => {
    const printed = join(folder, 'alice.properties');
    writeFileSync(printed, `${set.printed('client.properties').join('\n')}\n`);
    const written = [BILLING_FOLDER, ...REFUSED.map((flaw) => `untrusted-${flaw}`), 'untrusted-revoked'].map(
      (party) => {
        const file = join(folder, `${party}.properties`);
        writeFileSync(file, set.written(party, 'client.properties'));
        return file;
      },
    );
    const source = join(REPOSITORY, 'test', 'field', 'KafkaClients.java');
    const asked = run('java', ['-cp', kafka, source, `localhost:${port}`, printed, ...written]);
    expect(asked.stdout.trim().split('\n')).toEqual([
      '1 TopicAuthorizationException',
      '2 made',
      ...REFUSED.map((_, index) => `${index + 3} SslAuthenticationException`),
      // It reads no revocation list.
      '6 TopicAuthorizationException',
    ]);
    await server.said(/Principal = User:CN=alice is Denied/);
    await server.said(/Principal = User:CN=app,O=billing is Allowed/);
  });

  test.each(refusals('kafka'))('says why it refuses a client: %s, %s', async (of, reason) => {
    await refusalOf({ port, ...set.caller(of, FILES) });
    await server.said(new RegExp(`SSLHandshakeException: .*${reason}`));
  });

  test('`verify` proves the same, and finds a listener that requires no certificate', async () => {
    const right = await prove(set.folder, `kafka://localhost:${port}`);
    expect(notRight(right.report)).toEqual([]);
    expect(right.says('client alice')).toBe('right: let in, Kafka ApiVersions answered');
    expect(right.says('no certificate')).toMatch(/^right: refused/);
    expect(right.says('no TLS')).toMatch(/^right: refused/);
    const wrong = await prove(set.folder, `kafka://localhost:${open}`);
    expect(wrong.says('no certificate')).toBe('wrong: let in, Kafka ApiVersions answered');
    expect(wrong.says('untrusted unknown-ca')).toMatch(/^right: refused/);
  });

  describe.runIf(kcat)('kcat, by the printed line', () => {
    const list = (party: string, seconds: number) =>
      set.prove(
        (line) =>
          `${line.replace(':9093', `:${port}`).replace(/alice(?=\/client\.(?:crt|key))/g, party)} -m ${seconds}`,
      );

    test('is let in as the valid client', () => {
      expect(list('alice', 30)).toMatchObject({ status: 0, stdout: expect.stringContaining('1 brokers') });
    });

    test.each(REFUSED)('is refused as a client that is %s', (flaw: Case) => {
      expect(list(`untrusted-${flaw}`, 2)).toMatchObject({ status: 1, stdout: '' });
    });
  });
});
