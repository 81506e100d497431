// serve, the whole way: a real NGINX in front of the tests' model server.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import {
  answers,
  eventually,
  exitOf,
  type FrontStart,
  listenersOf,
  processesOf,
  type RunningFront,
  startFront,
  startServe,
} from '../support/front.js';
import { MODEL_SERVER, startModelServer } from '../support/model-server.js';
import { commandsOf } from '../support/pages.js';
import { freePort, start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, run, runBeside } from '../support/program.js';

const tools = inject('tools');
const isRoot = process.getuid?.() === 0;
const shared = temporaryFolderForAll();
const out = join(shared, 'certs');

beforeAll(() => {
  const made = generateCerts(['--out', out, '-k', 'ec-p256', '-q', '-c', 'alice', '-c', 'bob']);
  expect(made.status).toBe(0);
});

async function front(given: Partial<FrontStart> = {}): Promise<RunningFront> {
  const started = await startFront({ folder: temporaryFolder(), out, ...given });
  onTestFinished(started.process.stop);
  return started;
}

const verify = (set: string, { grpc, rest }: Pick<RunningFront, 'grpc' | 'rest'>, ...more: string[]) =>
  runBeside(process.execPath, [
    ...[EXECUTABLE, 'verify', '--out', set],
    ...['--grpc', `localhost:${grpc}`, '--rest', `https://localhost:${rest}`, ...more],
  ]);
const curl = (name: string, url: string, ...more: string[]) => {
  const file = (extension: string) => join(out, 'nginx', `${name}.${extension}`);
  return runBeside('curl', [
    ...['-sS', '--cacert', join(out, 'ca.pem'), '--cert', file('pem'), '--key', file('key')],
    ...[...more, url],
  ]);
};

describe.skipIf(!tools.nginx)('the whole way', () => {
  test('verify, with a model, finds nothing wrong, not even in the policies', async () => {
    const running = await front();
    const proved = await verify(out, running, '--model', 'plus-one', '--strict', '--quiet');
    expect(proved).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('nothing listens but the two TLS ports and the server behind them, on loopback alone', async () => {
    const running = await front();
    const { grpc, rest, backend } = running;
    const expected = [grpc, rest, backend.grpc, backend.rest].map((port) => `127.0.0.1:${port}`);
    expect(listenersOf(processesOf(running.folder)).sort()).toEqual(expected.sort());
    for (const port of [backend.grpc, backend.rest]) {
      expect(await answers(port, '127.0.0.1')).toBe(true);
      expect(await answers(port, '127.0.0.2')).toBe(false);
    }
  });

  test.skipIf(!isRoot || !tools.ip)(
    'without bind flags it is all interfaces that the TLS ports listen on, and loopback that the server does',
    async () => {
      // A network of its own, whose only interface is loopback.
      const prefix = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
      const folder = temporaryFolder();
      const command = [process.execPath, MODEL_SERVER, '--rest_port', '2225'];
      const serve = startServe({ folder, out, prefix }, ['--', ...command]);
      onTestFinished(serve.stop);
      await serve.said(/^ready: /m);
      const [, grpc] = await serve.said(/^grpc (\d+)$/m);
      const [, rest] = await serve.said(/^rest (\d+)$/m);
      const expected = ['0.0.0.0:9178', '[::]:9178', '0.0.0.0:2225', '[::]:2225'];
      const pids = processesOf(folder);
      expect(listenersOf(pids).sort()).toEqual(
        [...expected, `127.0.0.1:${grpc}`, `127.0.0.1:${rest}`].sort(),
      );
    },
  );

  test('the headers of the example, and no session that outlives a revocation', async () => {
    const { rest } = await front();
    const { stdout } = await curl('alice', `https://localhost:${rest}/v2/health/live`, '-i');
    expect(stdout).toMatch(/^Strict-Transport-Security: max-age=31536000; includeSubdomains\r$/m);
    expect(stdout).toMatch(/^X-Frame-Options: DENY\r$/m);
    expect(stdout).toMatch(/^X-Content-Type-Options: nosniff\r$/m);
    const tls = await runBeside('openssl', [
      ...['s_client', '-connect', `localhost:${rest}`, '-tls1_2', '-CAfile', join(out, 'ca.pem')],
      ...['-cert', join(out, 'nginx/alice.pem'), '-key', join(out, 'nginx/alice.key')],
    ]);
    expect(tls.stdout).toMatch(/Session-ID: *\n/);
    expect(tls.stdout).not.toContain('TLS session ticket:');
    expect(tls.stdout).toMatch(/Cipher is ECDHE-/);
  });

  test('a refusal says why, and whose certificate it was; what is let in says nothing', async () => {
    const running = await front();
    const url = `https://localhost:${running.rest}/v2/health/live`;
    expect((await curl('alice', url)).stdout).toContain('live');
    expect((await curl('untrusted-unknown-ca', url)).stdout).toContain('The SSL certificate error');
    await running.process.said(
      /^nginx: \S+ 127\.0\.0\.1 verify=FAILED:unable to verify the first certificate subject="[^"]*CN=[^"]+" 400 "GET/m,
    );
    expect(running.process.output()).not.toContain('verify=SUCCESS');
  });

  test('revoke takes effect by itself, and lets the others in', async () => {
    const own = join(temporaryFolder(), 'certs');
    run('cp', ['-r', out, own]);
    const running = await front({ out: own });
    const url = `https://localhost:${running.rest}/v2/health/live`;
    expect((await curl('bob', url)).stdout).toContain('live');
    expect(generateCerts(['revoke', 'bob', '--out', own]).status).toBe(0);
    await eventually(async () => !(await curl('bob', url)).stdout.includes('live'));
    expect((await curl('alice', url)).stdout).toContain('live');
    await running.process.said(/verify=FAILED:certificate revoked subject="[^"]*CN=bob"/);
  });
});

// The ports in the pages are served on all interfaces: a network of its own keeps them to itself.
test.skipIf(!tools.nginx || !tools.ip || !isRoot)('the commands of the pages', async () => {
  const commands = commandsOf('sh serve');
  expect(commands.length).toBeGreaterThan(2);
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  const links = { ovms: MODEL_SERVER, 'generate-certs': EXECUTABLE };
  for (const [name, path] of Object.entries(links)) {
    const script = `#!/bin/sh\nexec '${process.execPath}' '${path}' "$@"\n`;
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
  for (const command of commands) {
    const cwd = temporaryFolder();
    const script = `cd '${cwd}' && ip link set lo up && exec ${command}`;
    const serve = start('unshare', ['-n', 'sh', '-c', script], {
      PATH: `${bin}:${process.env.PATH}`,
      TMPDIR: cwd,
    });
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    serve.child.kill('SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 143, signal: null });
  }
});

describe.skipIf(!tools.nginx)('when it is ready', () => {
  test('tells the addresses, the files and the command that proves it, and writes the ready file', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'ready.json');
    const running = await front({ folder, options: ['--ready-file', file] });
    const { grpc, rest } = running;
    await eventually(() => existsSync(file));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      by: 'generate-certs serve',
      start: readFileSync(`/proc/${running.pid}/stat`, 'utf8').split(' ')[21],
      grpc: `localhost:${grpc}`,
      rest: `https://localhost:${rest}`,
      pid: running.pid,
    });
    const output = running.process.output();
    expect(output).toContain(`gRPC  localhost:${grpc}\n`);
    expect(output).toContain(`REST  https://localhost:${rest}\n`);
    expect(output).toMatch(/nginx\/alice\.pem +its certificate/);
    expect(output).toContain(
      `  generate-certs verify --out ${out} --grpc localhost:${grpc} --rest https://localhost:${rest}\n`,
    );
    running.process.child.kill('SIGTERM');
    await running.exit;
    expect(existsSync(file)).toBe(false);
  });

  test('--verify goes on where the endpoint is right', async () => {
    const running = await front({ options: ['--verify'] });
    expect(running.process.output()).toContain('PASSED');
  });

  test('--verify stops everything where it is not', async () => {
    // A server that answers on its port, and speaks neither gRPC nor HTTP.
    const folder = temporaryFolder();
    const port = await freePort();
    const mute = `require('net').createServer((s) => s.destroy()).listen(process.argv.at(-1), '127.0.0.1')`;
    const flags = ['--rest-port-flag', 'none', '--bind-flag', 'none', '--listen-grpc', `127.0.0.1:${port}`];
    const command = [process.execPath, '-e', mute, '--', '--port', String(port)];
    const serve = startServe({ folder, out }, [...flags, '--verify', '--', ...command]);
    onTestFinished(serve.stop);
    expect(await exitOf(serve)).toEqual({ status: 1, signal: null });
    expect(processesOf(folder)).toEqual([]);
  });

  test('in front of servers that run already', async () => {
    const server = await startModelServer(['--rest_port', '0']);
    onTestFinished(server.stop);
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const serve = startServe({ folder, out }, [
      ...['--backend-grpc', `127.0.0.1:${server.grpc}`, '--backend-rest', `127.0.0.1:${server.rest}`],
      ...['--listen-grpc', `127.0.0.1:${grpc}`, '--listen-rest', `127.0.0.1:${rest}`],
    ]);
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    expect(await verify(out, { grpc, rest }, '--model', 'plus-one', '-q')).toMatchObject({ status: 0 });
    serve.child.kill('SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 0, signal: null });
    expect(server.process.child.exitCode).toBeNull();
  });
});

describe.skipIf(!tools.nginx)("the server's arguments arrive byte for byte", () => {
  async function argumentsOf(command: (dump: string) => readonly string[], options: readonly string[] = []) {
    const folder = temporaryFolder();
    const dump = join(folder, 'argv.json');
    const serve = startServe({ folder, out }, [
      ...[...options, '--', process.execPath, MODEL_SERVER, '--dump_argv', dump, ...command(dump)],
    ]);
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    const [, grpc] = await serve.said(/^grpc (\d+)$/m);
    const [, rest = ''] = command(dump).some((word) => word.startsWith('--rest_port'))
      ? await serve.said(/^rest (\d+)$/m)
      : [];
    return { argv: JSON.parse(readFileSync(dump, 'utf8')).slice(2), grpc, rest };
  }

  test('of the example, with only the ports and the addresses changed', async () => {
    const [port, restPort] = [await freePort(), await freePort()].map(String) as [string, string];
    const listen = [...['--listen-grpc', `127.0.0.1:${port}`], ...['--listen-rest', `127.0.0.1:${restPort}`]];
    const words = (grpc: string, rest: string) => [
      ...['--model_path', '/models/face', '--model_name', 'face', '--port', grpc, '--rest_port', rest],
      ...['--plugin_config', '{"NUM_STREAMS": "1"}'],
    ];
    const { argv, grpc, rest } = await argumentsOf(() => words(port, restPort), listen);
    const added = ['--grpc_bind_address', '127.0.0.1', '--rest_bind_address', '127.0.0.1'];
    expect(argv).toEqual([...words(grpc as string, rest), ...added]);
    expect([grpc, rest]).not.toContain(port);
  });

  test('odd ones, and both forms of the flags', async () => {
    const odd = [
      'a\nb',
      '"\'`',
      '$(id)',
      '',
      'ünïcødé ✓',
      ' -x ',
      '*',
      '\\',
      '--plugin_config={"a": "$HOME"}',
    ];
    const port = String(await freePort());
    const { argv, grpc } = await argumentsOf(() => [
      '--grpc_bind_address=127.0.0.1',
      ...odd,
      `--port=${port}`,
      '--port_of_another',
      '7',
    ]);
    expect(argv).toEqual([
      ...['--grpc_bind_address=127.0.0.1', ...odd, `--port=${grpc}`, '--port_of_another', '7'],
    ]);
  });
});

describe.skipIf(!tools.nginx)('the environment fail before anything is made or started', () => {
  async function failing(args: readonly string[], env: Record<string, string> = {}) {
    const folder = temporaryFolder();
    const set = join(folder, 'certs');
    const serve = startServe({ folder, out: set, env }, args);
    onTestFinished(serve.stop);
    const { status } = await exitOf(serve);
    await eventually(() => serve.output().includes('hint:'));
    expect(existsSync(set)).toBe(false);
    return { status, output: serve.output() };
  }
  const command = [process.execPath, MODEL_SERVER];

  test('a port that is taken, and by whom', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      holder.close();
    });
    await eventually(() => holder.listening);
    const { port } = holder.address() as { port: number };
    const { status, output } = await failing(['--listen-grpc', `127.0.0.1:${port}`, '--', ...command]);
    expect(status).toBe(3);
    expect(output).toMatch(new RegExp(`error: port ${port} is taken by .+ \\(pid ${process.pid}\\)\n`));
  });

  test('no nginx on the PATH', async () => {
    const { status, output } = await failing(['--', ...command], { PATH: '/nowhere' });
    expect(status).toBe(3);
    expect(output).toContain('error: there is no nginx on the PATH\n');
  });

  test('an nginx without http_ssl or http_v2', async () => {
    // What is tried is only how the answer to nginx -V is read: no such build is here.
    const bin = join(temporaryFolder(), 'bin');
    mkdirSync(bin);
    const script = '#!/bin/sh\necho "configure arguments: --with-http_v2_module" >&2\n';
    writeFileSync(join(bin, 'nginx'), script, { mode: 0o755 });
    const { status, output } = await failing(['--', ...command], { PATH: `${bin}:${process.env.PATH}` });
    expect(status).toBe(3);
    expect(output).toContain('was built without the module http_ssl\n');
    expect(output).toContain('apt-get install nginx');
  });

  test('a command that does not exist, or is not executable', async () => {
    expect(await failing(['--', 'no-such-server'])).toMatchObject({
      status: 3,
      output: expect.stringContaining("error: 'no-such-server' does not exist\n"),
    });
    expect(await failing(['--', MODEL_SERVER])).toMatchObject({
      status: 3,
      output: expect.stringContaining('is not executable\n'),
    });
  });
});
