// serve where its output cannot be written.
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { eventually, exitOf, NOTHING, remainsOf, startFront, startServe } from '../support/front.js';
import { freePort } from '../support/processes.js';
import { generateCerts, run, runBeside } from '../support/program.js';

const tools = inject('tools');
const out = join(temporaryFolderForAll(), 'certs');

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

/** serve with its standard error elsewhere. */
const errorsTo = (path: string) => ['sh', '-c', `exec "$@" 2>'${path}'`, 'sh'];

/** A call that NGINX refuses, and tells of. */
const refused = (rest: number) =>
  runBeside('curl', ['-sS', '--cacert', join(out, 'ca.pem'), `https://localhost:${rest}/v2/health/live`]);

async function servedInto(path: string) {
  const folder = temporaryFolder();
  const file = join(folder, 'ready.json');
  const options = ['--ready-file', file, '--access-log'];
  const front = await startFront({ folder, out, options, prefix: errorsTo(path) });
  onTestFinished(front.process.stop);
  await eventually(() => existsSync(file));
  for (let call = 0; call < 3; call++) {
    expect((await refused(front.rest)).stdout).toContain('No required SSL certificate was sent');
  }
  // It still is: nothing ended when the lines about the refusals could not be written.
  expect(existsSync(file)).toBe(true);
  front.process.child.kill('SIGTERM');
  expect(await front.exit).toEqual({ status: 143, signal: null });
  expect(await remainsOf(front)).toEqual(NOTHING);
  expect(existsSync(file)).toBe(false);
}

describe.skipIf(!tools.nginx || !existsSync('/dev/full'))('standard error that cannot be written', () => {
  test('a full disk: serve goes on to its end, and leaves nothing', async () => {
    await servedInto('/dev/full');
  });

  test('a reader that stalls: SIGTERM ends serve all the same', async () => {
    const pipe = join(temporaryFolder(), 'errors');
    expect(run('mkfifo', [pipe]).status).toBe(0);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    // Full from the beginning: the first line would wait for ever.
    expect(() => {
      for (;;) writeSync(reader, 'x'.repeat(4096));
    }).toThrow('EAGAIN');
    await servedInto(pipe);
  });

  test('standard output on a full disk ends it in order', async () => {
    const folder = temporaryFolder();
    const prefix = ['sh', '-c', 'exec "$@" >/dev/full', 'sh'];
    // A server that says nothing: its output is the same full disk.
    const script = `require('net').createServer().listen(process.argv.at(-3), '127.0.0.1')`;
    const command = [process.execPath, '-e', script, '--', '--port', '0', '--rest_port'];
    const port = await freePort();
    const serve = startServe({ folder, out, prefix }, [
      ...['--listen-rest', `127.0.0.1:${port}`, '--', ...command, String(port)],
    ]);
    onTestFinished(serve.stop);
    expect(await exitOf(serve)).toEqual({ status: 3, signal: null });
    expect(serve.output()).toContain('error: cannot write the output: ENOSPC');
    expect(
      await remainsOf({ folder, grpc: port, rest: port, backend: { pid: 0, grpc: port, rest: port } }),
    ).toEqual(NOTHING);
  });
});
