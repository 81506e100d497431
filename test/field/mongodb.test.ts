// MongoDB's server is in no package registry. FerretDB speaks its protocol: it proves the files and the printed lines but
// those of MongoDB's own: mongod.conf, its revocation list, and users by X.509.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolderForAll } from '../support/folder.js';
import { GO } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { notRight, prove as verify } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const { ferretdb, mongosh } = inject('field');

const AUTHENTICATION = / \\\n +--authenticationMechanism MONGODB-X509 --authenticationDatabase '\$external'/;

describe.runIf(ferretdb !== '')('FerretDB with the layout mongodb', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('mongodb', join(folder, 'certs'), ['-c', 'CN=app,O=billing']);
    const { tls } = parse(set.printed('mongod.conf').join('\n')).net;
    server = start(ferretdb, [
      ...['--handler=sqlite', `--sqlite-url=file:${folder}/`, `--state-dir=${folder}`],
      ...['--telemetry=disable', '--debug-addr=-', '--listen-addr=', `--listen-tls=127.0.0.1:${port}`],
      `--listen-tls-cert-file=${tls.certificateKeyFile}`,
      `--listen-tls-key-file=${tls.certificateKeyFile}`,
      `--listen-tls-ca-file=${tls.CAFile}`,
    ]);
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  test.each(['no certificate', ...REFUSED] as const)('says why it refuses a client: %s', async (of) => {
    const names = { ca: 'ca.pem', cert: 'client.crt', key: 'client.key' };
    await refusalOf({ port, ...set.caller(of, names) });
    await server.said(new RegExp(GO[of]));
  });

  test('`verify` proves the same', async () => {
    const url = `mongodb://localhost:${port}`;
    const { report, says } = await verify(set.folder, url, { client: 'alice' });
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, MongoDB hello answered');
    expect(says('no certificate')).toMatch(/^right: refused/);
    expect(says('no TLS')).toMatch(/^right: refused/);
    const login = await verify(set.folder, `${url}/?authMechanism=MONGODB-X509`, { client: 'alice' });
    expect(login.says('client alice')).toMatch(/^wrong: let in, MongoDB error 59: no such command/);
  });

  describe.runIf(mongosh !== '')('mongosh, by the printed line', () => {
    const prove = (change: (line: string) => string) =>
      set.prove((line) => change(line).replace('mongosh', `'${mongosh}' --port ${port} --quiet`), {
        HOME: folder,
      });

    test('is let in, and logs in by a mechanism that FerretDB does not have', () => {
      const { status, stderr } = prove((line) => line);
      expect([status, stderr]).toEqual([1, expect.stringContaining("no such command: 'authenticate'")]);
    });

    test('is answered, but for the login', () => {
      const { status, stdout } = prove((line) => line.replace(AUTHENTICATION, ''));
      expect([status, stdout]).toEqual([0, expect.stringContaining('ok: 1')]);
    });

    test.each(REFUSED)('is refused as a client that is %s', (flaw) => {
      const { status, stdout } = prove((line) =>
        line.replace(AUTHENTICATION, '').replace(/[^/ ]+(?=\/client\.pem)/, `untrusted-${flaw}`),
      );
      expect([status, stdout]).toEqual([1, '']);
    });
  });
});
