// Clients that are built from what their language's registry has, or that take long to start. Each does what it is known
// for; docs/refused-servers.md has the whole table.
import { beforeAll, describe, test } from 'vitest';
import { isInstalled } from '../../scripts/clients.mjs';
import { moreClients } from '../../scripts/more-clients.mjs';
import { type CertificateSet, createCertificateSet, verifyClient } from '../../src/index.js';
import { temporaryFolder } from '../support/folder.js';
import { expectKnown } from '../support/known-client.js';

let set: CertificateSet;
beforeAll(async () => {
  set = await createCertificateSet({ key: 'ec-p256', layouts: ['grpc'], untrusted: 'none' });
});

describe.each(moreClients({ pythons: [] }))('$name', (client) => {
  // Skipped where its program is not installed.
  test.runIf(isInstalled(client.program))('does what it is known for', { timeout: 600_000 }, async () => {
    const command = client.build(temporaryFolder());
    expectKnown(await verifyClient({ set, command, timeoutMs: 60_000 }), client);
  });
});
