// Large bodies stream through: nothing of them is held in memory or on the disk on their way.
import { readFileSync, statfsSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { loadCertificateSet } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { processesOf, startFront } from '../support/front.js';
import { kserveClient } from '../support/kserve-client.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const out = join(temporaryFolderForAll(), 'certs');
const MB = 1024 * 1024;

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q']).status).toBe(0);
});

/** proc_pid_status(5): the most memory that a process has ever had, in bytes. */
const peak = (pid: number) =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

async function front() {
  const started = await startFront({ folder: temporaryFolder(), out });
  onTestFinished(started.process.stop);
  const own = processesOf(started.folder).filter((pid) => pid !== started.backend.pid);
  return { ...started, peaks: () => own.map(peak), own };
}

describe.skipIf(!tools.nginx)('with bounded memory', () => {
  test('a REST body of 900 MB', async () => {
    const { rest, peaks, folder } = await front();
    const before = peaks();
    const set = await loadCertificateSet(out);
    const free = () => statfsSync(folder).bavail * statfsSync(folder).bsize;
    const [freeBefore, chunk] = [free(), Buffer.alloc(MB)];
    function* body() {
      for (let sent = 0; sent < 900; sent++) yield chunk;
    }
    const call = request({
      ...{ host: 'localhost', port: rest, path: '/count', method: 'POST', agent: false },
      ...{ headers: { 'content-length': 900 * MB }, ...set.client('client').tlsOptions() },
    });
    const answer = new Promise<string>((resolve, reject) => {
      call.on('error', reject);
      call.on('response', async (response) => {
        resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`);
      });
    });
    await pipeline(Readable.from(body()), call);
    expect(await answer).toBe(`200 {"bytes":${900 * MB}}`);
    peaks().forEach((bytes, index) => {
      expect(bytes - (before[index] ?? 0)).toBeLessThan(64 * MB);
    });
    expect(freeBefore - free()).toBeLessThan(800 * MB);
  });

  test('a gRPC message of 64 MB, both ways', async () => {
    const { grpc, peaks } = await front();
    const before = peaks();
    const client = await kserveClient(`localhost:${grpc}`, join(out, 'nginx'));
    onTestFinished(() => client.close());
    const answer = await client.inferRaw(Buffer.alloc(64 * MB));
    expect(answer.length).toBe(64 * MB);
    peaks().forEach((bytes, index) => {
      expect(bytes - (before[index] ?? 0)).toBeLessThan(64 * MB);
    });
  });
});
