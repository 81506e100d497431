// How serve ends: whatever ends first, the rest is stopped, and nothing is left: no process, no port, no folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import {
  eventually,
  exitOf,
  type FrontStart,
  NOTHING,
  nginxMaster,
  processesOf,
  type RunningFront,
  remainsOf,
  serverFlags,
  startFront,
  startServe,
} from '../support/front.js';
import { MODEL_SERVER } from '../support/model-server.js';
import { freePort, start } from '../support/processes.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');
const shared = temporaryFolderForAll();
const out = join(shared, 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

async function front(given: Partial<FrontStart> = {}): Promise<RunningFront> {
  const started = await startFront({ folder: temporaryFolder(), out, ...given });
  onTestFinished(started.process.stop);
  return started;
}

/** A folder for the PATH that holds these programs alone. */
function linkPrograms(folder: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const path = execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(path.trim(), join(folder, name));
  }
}

const kill = (pid: number, signal: NodeJS.Signals) => process.kill(pid, signal);

describe.skipIf(!tools.nginx)('the exit status is that of the one that ended first', () => {
  test.each([0, 3])('the server exits with %i', async (code) => {
    const running = await front({ server: ['--exit_code', String(code)] });
    kill(running.backend.pid, 'SIGUSR2');
    expect(await running.exit).toEqual({ status: code, signal: null });
    expect(await remainsOf(running)).toEqual(NOTHING);
    expect(running.process.output()).toContain(`the server ended with exit status ${code}`);
  });

  test('the server is killed, and what it had started ends too', async () => {
    const running = await front({ server: ['--orphan'] });
    await running.process.said(/^orphan \d+$/m);
    kill(running.backend.pid, 'SIGKILL');
    expect(await running.exit).toEqual({ status: 137, signal: null });
    expect(await remainsOf(running)).toEqual(NOTHING);
  });

  test('NGINX is killed', async () => {
    const running = await front();
    kill(nginxMaster(running.folder), 'SIGKILL');
    expect(await running.exit).toEqual({ status: 137, signal: null });
    expect(await remainsOf(running)).toEqual(NOTHING);
    expect(running.process.output()).toContain('NGINX was killed by SIGKILL');
  });

  test('the server ends before it is ready', async () => {
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const command = [
      process.execPath,
      MODEL_SERVER,
      ...serverFlags(grpc, rest),
      '--exit_at_once',
      '--exit_code',
      '7',
    ];
    const serve = startServe({ folder, out }, ['--', ...command]);
    onTestFinished(serve.stop);
    expect(await exitOf(serve)).toEqual({ status: 7, signal: null });
    expect(await remainsOf({ folder, grpc, rest, backend: { pid: 0, grpc, rest } })).toEqual(NOTHING);
  });
});

describe.skipIf(!tools.nginx)('NGINX does not start', () => {
  // The server is the last that acts before NGINX starts: it takes NGINX's port, or spoils its certificate.
  async function spoiled(set: string, spoil: string) {
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const script = `const fs = require('node:fs'), net = require('node:net');
      const spoiled = (async () => { ${spoil} })();
      spoiled.then(() => import('${MODEL_SERVER}'));`;
    const command = [process.execPath, '-e', script, '--', ...serverFlags(grpc, rest)];
    const env = { SPOILED_PORT: String(grpc), SPOILED_SET: set };
    const serve = startServe({ folder, out: set, env }, ['--', ...command]);
    onTestFinished(serve.stop);
    const exit = await exitOf(serve);
    expect(await remainsOf({ folder, grpc, rest, backend: { pid: 0, grpc, rest } })).toEqual(NOTHING);
    await eventually(() => serve.output().includes('hint:'));
    return { ...exit, output: serve.output(), grpc };
  }

  test('its port was taken in the last moment', async () => {
    const take = `await new Promise((done) => net.createServer().listen(process.env.SPOILED_PORT, '127.0.0.1', done))`;
    const { status, output, grpc } = await spoiled(out, take);
    expect(status).toBe(3);
    expect(output).toContain(`error: port ${grpc} is taken`);
  });

  test('its certificate is none', async () => {
    const set = join(temporaryFolder(), 'certs');
    run('cp', ['-r', out, set]);
    const spoil = `fs.writeFileSync(process.env.SPOILED_SET + '/nginx/server.pem', 'spoiled')`;
    const { status, output } = await spoiled(set, spoil);
    expect(status).toBe(3);
    expect(output).toMatch(/error: nginx does not start: cannot load certificate /);
  });
});

test.skipIf(!tools.nginx)(
  'a port that another program was quicker to take is given up for another',
  async () => {
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const thief = join(folder, 'thief');
    // At its first start the server finds its port taken, by a program that is none of the front's.
    const script = `const fs = require('node:fs');
    const port = process.argv[process.argv.indexOf('--port') + 1];
    if (fs.existsSync('${thief}')) import('${MODEL_SERVER}');
    else {
      const hold = "require('node:net').createServer().listen(process.argv[1], '127.0.0.1', () => console.log('held'))";
      const { env } = process;
      delete env.GENERATE_CERTS_FRONT;
      const child = require('node:child_process').spawn(process.execPath, ['-e', hold, port], { detached: true, env, stdio: ['ignore', 'pipe', 'ignore'] });
      fs.writeFileSync('${thief}', String(child.pid));
      child.stdout.on('data', () => process.exit(1));
    }`;
    const command = [process.execPath, '-e', script, '--', ...serverFlags(grpc, rest)];
    const serve = startServe({ folder, out }, ['--', ...command]);
    onTestFinished(serve.stop);
    onTestFinished(() => {
      process.kill(Number(readFileSync(thief, 'utf8')));
    });
    await serve.said(/^ready: /m);
    serve.child.kill('SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 143, signal: null });
  },
);

describe.skipIf(!tools.nginx)('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s is passed on to the server: %i', async (signal, status) => {
    const running = await front();
    kill(running.pid, signal);
    expect(await running.exit).toEqual({ status, signal: null });
    expect(await remainsOf(running)).toEqual(NOTHING);
  });

  test('a server that ignores SIGTERM is killed after --grace', async () => {
    const running = await front({ options: ['--grace', '1s'], server: ['--ignore_sigterm'] });
    kill(running.pid, 'SIGTERM');
    await running.process.said(/ignored SIGTERM/);
    expect(await running.exit).toEqual({ status: 137, signal: null });
    expect(await remainsOf(running)).toEqual(NOTHING);
  });

  test('a second SIGINT ends at once', async () => {
    const stubborn = `process.on('SIGINT', () => console.log('ignored SIGINT')); await import('${MODEL_SERVER}')`;
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const command = [
      process.execPath,
      '--input-type=module',
      '-e',
      stubborn,
      '--',
      ...serverFlags(grpc, rest),
    ];
    const serve = startServe({ folder, out }, ['--grace', '1h', '--', ...command]);
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    serve.child.kill('SIGINT');
    await serve.said(/ignored SIGINT/);
    serve.child.kill('SIGINT');
    expect(await exitOf(serve)).toEqual({ status: 130, signal: null });
    expect(await remainsOf({ folder, grpc, rest, backend: { pid: 0, grpc, rest } })).toEqual(NOTHING);
  });

  test('before the server answers', async () => {
    const folder = temporaryFolder();
    const [grpc, rest] = [await freePort(), await freePort()];
    const silent = [process.execPath, '-e', "console.log('silent'); setInterval(() => 0, 1000)", '--'];
    const serve = startServe({ folder, out }, ['--', ...silent, ...serverFlags(grpc, rest)]);
    onTestFinished(serve.stop);
    await serve.said(/^silent$/m);
    serve.child.kill('SIGTERM');
    expect(await exitOf(serve)).toEqual({ status: 143, signal: null });
    expect(await remainsOf({ folder, grpc, rest, backend: { pid: 0, grpc, rest } })).toEqual(NOTHING);
  });
});

describe.skipIf(!tools.nginx)('serve itself is killed', () => {
  test('the server and NGINX die with it, and the next run removes its folder', async () => {
    const running = await front({ server: ['--orphan'] });
    const [, orphan] = await running.process.said(/^orphan (\d+)$/m);
    kill(running.pid, 'SIGKILL');
    // The kernel ends the two; what the server had started stays until the next run.
    await eventually(() => processesOf(running.folder).join() === orphan);
    const next = await front({ folder: running.folder });
    expect(processesOf(running.folder)).not.toContain(Number(orphan));
    expect(readdirSync(join(running.folder, 'tmp'))).toHaveLength(1);
    kill(next.pid, 'SIGTERM');
    await next.exit;
    expect(await remainsOf(next)).toEqual(NOTHING);
  });

  test('without setpriv the next run ends them, on the very same ports, and nobody else', async () => {
    // A PATH without setpriv: the kernel ends nobody.
    const bare = join(temporaryFolder(), 'bin');
    const folder = temporaryFolder();
    linkPrograms(bare, ['nginx', 'mkfifo']);
    const running = await front({ folder, env: { PATH: bare } });
    const stranger = start('sleep', ['1000'], { TMPDIR: join(folder, 'elsewhere') });
    onTestFinished(stranger.stop);
    kill(running.pid, 'SIGKILL');
    await running.exit;
    expect(processesOf(folder).length).toBeGreaterThan(2);
    const command = [process.execPath, MODEL_SERVER, ...serverFlags(running.grpc, running.rest)];
    const next = startServe({ folder, out, env: { PATH: bare } }, ['--', ...command]);
    onTestFinished(next.stop);
    await next.said(/^ready: /m);
    expect(stranger.child.exitCode).toBeNull();
    expect(processesOf(folder)).not.toContain(running.backend.pid);
    next.child.kill('SIGTERM');
    await exitOf(next);
    expect(await remainsOf(running)).toEqual(NOTHING);
  });
});
