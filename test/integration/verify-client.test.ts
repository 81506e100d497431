import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  type ClientContact,
  type ClientTarget,
  createCertificateSet,
  openClientServers,
  type Row,
  SERVER_FLAWS,
  type VerifyReport,
  verifyClient,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { C_CORE_FORMS, PEER } from '../support/grpc.js';
import { freePort, start } from '../support/processes.js';
import { EXECUTABLE, generateCerts } from '../support/program.js';

const tools = inject('tools');
let set: CertificateSet;
beforeAll(async () => {
  set = await createCertificateSet({
    key: 'ec-p256',
    layouts: ['grpc'],
    clients: ['alice'],
    untrusted: 'none',
  });
});

const MUSTS = [
  ...SERVER_FLAWS.filter(
    ({ severity, needsIntermediates }) => severity === 'must' && !needsIntermediates,
  ).map(({ name }) => name as string),
  'no-tls',
];

const row = ({ rows }: VerifyReport, name: string): Row => {
  const found = rows.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
};
/** The flaws that a client accepts although it must not. */
const holes = ({ rows }: VerifyReport) =>
  rows
    .filter(({ verdict, severity }) => verdict === 'wrong' && severity === 'must')
    .map(({ name }) => name.slice(7));

/** One GET in Node, in whichever way it checks the server. */
const get =
  (options: https.RequestOptions = {}) =>
  ({ url, ca, signal }: ClientTarget) =>
    new Promise<void>((resolve, reject) => {
      https
        .get(url, { ca, agent: false, signal, ...options }, (response) =>
          response.resume().on('end', resolve),
        )
        .on('error', reject);
    });

describe('a client that checks its server', () => {
  const expectRight = (report: VerifyReport, excused: string[] = []) => {
    expect(row(report, 'server right').verdict).toBe('right');
    expect(holes(report)).toEqual(excused);
    for (const name of MUSTS.filter((must) => !excused.includes(must))) {
      expect(row(report, `server ${name}`)).toMatchObject({ observed: 'refused' });
    }
  };

  // Most clients still take a name from the CN where there is no SAN (curl, Node, Python, C-core), and C-core an
  // address from a DNS name: measured.
  test.runIf(tools.curl).each([['--http1.1'], ['--http2']])(
    'curl %s is right but for the CN',
    async (version) => {
      const command = [
        'curl',
        '-sS',
        version,
        '--cacert',
        '{ca}',
        '--cert',
        '{cert}',
        '--key',
        '{key}',
        '{url}',
      ];
      const report = await verifyClient({ set, command });
      expectRight(report, ['cn-only']);
      expect(report.result).toBe('wrong');
      expect(row(report, 'client certificate')).toMatchObject({ verdict: 'right', observed: 'shown' });
      expect(row(report, 'server expired').by).toMatch(
        /^TLS alert certificate expired, exit status 60: 'curl: \(60\)/,
      );
      const accepted = await verifyClient({ set, command, flaws: ['cn-only'], accepted: ['cn-only'] });
      expect(accepted.result).toBe('right');
    },
  );

  test.runIf(tools.curl)('curl --cert-status takes the word of the CA that the server staples', async () => {
    const command = ['curl', '-sS', '--cert-status', '--cacert', '{ca}', '{url}'];
    const flaws = ['revoked'];
    const report = await verifyClient({ set, command, flaws, strict: true });
    expect(row(report, 'server right').verdict).toBe('right');
    expect(row(report, 'server revoked')).toMatchObject({ verdict: 'right', observed: 'refused' });
    expect(row(report, 'server revoked').by).toContain('revocation');
    const without = command.filter((word) => word !== '--cert-status');
    const lax = await verifyClient({ set, command: without, flaws });
    expect(row(lax, 'server revoked').verdict).toBe('warning');
  });

  test("Node's https is right but for the CN, in the same process", async () => {
    const report = await verifyClient({ set, call: get(), accepted: ['cn-only'] });
    expect(holes(report)).toEqual([]);
    expect(report.result).toBe('right');
    expectRight(await verifyClient({ set, call: get() }), ['cn-only']);
    expect(row(report, 'server wrong-name').by).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('@grpc/grpc-js is right but for the CN', async () => {
    const call = ({ host, port, tlsOptions: { ca, key, cert } }: ClientTarget) =>
      new Promise<void>((resolve, reject) => {
        const pair = [key, cert].map((pem) => Buffer.from(pem ?? '')) as [Buffer, Buffer];
        const client = new Client(`${host}:${port}`, credentials.createSsl(Buffer.from(ca), ...pair));
        client.makeUnaryRequest(
          '/inference.GRPCInferenceService/ServerLive',
          (message: Buffer) => message,
          (bytes) => bytes,
          Buffer.alloc(0),
          { deadline: Date.now() + 5000 },
          (error) => {
            client.close();
            if (error) reject(error);
            else resolve();
          },
        );
      });
    const report = await verifyClient({ set, call, mutual: true });
    expectRight(report, ['cn-only']);
    expect(row(report, 'client certificate').verdict).toBe('right');
  });

  test.each(C_CORE_FORMS.filter(({ python }) => python !== ''))(
    '$form is right but for two',
    async ({ python }) => {
      const calls = JSON.stringify([{ target: '{host}:{port}', root: '{ca}' }]);
      const report = await verifyClient({
        set,
        command: [python, PEER, 'call', calls],
        timeoutMs: 60_000,
        jobs: 3,
      });
      expectRight(report, ['cn-only', 'address-as-dns']);
    },
  );

  test.runIf(tools.debianPython !== '')("Python's ssl is right but for the CN", async () => {
    const script = [
      'import os, urllib.request, ssl',
      "context = ssl.create_default_context(cafile=os.environ['GENERATE_CERTS_CA'])",
      "urllib.request.urlopen(os.environ['GENERATE_CERTS_URL'], context=context).read()",
    ].join('\n');
    const report = await verifyClient({ set, command: [tools.debianPython, '-c', script] });
    expectRight(
      report,
      holes(report).filter((name) => name === 'cn-only'),
    );
  });
});

describe('a client with a hole', () => {
  const names = ['wrong-name', 'cn-only', 'wildcard-too-wide', 'address-as-dns'];

  test('that checks nothing is told each of them', async () => {
    const report = await verifyClient({ set, call: get({ rejectUnauthorized: false }) });
    // The key usage is OpenSSL's own check, which goes with the chain's.
    expect(holes(report)).toEqual(MUSTS.filter((name) => name !== 'no-tls'));
    expect(report.result).toBe('wrong');
    expect(row(report, 'server expired').note).toContain('ended an hour ago (RFC 5280 section 6.1.3 (a)(2))');
  });

  test.runIf(tools.curl)('curl -k is told each of them', async () => {
    const report = await verifyClient({ set, command: ['curl', '-sSk', '{url}'] });
    expect(holes(report)).toEqual(MUSTS.filter((name) => name !== 'no-tls'));
  });

  test('that checks the chain and not the name', async () => {
    const report = await verifyClient({ set, call: get({ checkServerIdentity: () => undefined }) });
    expect(holes(report).sort()).toEqual([...names].sort());
  });

  test.each(C_CORE_FORMS.filter(({ python }) => python !== ''))(
    '$form with an overridden target name',
    async ({ python }) => {
      const proved = (override: string, flaws: string[]) => {
        const calls = JSON.stringify([{ target: '{host}:{port}', root: '{ca}', override }]);
        return verifyClient({ set, command: [python, PEER, 'call', calls], timeoutMs: 60_000, flaws });
      };
      // It is led to 127.0.0.1 there, and checks for localhost.
      expect(row(await proved('localhost', ['address-as-dns']), 'server address-as-dns')).toMatchObject({
        verdict: 'wrong',
        note: expect.stringContaining('asks for localhost where it is led to 127.0.0.1'),
      });
      const report = await proved('api.test', []);
      expect(row(report, 'server right').note).toContain('asks for api.test where it is led to localhost');
      expect(report.result).toBe('wrong');
    },
  );

  test('that ignores dates', async () => {
    const call = ({ host, port, ca }: ClientTarget) =>
      new Promise<void>((resolve, reject) => {
        const options = {
          host,
          port,
          ca,
          servername: host === 'localhost' ? host : '',
          rejectUnauthorized: false,
        };
        const socket: TLSSocket = connect(options, () => {
          const problem = socket.authorizationError as unknown as string | undefined;
          const dates = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
          if (problem && !dates.includes(String(problem))) {
            socket.destroy();
            reject(new Error(String(problem)));
          } else socket.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        });
        socket.on('data', () => undefined).on('close', () => resolve());
        socket.on('error', reject);
      });
    expect(holes(await verifyClient({ set, call }))).toEqual(['expired', 'not-yet-valid', 'cn-only']);
  });

  test('that tries again without TLS', async () => {
    const call = (target: ClientTarget) =>
      get()(target).catch(
        () =>
          new Promise<void>((resolve, reject) => {
            http
              .get(`http://${target.host}:${target.port}/`, { agent: false }, (response) =>
                response.resume().on('end', resolve),
              )
              .on('error', reject);
          }),
      );
    const report = await verifyClient({ set, call, flaws: ['expired', 'no-tls'] });
    expect(holes(report)).toEqual(['expired', 'no-tls']);
    expect(row(report, 'server expired').note).toContain('without TLS');
  });

  test('that shows no certificate, or another one', async () => {
    const other = await set.issueClient('mallory');
    const none = await verifyClient({ set, call: get(), mutual: true, flaws: [] });
    expect(row(none, 'client certificate')).toMatchObject({ verdict: 'wrong', observed: 'not shown' });
    const { cert, key } = other.tlsOptions();
    const wrong = await verifyClient({ set, call: get({ cert, key }), flaws: [] });
    expect(row(wrong, 'client certificate')).toMatchObject({
      verdict: 'wrong',
      observed: 'another one shown',
    });
  });

  test('that sends its request before it has checked', async () => {
    const call = ({ host, port, ca }: ClientTarget) =>
      new Promise<void>((resolve, reject) => {
        const options = { host, port, ca, servername: host, rejectUnauthorized: false };
        const socket: TLSSocket = connect(options, () => {
          socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
          socket.once('data', () => {
            socket.destroy();
            if (socket.authorized) resolve();
            else reject(new Error(String(socket.authorizationError)));
          });
        });
        socket.on('error', reject);
      });
    const report = await verifyClient({ set, call, flaws: ['expired'] });
    expect(row(report, 'server right')).toMatchObject({ verdict: 'right', note: '' });
    expect(row(report, 'server expired')).toMatchObject({
      ...{ verdict: 'wrong', observed: 'talked to' },
      by: expect.stringContaining('CERT_HAS_EXPIRED'),
      note: expect.stringContaining('it then failed, after its request was sent'),
    });
  });

  test('that fails although it was answered is pointed out', async () => {
    const call = async (target: ClientTarget) => {
      await get()(target);
      throw new Error('not what was expected');
    };
    const report = await verifyClient({ set, call, flaws: [] });
    expect(row(report, 'server right')).toMatchObject({
      verdict: 'right',
      note: 'it failed although it was answered',
    });
  });

  test('that says all went well where it refused is pointed out', async () => {
    const call = (target: ClientTarget) => get()(target).catch(() => undefined);
    const report = await verifyClient({ set, call, flaws: ['expired'] });
    expect(row(report, 'server expired')).toMatchObject({ observed: 'refused', verdict: 'warning' });
  });
});

describe('a command', () => {
  const script = (code: string) => [process.execPath, '-e', code];

  test('that never connects proves nothing', async () => {
    const report = await verifyClient({ set, command: script('') });
    expect(report).toMatchObject({ result: 'no-answer', counts: { right: 0, wrong: 0 } });
    expect(row(report, 'server right')).toMatchObject({
      observed: 'never connected',
      note: 'it never connected: does it call the URL that it is given?',
    });
  });

  test('that refuses the right server is wrong', async () => {
    const report = await verifyClient({ set, call: ({ url }) => get()({ url } as ClientTarget) });
    expect(report.result).toBe('wrong');
    expect(row(report, 'server right').note).toContain("does it trust the set's CA?");
  });

  test('that ignores SIGTERM and has a child is ended with it, in its time', async () => {
    const folder = temporaryFolder();
    const code = `
      process.on('SIGTERM', () => undefined);
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
      setInterval(() => {}, 1000);`;
    const report = await verifyClient({ set, command: script(code), timeoutMs: 1000 });
    expect(row(report, 'server right').by).toBe('it did not end in time');
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });

  test('that prints without end is read and not kept', async () => {
    const code = `const line = 'x'.repeat(1 << 20); for (let i = 0; i < 100; i++) require('node:fs').writeSync(1, line);`;
    const report = await verifyClient({ set, command: script(code) });
    expect(row(report, 'server right').by.length).toBeLessThan(200);
  });

  test('is quoted by the end of its line, where the reason is', async () => {
    const code = `console.error('Error: ' + 'x'.repeat(300) + ': certificate has expired'); process.exitCode = 1;`;
    const report = await verifyClient({ set, command: script(code), flaws: [] });
    expect(row(report, 'server right').by).toMatch(/^exit status 1: '…x{100,}: certificate has expired'$/);
  });

  test('that connects twice is judged by all that it sends', async () => {
    const code = `
      const https = require('node:https');
      const { readFileSync } = require('node:fs');
      const ca = readFileSync(process.env.GENERATE_CERTS_CA);
      const call = (options) => new Promise((resolve) => {
        https.get(process.env.GENERATE_CERTS_URL, { agent: false, ...options }, (response) =>
          response.resume().on('end', resolve)).on('error', resolve);
      });
      // A client that gives up checking when it tries again.
      call({ ca }).then(() => call({ rejectUnauthorized: false }));`;
    const report = await verifyClient({ set, command: script(code), flaws: ['expired', 'wrong-name'] });
    expect(row(report, 'server right').verdict).toBe('right');
    expect(holes(report)).toEqual(['expired', 'wrong-name']);
  });

  test('that leaves a child in a session of its own is not waited for, and the child is ended', async () => {
    const folder = temporaryFolder();
    const code = `
      const child = require('node:child_process').spawn(
        process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { detached: true, stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
      child.unref();
      require('node:https').get(process.env.GENERATE_CERTS_URL,
        { agent: false, ca: require('node:fs').readFileSync(process.env.GENERATE_CERTS_CA) },
        (response) => response.resume());`;
    const report = await verifyClient({ set, command: script(code), flaws: [] });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    expect(row(report, 'server right').verdict).toBe('right');
  });

  test('that needs longer than its time for a bad server is told so, and judged by what it sent', async () => {
    const code = `
      require('node:https').get(process.env.GENERATE_CERTS_URL,
        { agent: false, ca: require('node:fs').readFileSync(process.env.GENERATE_CERTS_CA) },
        (response) => response.resume())
        .on('error', () => setTimeout(() => {}, 30_000));`;
    const report = await verifyClient({ set, command: script(code), flaws: ['expired'], timeoutMs: 3000 });
    expect(row(report, 'server expired')).toMatchObject({ observed: 'refused', verdict: 'right' });
    expect(row(report, 'server expired').by).toContain('it did not end in time');
  });

  test('leaves no files behind', async () => {
    const before = leftovers();
    await verifyClient({ set, command: script('') });
    await expect(verifyClient({ set, command: ['no-such-program'] })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_PROGRAM_MISSING' }),
    );
    expect(leftovers().filter((name) => !before.includes(name))).toEqual([]);
  });
});

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('generate-certs-client-'));

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('options that are none are refused before anything is started', async () => {
  const call = () => Promise.resolve();
  for (const [options, code] of [
    [{ set }, 'ERR_OPTION_INVALID'],
    [{ set, call, command: ['x'] }, 'ERR_OPTION_INVALID'],
    [{ set, command: [] }, 'ERR_OPTION_INVALID'],
    [{ set, call, jobs: 0 }, 'ERR_OPTION_INVALID'],
    [{ set, call, timeoutMs: -1 }, 'ERR_OPTION_INVALID'],
    [{ set, call, flaws: ['expird'] }, 'ERR_FLAW_UNKNOWN'],
    [{ set, call, accepted: ['issued-by-client'] }, 'ERR_FLAW_UNKNOWN'],
  ] as const) {
    await expect(verifyClient(options)).rejects.toThrow(expect.objectContaining({ code }));
  }
});

describe('generate-certs verify-client', () => {
  test.runIf(tools.curl)('has the exit statuses and reports of verify', async () => {
    const folder = temporaryFolder();
    await writeCertificateSet(set, join(folder, 'certs'));
    const verify = (...args: string[]) => generateCerts(['verify-client', ...args], { cwd: folder });
    const right = ['--', 'curl', '-sS', '--cacert', '{ca}', '{url}'];
    const json = verify('--json', '--expect', 'cn-only=accepted', ...right);
    expect(json.status).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ result: 'right' });
    const table = verify('--junit', 'report.xml', ...right);
    expect(table.status).toBe(1);
    expect(table.stdout).toMatch(/WRONG {2}server cn-only/);
    expect(table.stderr).toBe('if your team accepts this, say so: --expect cn-only=accepted\n');
    expect(readFileSync(join(folder, 'report.xml'), 'utf8')).toContain('classname="client curl"');
    expect(verify('--markdown', ...right).stdout).toContain('| **wrong** | server cn-only |');
    expect(verify('--', 'true', '{url}').status).toBe(3);
    expect(verify('--', 'no-such-program', '{url}').status).toBe(3);
    for (const bad of [
      ['--', ''],
      ['--listen', '9443', ...right],
      ['--listen', 'x'],
      ['--listen', '9443,9444'],
      ['--listen', '65535'],
      ['--jobs', '1'],
      ['--flaw', 'expird'],
      ['--expect', 'cn-only', ...right],
      ['--expect', 'x=accepted', ...right],
      ['--jobs', 'x', ...right],
    ]) {
      expect(verify(...bad).status).toBe(2);
    }
    expect(verify('--', 'true').stderr).toContain('no argument of the command says where it is to connect');
  });

  test('runs the command without a shell', async () => {
    const folder = temporaryFolder();
    await writeCertificateSet(set, join(folder, 'certs'));
    writeFileSync(
      join(folder, 'print.cjs'),
      'require("node:fs").writeFileSync("seen", process.argv.slice(2).join("\\n"));',
    );
    generateCerts(['verify-client', '--', process.execPath, 'print.cjs', '{host}:{port};$(id)', '{other}'], {
      cwd: folder,
    });
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^localhost:\d+;\$\(id\)\n\{other\}$/);
  });
});

describe('servers that are kept up', () => {
  const kept = async (...options: string[]) => {
    const folder = temporaryFolder();
    await writeCertificateSet(set, join(folder, 'certs'));
    const running = start(process.execPath, [
      EXECUTABLE,
      'verify-client',
      ...['--out', join(folder, 'certs'), '--flaw', 'expired', ...options],
    ]);
    await running.said(/Ctrl-C ends it/);
    const ended = new Promise<number | null>((resolve) => running.child.on('close', resolve));
    const url = (name: string) => new RegExp(`(https://\\S+) +${name}`).exec(running.output())?.[1] ?? '';
    const call = (name: string, more: https.RequestOptions = {}) => {
      const target = { url: url(name), ca: set.authority.certificate.pem };
      return get(more)({ ...target, signal: new AbortController().signal } as ClientTarget);
    };
    return { running, call, url, ended, stop: () => running.child.kill('SIGINT') };
  };

  test('say what each caller does, and prove a client that is right', async () => {
    const { running, call, ended, stop } = await kept();
    await call('right');
    await running.said(/right {2}server right, from port \d+: handshake done \(TLSv1\.3\).*sent a request/);
    await expect(call('expired')).rejects.toThrow('certificate has expired');
    await running.said(/right {2}server expired, from port \d+: .*sent no request/);
    stop();
    expect(await ended).toBe(0);
    expect(running.output()).toContain('PASSED');
  });

  test('show the hole of a client that checks nothing', async () => {
    const { running, call, ended, stop } = await kept('--json');
    await call('right', { rejectUnauthorized: false });
    await call('expired', { rejectUnauthorized: false });
    await running.said(/WRONG {2}server expired, from port \d+: .*sent a request/);
    stop();
    expect(await ended).toBe(1);
    expect(running.output()).toMatch(/"result": "wrong"/);
  });

  test('prove nothing where the right one was not called, or none was', async () => {
    const uncalled = await kept();
    uncalled.stop();
    expect(await uncalled.ended).toBe(3);
    const other = await kept();
    await expect(other.call('expired')).rejects.toThrow('certificate has expired');
    await other.running.said(/server expired, from port/);
    other.stop();
    expect(await other.ended).toBe(1);
    expect(other.running.output()).toContain('the right server was not talked to');
  });

  test('do not count a connection without a byte', async () => {
    const { running, call, url, ended, stop } = await kept();
    const { port } = new URL(url('expired'));
    await new Promise<void>((resolve) => {
      const socket = connectPlain(Number(port), '127.0.0.1', () => socket.destroy());
      socket.on('close', () => resolve());
    });
    await call('right');
    await running.said(/server right, from port/);
    stop();
    expect(await ended).toBe(1);
    expect(running.output()).not.toMatch(/server expired, from port/);
  });

  test('tell callers apart by the port that they call from, and the time', async () => {
    const contacts: ClientContact[] = [];
    const servers = await openClientServers({
      ...{ set, flaws: ['expired'] },
      onContact: (contact) => contacts.push(contact),
    });
    try {
      const target = { url: servers.servers[1]?.url, ca: set.authority.certificate.pem } as ClientTarget;
      const before = Date.now();
      await Promise.allSettled([get()(target), get({ rejectUnauthorized: false })(target)]);
      await expect.poll(() => contacts.length).toBe(2);
      expect(contacts.map((contact) => contact.row.verdict).sort()).toEqual(['right', 'wrong']);
      expect(new Set(contacts.map(({ callerPort }) => callerPort)).size).toBe(2);
      for (const { at } of contacts) expect(at.getTime()).toBeGreaterThanOrEqual(before);
    } finally {
      servers.close();
    }
  });

  test('have the ports that are asked for, and none where one is taken', async () => {
    const [first, second, third] = await Promise.all([freePort(), freePort(), freePort()]);
    const servers = await openClientServers({ set, flaws: ['expired'], ports: [first, second] });
    try {
      expect(servers.servers.map(({ port }) => port)).toEqual([first, second]);
      const taken = openClientServers({ set, flaws: ['expired'], ports: [third, second] });
      await expect(taken).rejects.toThrow(expect.objectContaining({ code: 'ERR_PORT_TAKEN' }));
      const again = await openClientServers({ set, flaws: [], ports: [third] });
      again.close();
      const folder = temporaryFolder();
      await writeCertificateSet(set, join(folder, 'certs'));
      const command = ['verify-client', '--flaw', 'expired', '--listen', `${third},${second}`];
      expect(generateCerts(command, { cwd: folder })).toMatchObject({
        status: 3,
        stderr: expect.stringContaining(`port ${second} is taken`),
      });
    } finally {
      servers.close();
    }
  });
});
