import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run, runBeside } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

// With the printed configuration RabbitMQ reads no revocation list, so that a revoked client is none of those that it
// refuses.
describe.runIf(tools.rabbitmq !== '')('RabbitMQ with the layout rabbitmq', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let environment: Record<string, string>;
  const running: RunningProcess[] = [];

  beforeAll(async () => {
    port = await freePort();
    const [epmdPort, distributionPort] = [await freePort(), await freePort()];
    set = layOut('rabbitmq', join(folder, 'certs'), ['-c', 'bob', '--intermediates', '1']);
    const definitions = join(folder, 'definitions.json');
    writeFileSync(
      definitions,
      JSON.stringify({
        users: [{ name: 'alice', password_hash: '', tags: '' }],
        vhosts: [{ name: '/' }],
        permissions: [{ user: 'alice', vhost: '/', configure: '.*', write: '.*', read: '.*' }],
      }),
    );
    const config = join(folder, 'rabbitmq.conf');
    const lines = set
      .printed('rabbitmq.conf')
      .map((line) => line.replace(/^listeners\.ssl\.default = .*/, `listeners.ssl.1 = 127.0.0.1:${port}`));
    writeFileSync(
      config,
      [...lines, `load_definitions = ${definitions}`, 'log.console = true', ''].join('\n'),
    );
    const plugins = join(folder, 'enabled_plugins');
    writeFileSync(plugins, `${set.printed('enabled_plugins').join('\n')}\n`);
    const home = join(folder, 'home');
    mkdirSync(home);
    // Erlang's own directory of nodes would stay after the server.
    const epmd = start('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1', '-d']);
    running.push(epmd);
    await listening(epmd, epmdPort);
    environment = {
      HOME: home,
      ERL_EPMD_PORT: String(epmdPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: 'generate-certs@localhost',
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_SCHEMA_DIR: join(folder, 'schema'),
    };
    const server = start(tools.rabbitmq, [], environment);
    running.unshift(server);
    await server.said(/Server startup complete/);
  }, 120_000);
  afterAll(async () => {
    for (const { stop } of running) await stop();
  }, 60_000);

  /** Whether a client is logged in by its certificate: AMQP 0-9-1's Start is answered, and Tune comes. */
  const logIn = (party?: string) =>
    new Promise<'logged in' | 'turned away'>((resolve, reject) => {
      const read = (name: string) => readFileSync(set.file(party ?? 'alice', name));
      const own =
        party === undefined ? {} : { cert: read('client_certificate.pem'), key: read('client_key.pem') };
      const ca = read('ca_certificate.pem');
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ...own });
      let received = Buffer.alloc(0);
      let started = false;
      socket
        .on('data', (bytes: Buffer) => {
          received = Buffer.concat([received, bytes]);
          while (received.length >= 8 && received.length >= received.readUInt32BE(3) + 8) {
            const size = received.readUInt32BE(3);
            const method = received.readUInt32BE(7);
            received = received.subarray(size + 8);
            if (method === START) {
              started = true;
              socket.write(startOk());
            }
            if (method !== TUNE) continue;
            resolve('logged in');
            socket.destroy();
          }
        })
        .on('error', reject)
        // A client that TLS let in and that is no user is told so by the end of the connection.
        .on('close', () => (started ? resolve('turned away') : reject(new Error('closed'))));
      socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
    });

  test('lets in the valid client by the name of its certificate', async () => {
    expect(await logIn('alice')).toBe('logged in');
  });

  test('the printed proof finds the server, and proves nothing with a certificate that it refuses', () => {
    const proof = set.printed('prove it').join('\n').replace('localhost:5671', `127.0.0.1:${port}`);
    expect(run('sh', ['-c', proof]).stdout).toBe('EXTERNAL\n');
    const refused = proof.replaceAll('/alice/client', '/untrusted-unknown-ca/client');
    expect(run('sh', ['-c', refused])).toMatchObject({ status: 1, stdout: '' });
  });

  test('turns away a client whose name is no user', async () => {
    expect(await logIn('bob')).toBe('turned away');
  });

  test('offers EXTERNAL to the valid client, by the printed line', () => {
    expect(set.prove((line) => line.replace(':5671', `:${port}`)).stdout).toBe('EXTERNAL\n');
  });

  test('lets in a revoked client, as is printed', async () => {
    expect(await logIn('untrusted-revoked')).toBe('logged in');
  });

  test.each(tlsRefusals('rabbitmq'))('its TLS refuses a client: %s, %s', async (of, alert) => {
    expect(
      await refusalOf({
        port,
        ...set.caller(of, {
          ca: 'ca_certificate.pem',
          cert: 'client_certificate.pem',
          key: 'client_key.pem',
        }),
      }),
    ).toBe(alert);
  });

  test.each(REFUSED)('refuses a client that is %s', async (flaw) => {
    await expect(logIn(`untrusted-${flaw}`)).rejects.toThrow();
  });

  test('refuses a client without a certificate', async () => {
    await expect(logIn()).rejects.toThrow();
  });

  test('`verify` proves the same', async () => {
    const { report, says } = await prove(set.folder, `amqps://localhost:${port}`, {
      client: 'alice',
      refused: 'bob',
    });
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, AMQP logged in by the certificate');
    expect(says('client bob, not on the list')).toMatch(/^right: refused, AMQP 403 ACCESS_REFUSED/);
    expect(says('no certificate')).toMatch(/^right: refused/);
  });

  test('the files beside the certificates say the same as what is printed', () => {
    for (const name of ['rabbitmq.conf', 'enabled_plugins']) {
      const [, ...lines] = set.written('server', name).trim().split('\n');
      expect(lines).toEqual(set.printed(name));
    }
  });

  // The last: it changes the server.
  test('`verify` finds that it requires no certificate, where it knows its clients by passwords', async () => {
    const openPort = await freePort();
    // As the printed configuration would with fail_if_no_peer_cert = false and auth_mechanisms.1 = PLAIN.
    const erlang = [
      'Options = application:get_env(rabbit, ssl_options, []),',
      "application:set_env(rabbit, auth_mechanisms, ['PLAIN']),",
      `rabbit_networking:start_ssl_listener({"127.0.0.1", ${openPort}},`,
      '  [{fail_if_no_peer_cert, false} | proplists:delete(fail_if_no_peer_cert, Options)], 10).',
    ];
    const changed = await runBeside(
      join(dirname(tools.rabbitmq), 'rabbitmqctl'),
      ['eval', erlang.join(' ')],
      { env: environment },
    );
    expect(changed).toMatchObject({ status: 0 });
    const { says } = await prove(set.folder, `amqps://localhost:${openPort}`, { client: 'alice' });
    expect(says('client alice')).toBe('right: let in, AMQP asks for PLAIN');
    expect(says('no certificate')).toBe('wrong: let in, AMQP asks for PLAIN');
  });
});

// AMQP 0-9-1: a class and a method in one number.
const START = (10 << 16) | 10;
const START_OK = (10 << 16) | 11;
const TUNE = (10 << 16) | 30;

/** No properties, the mechanism EXTERNAL, an empty answer, and a language. */
function startOk(): Buffer {
  const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const method = Buffer.alloc(4);
  method.writeUInt32BE(START_OK);
  const empty = Buffer.alloc(4);
  const payload = Buffer.concat([method, empty, short('EXTERNAL'), empty, short('en_US')]);
  const head = Buffer.alloc(7);
  head.writeUInt8(1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}
