// What verifiers of other languages say of each flaw. The expectations are in test/support/flaw-table-others.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type CertificateSet,
  type ClientCredential,
  createCertificateSet,
  FLAWS,
  writeCertificateSet,
} from '../../src/index.js';
import { ACCEPTED } from '../support/flaw-probes.js';
import { OTHER_FLAW_TABLE, renderOtherFlawTable } from '../support/flaw-table-others.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { type RunningProcess, start } from '../support/processes.js';
import { REPOSITORY } from '../support/program.js';
import { verifyByGo, verifyByJava, verifyByNss } from '../support/verifiers/verifiers.js';

const tools = inject('tools');
const folder = temporaryFolderForAll();
// Name constraints and intermediates have tests of their own.
const flaws = FLAWS.filter(({ needsNameConstraints, needsIntermediates }) => {
  return !needsNameConstraints && !needsIntermediates;
}).map(({ name }) => name);
const file = (name: string) => join(folder, `${name}.pem`);
const files = [file('client'), ...flaws.map((name) => file(`untrusted-${name}`))];
let set: CertificateSet;

beforeAll(async () => {
  set = await createCertificateSet({ untrusted: 'all', layouts: ['grpc'], key: 'rsa-2048' });
  await writeCertificateSet(set, folder);
});

function expectTable(column: 'go' | 'java' | 'nss', [valid, ...said]: readonly string[]): void {
  expect(valid).toBe(ACCEPTED);
  for (const [index, name] of flaws.entries()) {
    expect(`${name}: ${said[index]}`).toContain(OTHER_FLAW_TABLE[name][column]);
  }
}

test.runIf(tools.go)('Go', { timeout: 240_000 }, () => {
  expectTable('go', verifyByGo(file('ca'), 'client', files));
});

test.runIf(tools.java)('Java', () => {
  expectTable('java', verifyByJava(file('ca'), 'client', files));
});

test.runIf(tools.vfychain)('NSS', () => {
  expectTable('nss', verifyByNss(folder, file('ca'), 'client', files));
});

describe.runIf(tools.rabbitmq !== '')("Erlang's ssl, which RabbitMQ has", () => {
  let server: RunningProcess;
  let port = 0;

  beforeAll(async () => {
    const script = fileURLToPath(new URL('../support/verifiers/verify.escript', import.meta.url));
    server = start('escript', [script, file('server'), join(folder, 'server.key'), file('ca')]);
    port = Number((await server.said(/^port (\d+)$/m))[1]);
  });
  afterAll(() => server?.stop());

  /** One connection at a time: what it says of each is the next line. */
  async function judge(client: ClientCredential): Promise<string> {
    const before = server.output().length;
    const socket = connect({ ...client.tlsOptions(), host: '127.0.0.1', port, maxVersion: 'TLSv1.2' });
    socket.on('error', () => undefined);
    await expect.poll(() => server.output().slice(before), { timeout: 10_000 }).toMatch(/^said .*\n/m);
    socket.destroy();
    return /^said (.*)$/m.exec(server.output().slice(before))?.[1] ?? '';
  }

  test('judges each as expected', async () => {
    expect(await judge(set.client('client'))).toBe(ACCEPTED);
    for (const name of flaws) {
      expect(`${name}: ${await judge(set.untrusted(name))}`).toBe(
        `${name}: ${OTHER_FLAW_TABLE[name].erlang}`,
      );
    }
  });
});

test("the page's second table is the one that the tests expect", () => {
  expect(readFileSync(join(REPOSITORY, 'docs', 'refused-clients.md'), 'utf8')).toContain(
    renderOtherFlawTable(),
  );
  expect(Object.keys(OTHER_FLAW_TABLE)).toEqual(FLAWS.map(({ name }) => name));
});
