import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { refusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

/** A distinguished name, by which the server knows the client. */
const BILLING = 'CN=app,O=billing';
const BILLING_FOLDER = 'CN-app-O-billing';

// NATS reads no revocation list, so that a revoked client is none of those that it refuses.
describe.runIf(tools.nats)('NATS with the layout nats', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;
  let printed: string;
  const running: RunningProcess[] = [];

  const startNats = async (name: string, config: string, ...more: string[]) => {
    const port = await freePort();
    const file = join(folder, `${name}.conf`);
    writeFileSync(file, config);
    const server = start('nats-server', ['-c', file, '-a', '127.0.0.1', '-p', String(port), ...more]);
    running.push(server);
    await listening(server, port);
    return { port, server };
  };

  beforeAll(() => {
    const nodes = ['node-1', 'node-2'].flatMap((node) => ['-p', `${node}=localhost`]);
    set = layOut('nats', join(folder, 'certs'), ['localhost', '-c', BILLING, ...nodes]);
    printed = set.printed('nats.conf (').join('\n');
  });
  afterAll(() => Promise.all(running.map((server) => server.stop())));

  /** What the server answers to a client's first words, in its own protocol; its connection begins without TLS. */
  const ping = (port: number, party?: string) =>
    new Promise<string>((resolve, reject) => {
      const read = (name: string) => readFileSync(set.file(party ?? 'alice', name));
      const own = party === undefined ? {} : { cert: read('client-cert.pem'), key: read('client-key.pem') };
      const plain = connectTcp(port, '127.0.0.1').on('error', reject);
      plain.once('data', () => {
        const socket = connectTls({ socket: plain, servername: 'localhost', ca: read('ca.pem'), ...own });
        let answer = '';
        socket
          .setEncoding('utf8')
          .on('data', (text: string) => {
            answer += text;
            if (!/PONG/.test(answer)) return;
            socket.destroy();
            resolve(answer);
          })
          .on('error', reject)
          .on('close', () => resolve(answer));
        socket.write('CONNECT {"verbose":false,"pedantic":false,"tls_required":true}\r\nPING\r\n');
      });
    });
  /** The server speaks first, without TLS. */
  const greeted = (plain: Socket) =>
    new Promise<void>((resolve) => {
      plain.once('data', () => resolve());
    });
  const refusal = (port: number, party?: string) =>
    ping(port, party).catch((error: unknown) => String((error as Error).message));

  describe('as it is printed', () => {
    let port: number;
    let server: RunningProcess;
    beforeAll(async () => {
      ({ port, server } = await startNats('printed', printed));
    });

    test('lets in the valid client', async () => {
      expect(await ping(port, 'alice')).toContain('PONG');
    });

    test('lets in a revoked client, as is printed', async () => {
      expect(await ping(port, 'untrusted-revoked')).toContain('PONG');
    });

    test.each(refusals('nats'))('says why it refuses a client: %s, %s', async (of, reason) => {
      await refusalOf({
        port,
        begin: greeted,
        ...set.caller(of, { ca: 'ca.pem', cert: 'client-cert.pem', key: 'client-key.pem' }),
      });
      await server.said(new RegExp(`TLS handshake error.*${reason}`));
    });

    test.each(REFUSED)('refuses a client that is %s', async (flaw) => {
      expect(await refusal(port, `untrusted-${flaw}`)).toMatch(/alert|ECONNRESET|EPIPE/);
    });

    test('refuses a client without a certificate', async () => {
      expect(await refusal(port)).toMatch(/alert|ECONNRESET|EPIPE/);
    });

    test('`verify` proves the same', async () => {
      const { report, says } = await prove(set.folder, `nats://localhost:${port}`);
      expect(notRight(report)).toEqual([]);
      expect(says('client alice')).toBe('right: let in, NATS PONG');
      expect(says('no certificate')).toMatch(/^right: refused/);
      expect(says('no TLS')).toMatch(/^right: refused/);
      expect(says('untrusted revoked')).toBe('warning: let in, NATS PONG');
    });
  });

  test('`verify` finds that it asks for no certificate, and that it speaks no TLS', async () => {
    const { port } = await startNats('open', printed.replace('verify: true', 'verify: false'));
    const { says } = await prove(set.folder, `nats://localhost:${port}`);
    expect(says('client alice')).toBe('right: let in, NATS PONG');
    expect(says('no certificate')).toBe('wrong: let in, NATS PONG');
    expect(says('no TLS')).toMatch(/^right: refused/);

    const plain = await startNats('plain', '');
    const refused = await prove(set.folder, `nats://localhost:${plain.port}`);
    expect(refused.says('client alice')).toBe(
      "wrong: not trusted, it does not take up TLS: NATS answers 'INFO without tls_required'",
    );
  });

  test('knows clients by the printed name of their certificate', async () => {
    const users = set.printed('to know clients by name').join('\n');
    const config = `${printed.replace('verify: true', 'verify_and_map: true')}\n${users}`;
    const { port } = await startNats('mapped', config);
    expect(await ping(port, 'alice')).toContain('PONG');
    expect(await refusal(port, BILLING_FOLDER)).toContain('Authorization Violation');
    const { report, says } = await prove(set.folder, `nats://localhost:${port}`, {
      client: 'alice',
      refused: BILLING,
    });
    expect(notRight(report)).toEqual([]);
    expect(says(`client ${BILLING}, not on the list`)).toBe(
      'right: refused, NATS Authorization Violation, by the application after the handshake',
    );

    const forBilling = await startNats('mapped-billing', config.replace('CN=alice', BILLING));
    expect(await ping(forBilling.port, BILLING_FOLDER)).toContain('PONG');
    expect(await refusal(forBilling.port, 'alice')).toContain('Authorization Violation');
  });

  test('the file beside the certificates says the same as what is printed', () => {
    expect(set.written('server', 'nats.conf').trim().split('\n').slice(1)).toEqual(printed.split('\n'));
  });

  test('nodes with nothing but peer files make a cluster, and a server that is no peer is kept out', async () => {
    const route = await freePort();
    const node = (name: string, port: number, ...more: string[]) => {
      const config = set.written(name, 'nats.conf').replace('port: 6222', 'name: test');
      return startNats(name, config, '--cluster', `nats://127.0.0.1:${port}`, ...more);
    };
    const routes = ['--routes', `nats://localhost:${route}`];
    const first = await node('node-1', route);
    const second = await node('node-2', await freePort(), ...routes);
    await first.server.said(/Route connection created/);
    await second.server.said(/Route connection created/);

    const config = `${printed}\ncluster {\n name: test\n${printed}\n}`;
    await startNats('foreign', config, '--cluster', `nats://127.0.0.1:${await freePort()}`, ...routes);
    await first.server.said(/TLS route handshake error: .*(?:usage|certificate)/);
  });
});
