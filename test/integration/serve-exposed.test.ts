// A server that others than this host can reach, around NGINX.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { exitOf, processesOf, startServe } from '../support/front.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const isRoot = process.getuid?.() === 0;
const out = join(temporaryFolderForAll(), 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

/** A server that takes no address, and listens where it likes, in a network whose only interface is loopback. */
function serve(listen: (port: string) => string, options: readonly string[] = []) {
  const prefix = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const folder = temporaryFolder();
  const script = `const net = require('node:net');
    const listen = (port, host) => net.createServer((s) => s.destroy()).listen(port, host);
    ${listen(`process.argv[process.argv.indexOf('--port') + 1]`)}`;
  const command = [process.execPath, '-e', script, '--', '--port', '9178'];
  const file = join(folder, 'ready.json');
  const started = startServe({ folder, out, prefix }, [
    ...[
      '--bind-flag',
      'none',
      '--rest-port-flag',
      'none',
      '--ready-file',
      file,
      ...options,
      '--',
      ...command,
    ],
  ]);
  onTestFinished(started.stop);
  return { folder, file, started };
}

describe.skipIf(!tools.nginx || !tools.ip || !isRoot)('a server that can be reached around NGINX', () => {
  test.each([
    ['all IPv4 addresses', (port: string) => `listen(${port}, '0.0.0.0')`, /listens on 0\.0\.0\.0:\d+:/],
    ['all addresses', (port: string) => `listen(${port})`, /listens on \[::\]:\d+:/],
  ])('on %s: is refused', async (_name, listen, message) => {
    const { folder, file, started } = serve(listen);
    expect(await exitOf(started)).toEqual({ status: 1, signal: null });
    expect(started.output()).toMatch(message);
    expect(started.output()).toContain('--allow-exposed-backend');
    expect(started.output()).not.toContain('ready: ');
    expect(existsSync(file)).toBe(false);
    expect(processesOf(folder)).toEqual([]);
  });

  test('--allow-exposed-backend warns of it', async () => {
    const { started } = serve((port) => `listen(${port}, '0.0.0.0')`, ['--allow-exposed-backend']);
    await started.said(/^ready: /m);
    expect(started.output()).toMatch(/warning: the server listens on 0\.0\.0\.0:\d+: /);
  });

  test('by another port of its own: a warning', async () => {
    const { started } = serve(
      (port) => `listen(7777, '0.0.0.0').on('listening', () => listen(${port}, '127.0.0.1'))`,
    );
    await started.said(/^ready: /m);
    expect(started.output()).toContain('warning: the server also listens on 0.0.0.0:7777, ');
  });

  test('on loopback alone: nothing is said', async () => {
    const { started } = serve((port) => `listen(${port}, '127.0.0.1')`);
    await started.said(/^ready: /m);
    expect(started.output()).not.toContain('warning');
  });
});
