// Clients as people write them: the right ones refuse what they must, and each wrong one is told its hole.
import { beforeAll, describe, inject, test } from 'vitest';
import { clients, commandOf, isInstalled } from '../../scripts/clients.mjs';
import { type CertificateSet, createCertificateSet, verifyClient } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { expectKnown } from '../support/known-client.js';

const tools = inject('tools');
const ALL = clients({ python: tools.requestsPython });

let set: CertificateSet;
beforeAll(async () => {
  set = await createCertificateSet({ key: 'ec-p256', layouts: ['grpc'], untrusted: 'none' });
});

describe.each(ALL)('$name', (client) => {
  // Skipped where its program is not installed.
  test.runIf(isInstalled(client.program))('does what it is known for', async () => {
    const command = commandOf(client, temporaryFolder()) ?? [];
    const report = await verifyClient({ set, command, timeoutMs: 60_000 });
    expectKnown(report, client);
  });
});
