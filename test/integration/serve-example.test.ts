// serve with the command lines of the NGINX example of OpenVINO Model Server.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { exitOf, listenersOf, processesOf, startServe } from '../support/front.js';
import { MODEL_SERVER } from '../support/model-server.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const isRoot = process.getuid?.() === 0;
const out = join(temporaryFolderForAll(), 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

/** Serves in a network of its own, whose only interface is loopback. */
async function served(flags: readonly string[]) {
  const prefix = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const folder = temporaryFolder();
  const serve = startServe({ folder, out, prefix }, ['--', process.execPath, MODEL_SERVER, ...flags]);
  onTestFinished(serve.stop);
  await serve.said(/^ready: /m);
  const listeners = listenersOf(processesOf(folder)).filter((at) => /:(?:9178|3335|2225)$/.test(at));
  return { listeners: listeners.sort(), output: serve.output() };
}

describe.skipIf(!tools.nginx || !tools.ip || !isRoot)('the bind addresses', () => {
  test('of the example, which no host here has: a warning, and all interfaces', async () => {
    const { listeners, output } = await served([
      ...['--port', '3335', '--rest_port', '2225', '--model_name', 'face'],
      ...['--grpc_bind_address', '8.8.8.8', '--rest_bind_address', '1.1.1.1'],
    ]);
    expect(listeners).toEqual(['0.0.0.0:2225', '0.0.0.0:3335', '[::]:2225', '[::]:3335']);
    expect(output).toContain("warning: '8.8.8.8' of --grpc_bind_address is not an address of this host\n");
    expect(output).toContain("warning: '1.1.1.1' of --rest_bind_address is not an address of this host\n");
  });

  test('that this host has, by a name or an address, are listened on', async () => {
    const { listeners, output } = await served([
      ...['--port', '3335', '--rest_port', '2225'],
      ...['--grpc_bind_address', '127.0.0.3', '--rest_bind_address', 'localhost'],
    ]);
    expect(listeners).toContain('127.0.0.3:3335');
    expect(listeners).toContain('127.0.0.1:2225');
    expect(listeners.join()).not.toContain('0.0.0.0');
    expect(output).not.toContain('warning:');
  });
});

test.skipIf(!tools.nginx || !tools.ip || !isRoot)('a port of 0 turns that side off', async () => {
  expect((await served(['--port', '0', '--rest_port', '2225'])).listeners).toEqual([
    '0.0.0.0:2225',
    '[::]:2225',
  ]);
  expect((await served(['--port', '3335', '--rest_port', '0'])).listeners).toEqual([
    '0.0.0.0:3335',
    '[::]:3335',
  ]);
});

describe('what only asks the server for something goes through', () => {
  test.each([['--help'], ['--version'], ['--list_models'], ['--pull']])('%s', async (flag) => {
    const folder = temporaryFolder();
    const set = join(folder, 'certs');
    const words = [flag, '--port', '9178', '--model_name', 'a b', '--exit_code', '5'];
    const dump = join(folder, 'argv.json');
    // Without an nginx on the PATH: none is needed.
    const serve = startServe({ folder, out: set, env: { PATH: '/nowhere' } }, [
      ...['--', process.execPath, MODEL_SERVER, ...words, '--dump_argv', dump],
    ]);
    onTestFinished(serve.stop);
    await serve.said(/^asked /m);
    expect(await exitOf(serve)).toEqual({ status: 5, signal: null });
    expect(JSON.parse(readFileSync(dump, 'utf8'))).toEqual([...words, '--dump_argv', dump]);
    expect(serve.output()).not.toMatch(/warning|error|ready/);
    expect(existsSync(set)).toBe(false);
  });
});
