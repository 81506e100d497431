// The hop behind NGINX: in plaintext on loopback, and with --encrypt-backend not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { eventually, exitOf, type FrontStart, startFront, startServe } from '../support/front.js';
import { kserveClient } from '../support/kserve-client.js';
import { freePort, start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, runBeside } from '../support/program.js';

const tools = inject('tools');
const isRoot = process.getuid?.() === 0;
const C_CORE_SERVER = fileURLToPath(new URL('../support/model_server.py', import.meta.url));
const folder = temporaryFolderForAll();
const out = join(folder, 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

async function front(given: Partial<FrontStart> = {}) {
  const started = await startFront({ folder: temporaryFolder(), out, ...given });
  onTestFinished(started.process.stop);
  return started;
}

/** Sixteen bytes that are a tensor of four numbers, and that nobody overlooks. */
const TENSOR = Buffer.from('INFER PLAINTEXT!');

/** What goes over the loopback interface on some ports while work is done, as it is captured. */
async function capture(ports: readonly number[], work: () => Promise<unknown>): Promise<Buffer> {
  const file = join(temporaryFolder(), 'loopback.pcap');
  const filter = ports.map((port) => `tcp port ${port}`).join(' or ');
  const sniffer = start('tcpdump', ['-i', 'lo', '-U', '-Z', 'root', '-w', file, filter]);
  await sniffer.said(/listening on lo/);
  const before = () => (existsSync(file) ? readFileSync(file).length : 0);
  await work();
  await eventually(() => before() > 1000);
  // It writes what the kernel has buffered before it ends.
  await sniffer.stop();
  return readFileSync(file);
}

async function infer(grpc: number, rest?: number): Promise<void> {
  const client = await kserveClient(`localhost:${grpc}`, join(out, 'nginx'));
  try {
    const answer = await client.inferRaw(TENSOR);
    expect(answer.readFloatLE()).toBe(TENSOR.readFloatLE() + 1);
  } finally {
    client.close();
  }
  if (rest === undefined) return;
  const file = (name: string) => join(out, 'nginx', name);
  const answered = await runBeside('curl', [
    ...['-sS', '--cacert', join(out, 'ca.pem'), '--cert', file('client.pem'), '--key', file('client.key')],
    ...['-d', TENSOR.toString(), `https://localhost:${rest}/count`],
  ]);
  expect(answered.stdout).toBe('{"bytes":16}');
}

describe.skipIf(!tools.nginx || !tools.tcpdump || !isRoot)('what a capture on loopback shows', () => {
  test('without --encrypt-backend: the inference', async () => {
    const { grpc, rest, backend } = await front();
    const seen = await capture([grpc, rest, backend.grpc, backend.rest], () => infer(grpc, rest));
    expect(seen.includes(TENSOR)).toBe(true);
  });

  test('with it, and with --backend-rest-tls: none of it', async () => {
    const {
      grpc,
      rest,
      backend,
      process: serve,
    } = await front({
      options: ['--encrypt-backend', '--backend-rest-tls'],
    });
    const seen = await capture([grpc, rest, backend.grpc, backend.rest], () => infer(grpc, rest));
    expect(seen.length).toBeGreaterThan(1000);
    expect(seen.includes(TENSOR)).toBe(false);
    expect(serve.output()).not.toContain('warning:');
  });
});

describe.skipIf(!tools.nginx)('--encrypt-backend', () => {
  test('leaves REST in plaintext, and says so', async () => {
    const { grpc, rest, process: serve } = await front({ options: ['--encrypt-backend'] });
    await infer(grpc, rest);
    expect(serve.output()).toContain('warning: the REST hop between NGINX and the server stays plaintext');
  });

  test('names the flags that a server does not know', async () => {
    const script = "process.stderr.write('unrecognised option\\n'); process.exit(64)";
    const port = await freePort();
    const serve = startServe({ folder: temporaryFolder(), out }, [
      ...['--encrypt-backend', '--listen-grpc', `127.0.0.1:${port}`],
      ...['--', process.execPath, '-e', script, '--', '--model_name', 'x'],
    ]);
    onTestFinished(serve.stop);
    expect(await exitOf(serve)).toEqual({ status: 64, signal: null });
    expect(serve.output()).toContain(
      '--encrypt-backend gave it --grpc_certificate_path, --grpc_key_path, --grpc_ca_path\n',
    );
  });

  test('the server lets nobody in but NGINX: not even a client of the set', async () => {
    const { backend } = await front({ options: ['--encrypt-backend'] });
    await expect(infer(backend.grpc)).rejects.toThrow();
  });

  test.skipIf(tools.debianPython === '')('with a server on gRPC C-core', async () => {
    const [own, port] = [temporaryFolder(), await freePort()];
    const flags = ['--port', String(port), '--grpc_bind_address=127.0.0.1'];
    const serve = startServe({ folder: own, out }, [
      ...['--encrypt-backend', '--', tools.debianPython, C_CORE_SERVER, ...flags],
    ]);
    onTestFinished(serve.stop);
    await serve.said(/^ready: /m);
    await infer(port);
    const verify = ['verify', '--out', out, '--grpc', `localhost:${port}`, '-q'];
    expect((await runBeside(process.execPath, [EXECUTABLE, ...verify])).status).toBe(0);
    serve.child.kill('SIGTERM');
    await exitOf(serve);
  });
});
