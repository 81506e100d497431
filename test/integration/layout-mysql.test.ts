import { mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { REFUSALS, tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { generateCerts, run } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');
/** A client whose whole name is that of a user. */
const BILLING = 'CN=app,O=billing';
const BILLING_FOLDER = 'CN-app-O-billing';

// Capabilities of MySQL's protocol.
const PROTOCOL_41 = 0x200;
const CLIENT_SSL = 0x800;
const SECURE_CONNECTION = 0x8000;

// MariaDB, which Debian has, reads what MySQL reads.
describe.runIf(tools.mariadb)('MariaDB with the layout mysql', () => {
  const folder = temporaryFolderForAll();
  const home = join(folder, 'data');
  const socket = join(folder, 'mysqld.sock');
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('mysql', join(folder, 'certs'), ['-c', BILLING]);
    mkdirSync(home, { mode: 0o700 });
    const own = ['user = root', `datadir = ${home}`, `socket = ${socket}`, `port = ${port}`];
    const more = ['bind-address = 127.0.0.1', 'innodb-log-file-size = 4M', 'innodb-flush-method = nosync'];
    const config = join(folder, 'my.cnf');
    writeFileSync(config, [...set.printed('my.cnf'), ...own, ...more, ''].join('\n'));
    const installed = run('mariadb-install-db', [
      ...[`--defaults-file=${config}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    ]);
    expect(installed.status, installed.stdout + installed.stderr).toBe(0);
    server = start('mariadbd', [`--defaults-file=${config}`]);
    await listening(server, port);
    const [create = ''] = set.printed('a user for the client');
    const billing = "CREATE USER 'billing' REQUIRE SUBJECT '/O=billing/CN=app';";
    const made = run('mysql', ['--no-defaults', '-S', socket, '-u', 'root', '-e', `${create} ${billing}`]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
  });
  afterAll(() => server?.stop());

  const connect = (user: string, ...identity: string[]) =>
    run('mysql', [
      ...['--no-defaults', '-h', 'localhost', '--protocol', 'tcp', '-P', String(port), '-u', user],
      ...[`--ssl-ca=${set.file('alice', 'ca.pem')}`, '--ssl-verify-server-cert', ...identity],
      ...['-N', '-e', 'select current_user()'],
    ]);
  const as = (user: string, party: string) =>
    connect(
      user,
      `--ssl-cert=${set.file(party, 'client-cert.pem')}`,
      `--ssl-key=${set.file(party, 'client-key.pem')}`,
    );

  test('lets in the valid client as the user of its name', () => {
    expect(as('alice', 'alice')).toEqual({ status: 0, stdout: 'alice@%\n', stderr: '' });
  });

  test('maps a distinguished name to a user, and no other client is let in as that user', () => {
    expect(as('billing', BILLING_FOLDER)).toMatchObject({ status: 0, stdout: 'billing@%\n' });
    expect(as('billing', 'alice').stderr).toContain('Access denied');
    expect(as('alice', BILLING_FOLDER).stderr).toContain('Access denied');
  });

  test('lets it in by the printed line', () => {
    const proved = set.prove((line) => line, { MYSQL_TCP_PORT: String(port) });
    expect(proved).toMatchObject({ status: 0, stdout: expect.stringContaining('alice@%') });
  });

  /** The client's request for TLS, after the server's greeting. */
  const asked = (plain: Socket) =>
    new Promise<void>((resolve) => {
      plain.once('data', () => {
        const request = Buffer.alloc(36);
        request.writeUInt32LE(32 | (1 << 24), 0);
        request.writeUInt32LE(PROTOCOL_41 | CLIENT_SSL | SECURE_CONNECTION, 4);
        plain.write(request, () => resolve());
      });
    });

  test.each(tlsRefusals('mysql'))('its TLS refuses a client: %s, %s', async (of, alert) => {
    expect(
      await refusalOf({
        port,
        begin: asked,
        ...set.caller(of, { ca: 'ca.pem', cert: 'client-cert.pem', key: 'client-key.pem' }),
      }),
    ).toBe(alert);
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', (flaw) => {
    const { status, stderr } = as('alice', `untrusted-${flaw}`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/TLS\/SSL error|alert|Lost connection|Server has gone away/i);
  });

  test('refuses a client without a certificate, and one without TLS', () => {
    expect(connect('alice').stderr).toContain(REFUSALS.mysql['no certificate']);
    const plain = ['--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', 'alice', '--skip-ssl'];
    expect(run('mysql', [...plain, '-e', 'select 1']).stderr).toMatch(/secure transport|Access denied/);
  });

  test('`verify` proves the same', async () => {
    const { report, says } = await prove(set.folder, `mysql://localhost:${port}`, { client: 'alice' });
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, MySQL logged in as alice');
    expect(says('no certificate')).toMatch(
      /^right: refused, MySQL error 1045: Access denied for user 'alice'/,
    );
    expect(says('no TLS')).toMatch(/^right: refused, MySQL error (?:1045|3159|4151)/);
    expect(says('untrusted revoked')).toMatch(/^right: refused/);
  });

  test('`verify` calls as the user of the URL, and no other client is let in as that user', async () => {
    const url = `mysql://billing@localhost:${port}`;
    const { says } = await prove(set.folder, url, { client: BILLING, refused: 'alice' });
    expect(says(`client ${BILLING}`)).toBe('right: let in, MySQL logged in as billing');
    expect(says('client alice, not on the list')).toMatch(/^right: refused, MySQL error 1045/);
  });

  test('`verify` finds a user whom the server knows by no certificate', async () => {
    const change = (statements: string) =>
      run('mysql', ['--no-defaults', '-S', socket, '-u', 'root', '-e', statements]);
    expect(change('CREATE USER open@localhost; SET GLOBAL require_secure_transport = OFF;').stderr).toBe('');
    onTestFinished(() => void change('SET GLOBAL require_secure_transport = ON;'));
    const { says } = await prove(set.folder, `mysql://open@localhost:${port}`, { client: 'alice' });
    expect(says('client alice')).toBe('right: let in, MySQL logged in as open');
    expect(says('no certificate')).toBe('wrong: let in, MySQL logged in as open');
    expect(says('no TLS')).toBe('wrong: let in, MySQL logged in as open');
    expect(says('untrusted unknown-ca')).toMatch(/^right: refused/);
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'server.cnf').trim().split('\n');
    expect(lines).toEqual(set.printed('my.cnf'));
  });

  test("the client takes the file that was written beside the client's certificate", () => {
    const config = join(folder, 'client.cnf');
    writeFileSync(config, set.written('alice', 'client.cnf'));
    const asked = run('mysql', [
      ...[`--defaults-file=${config}`, '-h', 'localhost', '--protocol', 'tcp', '-P', String(port)],
      ...['-u', 'alice', '-N', '-e', 'select current_user()'],
    ]);
    expect(asked).toMatchObject({ status: 0, stdout: 'alice@%\n' });
  });
});

test('a CA that has the common name of a party is refused before anything is made', () => {
  const folder = temporaryFolder();
  const subject = '/CN=db.test';
  const made = run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', subject, '-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')],
  ]);
  expect(made.status).toBe(0);
  const out = join(folder, 'certs');
  const refused = generateCerts(['-o', out, '-l', 'mysql', '--ca', folder, 'db.test']);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("'CN=db.test'");
  expect(generateCerts(['-q', '-o', out, '-l', 'mysql', '--ca', folder, 'other.test']).status).toBe(0);
});
