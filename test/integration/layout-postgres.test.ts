import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { REFUSALS, tlsRefusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening } from '../support/layouts.js';
import { commandsOf } from '../support/pages.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { EXECUTABLE, run } from '../support/program.js';
import { notRight, prove } from '../support/proved.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');
/** A client whose whole name Postgres maps to a user. */
const CAROL = 'CN=carol,O=devs,OU=ops';

// The server does not run as root.
const isRoot = process.getuid?.() === 0;

describe.runIf(tools.postgres !== '')('PostgreSQL with the layout postgres', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    const id = (option: string) => Number(run('id', [option, 'postgres']).stdout);
    const [uid, gid] = isRoot ? [id('-u'), id('-g')] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const owner = isRoot ? ['--owner', `${uid}:${gid}`] : [];
    set = layOut('postgres', join(folder, 'certs'), [...owner, '-c', CAROL]);
    chmodSync(folder, 0o755);
    const home = join(folder, 'data');
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, uid, gid);
    const bin = (name: string) => join(tools.postgres, name);
    const initdb = run(bin('initdb'), ['-D', home, '-U', 'alice', '-A', 'trust', '--no-sync'], {
      uid,
      gid,
      cwd: home,
    });
    expect(initdb.stderr).toBe('');
    const own = [`port = ${port}`, "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''"];
    const config = [...set.printed('postgresql.conf'), ...own].join('\n');
    writeFileSync(join(home, 'postgresql.conf'), `${config}\n`);
    const byName = 'hostssl all ops all cert clientname=DN map=names';
    // For databases that need not be there: a rule is chosen before one is opened.
    const others = [
      'host open all all trust',
      'hostssl password all all scram-sha-256',
      'hostssl both all all scram-sha-256 clientcert=verify-ca',
      'hostnossl instead all all scram-sha-256',
      'hostssl beside all all scram-sha-256 clientcert=verify-ca',
      'hostnossl beside all all trust',
    ];
    writeFileSync(
      join(home, 'pg_hba.conf'),
      `${[byName, ...others, ...set.printed('pg_hba.conf')].join('\n')}\n`,
    );
    writeFileSync(join(home, 'pg_ident.conf'), `names "${CAROL}" ops\n`);
    server = start(bin('postgres'), ['-D', home], {}, { uid, gid, cwd: home });
    await listening(server, port);
    await server.said(/ready to accept connections/);
  });
  afterAll(() => server?.stop());

  const asRole = (role: string, party: string | undefined) =>
    run('psql', ['-h', 'localhost', '-p', String(port), '-U', role, '-d', 'postgres', '-Atc', 'select 1'], {
      env: {
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: set.file('alice', 'root.crt'),
        PGSSLCERT: set.file(party ?? 'nobody', 'postgresql.crt'),
        PGSSLKEY: set.file(party ?? 'nobody', 'postgresql.key'),
      },
    });

  test('lets in the valid client as the user of its name', () => {
    expect(asRole('alice', 'alice')).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });

  test('lets it in as no other user', () => {
    expect(asRole('postgres', 'alice').stderr).toContain('certificate authentication failed');
  });

  test('lets in a distinguished name as the user of its CN, made by the printed line', () => {
    const psql = (sql: string) =>
      set.prove((line) => line.replace('select current_user', sql), { PGPORT: String(port) });
    const [role = ''] = set.printed('a user for the client');
    expect(role).toBe('CREATE ROLE "alice" LOGIN;');
    expect(psql(role.replace('alice', 'carol')).stderr).toBe('');
    expect(asRole('carol', 'CN-carol-O-devs-OU-ops')).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });

  test('maps a distinguished name, exactly as it was typed, to a user', () => {
    run(
      'psql',
      ['-h', 'localhost', '-p', String(port), '-U', 'alice', '-d', 'postgres', '-c', 'create role ops login'],
      {
        env: {
          PGSSLMODE: 'verify-full',
          PGSSLROOTCERT: set.file('alice', 'root.crt'),
          PGSSLCERT: set.file('alice', 'postgresql.crt'),
          PGSSLKEY: set.file('alice', 'postgresql.key'),
        },
      },
    );
    expect(asRole('ops', 'CN-carol-O-devs-OU-ops')).toEqual({ status: 0, stdout: '1\n', stderr: '' });
    expect(asRole('ops', 'alice').stderr).toContain('certificate authentication failed');
  });

  test('lets it in by the printed line', () => {
    const proved = set.prove((line) => line, { PGPORT: String(port) });
    expect(proved).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ alice$/m) });
  });

  /** PostgreSQL's own request for TLS, which it answers with one letter. */
  const asked = (plain: Socket) =>
    new Promise<void>((resolve) => {
      plain.once('data', () => resolve()).write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    });

  test.each(tlsRefusals('postgres'))('refuses a client: %s, %s', async (of, alert) => {
    const names = { ca: 'root.crt', cert: 'postgresql.crt', key: 'postgresql.key' };
    expect(await refusalOf({ port, begin: asked, ...set.caller(of, names) })).toBe(alert);
    const { status, stderr } = asRole('alice', `untrusted-${of}`);
    expect([status, stderr]).toEqual([2, expect.stringContaining(alert)]);
  });

  test('refuses a client without a certificate', () => {
    expect(asRole('alice', undefined).stderr).toContain(REFUSALS.postgres['no certificate']);
  });

  test('`verify` proves the same', async () => {
    const { report, says } = await prove(set.folder, `postgres://localhost:${port}`, { client: 'alice' });
    expect(notRight(report)).toEqual([]);
    expect(says('client alice')).toBe('right: let in, PostgreSQL authenticated');
    expect(says('no certificate')).toMatch(
      /^right: refused, PostgreSQL FATAL 28000: connection requires a valid client certificate, by the application/,
    );
    expect(says('no TLS')).toMatch(/^right: refused, PostgreSQL FATAL 28000: no pg_hba\.conf entry/);
    expect(says('untrusted revoked')).toBe('right: refused, TLS alert certificate revoked');
  });

  test('the commands of the pages prove it', () => {
    const commands = commandsOf('sh postgres').map((line) => line.replace(':5432', `:${port}`));
    expect(commands.length).toBeGreaterThan(0);
    const program = `generate-certs() { '${process.execPath}' '${EXECUTABLE}' "$@"; }`;
    for (const command of commands) {
      const proved = run('bash', ['-c', `${program}\n${command}`], { cwd: folder });
      expect(proved).toMatchObject({ status: 0, stdout: expect.stringContaining('PASSED') });
    }
  });

  test('`verify` calls as the user of the URL, and as no other', async () => {
    const url = `postgres://ops@localhost:${port}/postgres`;
    const { says } = await prove(set.folder, url, { client: CAROL, refused: 'alice' });
    expect(says(`client ${CAROL}`)).toBe('right: let in, PostgreSQL authenticated');
    expect(says('client alice, not on the list')).toMatch(/^right: refused, PostgreSQL FATAL 28000/);
  });

  const rowOf = async (database: string, name: string) => {
    const url = `postgres://localhost:${port}/${database}`;
    const { report, says } = await prove(set.folder, url, { client: 'alice' });
    return { right: notRight(report).length === 0, said: says(name) };
  };

  test('`verify` finds a rule that trusts the network', async () => {
    const { report, says } = await prove(set.folder, `postgres://localhost:${port}/open`, {
      client: 'alice',
    });
    expect(says('client alice')).toBe('right: let in, PostgreSQL authenticated');
    expect(says('no certificate')).toBe('wrong: let in, PostgreSQL authenticated');
    expect(says('no TLS')).toBe('wrong: let in, PostgreSQL authenticated');
    expect(says('untrusted unknown-ca')).toMatch(/^right: refused, TLS alert/);
    expect(report.result).toBe('wrong');
  });

  test('`verify` finds a rule that asks for a password alone, and takes one beside the certificate for right', async () => {
    const password = 'PostgreSQL asks for a password (SASL)';
    expect(await rowOf('password', 'no certificate')).toEqual({
      right: false,
      said: `wrong: let in, ${password}`,
    });
    expect(await rowOf('both', 'client alice')).toEqual({ right: true, said: `right: let in, ${password}` });
  });

  test('`verify` finds that a password is asked for over TLS alone', async () => {
    const said = 'wrong: let in, PostgreSQL authenticated';
    expect(await rowOf('beside', 'no TLS')).toEqual({ right: false, said });
  });

  test('`verify` does not judge a password in the place of the certificate', async () => {
    expect(await rowOf('instead', 'no TLS')).toEqual({
      right: false,
      said: 'inconclusive: another answer, PostgreSQL asks for a password (SASL)',
    });
  });

  test('the files beside the certificates say the same as what is printed', () => {
    for (const name of ['postgresql.conf', 'pg_hba.conf']) {
      const lines = set.written('server', name).trim().split('\n').slice(1);
      expect(lines).toEqual(set.printed(name));
    }
  });

  test("libpq takes the client's service file", () => {
    const service = join(folder, 'pg_service.conf');
    const own = `host=localhost\nport=${port}\nuser=alice\ndbname=postgres\n`;
    writeFileSync(service, set.written('alice', 'pg_service.conf') + own);
    const asked = run('psql', ['service=generate-certs', '-Atc', 'select current_user'], {
      env: { PGSERVICEFILE: service },
    });
    expect(asked).toEqual({ status: 0, stdout: 'alice\n', stderr: '' });
  });
});
