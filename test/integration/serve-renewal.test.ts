// While the set is renewed under it, serve loses no call.
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { readManifest } from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { eventually, startFront } from '../support/front.js';
import { kserveClient } from '../support/kserve-client.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
const out = join(folder, 'certs');
// Shorter than the half minute that it was once measured with: the three renewals are what matters.
const RENEWALS = 3;
const CALLS_A_SECOND = 200;
const STREAMS = 4;

beforeAll(() => {
  expect(generateCerts(['--out', out, '-k', 'ec-p256', '-q', '--valid-for', '20s']).status).toBe(0);
});

describe.skipIf(!tools.nginx)('while the set is renewed', () => {
  test(`${CALLS_A_SECOND} calls a second and ${STREAMS} streams, across ${RENEWALS} renewals: none fails`, async () => {
    const front = await startFront({ folder: temporaryFolder(), out, options: ['--renew-at', '0.1'] });
    onTestFinished(front.process.stop);
    const client = await kserveClient(`localhost:${front.grpc}`, join(out, 'nginx'));
    onTestFinished(() => client.close());
    const renewals = () => front.process.output().match(/^renewed /gm)?.length ?? 0;
    const failures: string[] = [];
    const streams = Array.from({ length: STREAMS }, () => client.stream((error) => failures.push(error)));
    let [calls, sent] = [0, 0];
    const pending = new Set<Promise<void>>();
    const begun = performance.now();
    const already = renewals();
    while (renewals() - already < RENEWALS && failures.length === 0) {
      // As many as are due by the clock: a machine that is slow for a moment catches up.
      for (; calls < ((performance.now() - begun) / 1000) * CALLS_A_SECOND; calls++) {
        const number = calls;
        const call: Promise<void> = client
          .infer(number)
          .then((answer) => {
            if (answer !== number + 1) failures.push(`${number} was answered with ${answer}`);
          })
          .catch((error) => failures.push(`${error}`))
          .then(() => {
            pending.delete(call);
          });
        pending.add(call);
      }
      for (const stream of streams) stream.send(sent);
      sent++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(pending);
    await Promise.all(streams.map((stream) => stream.end()));
    expect(failures).toEqual([]);
    expect(streams.map((stream) => stream.received())).toEqual(streams.map(() => sent));
    expect(calls).toBeGreaterThan(CALLS_A_SECOND);
    // What NGINX serves is what was renewed, and nothing of it was refused.
    const { certificates } = await readManifest(out);
    const server = certificates.find(({ role }) => role === 'server');
    await eventually(async () => (await client.serverSerialNumber()) === server?.serialNumber);
    expect(front.process.output()).not.toMatch(/\[(?:emerg|alert|crit|error)\]/);
  });
});
