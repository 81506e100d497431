// A revocation reaches a running NGINX: reloaded, it refuses the client and lets the others in.
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  addClients,
  createCertificateSet,
  loadCertificateSet,
  revokeClient,
  writeCertificateSet,
} from '../../src/index.js';
import { probeRest } from '../support/flaw-probes.js';
import { temporaryFolder } from '../support/folder.js';
import { startNginx } from '../support/nginx.js';

test.skipIf(!inject('tools').nginx)('revoke, reload: alice is refused, bob is not', async () => {
  const folder = temporaryFolder();
  const made = await createCertificateSet({ layouts: ['nginx'], clients: ['alice'] });
  await writeCertificateSet(made, folder);
  await addClients(folder, ['bob']);
  const file = (name: string) => join(folder, name);
  const nginx = await startNginx(
    file('run'),
    1,
    ([port]) => `server {
      listen 127.0.0.1:${port} ssl; ssl_session_cache off; ssl_session_tickets off;
      ssl_certificate ${file('server.pem')}; ssl_certificate_key ${file('server.key')};
      ssl_client_certificate ${file('client_cert_ca.pem')}; ssl_crl ${file('client_cert_ca.crl')};
      ssl_verify_client on;
      location / { return 200 alive; } }`,
  );
  try {
    const port = nginx.ports[0] ?? 0;
    const set = await loadCertificateSet(folder);
    const [alice, bob] = [set.client('alice').tlsOptions(), set.client('bob').tlsOptions()];
    expect([await probeRest(port, alice), await probeRest(port, bob)]).toEqual(['accepted', 'accepted']);

    const { changed, manifest } = await revokeClient(folder, 'alice');
    expect(changed).toBe(true);
    expect(manifest.certificates.find(({ name }) => name === 'alice')?.revokedAt).toMatch(/^\d{4}-.*Z$/);
    nginx.process.child.kill('SIGHUP');
    // The new worker has the new list once it has started; the old one takes no more connections then.
    await nginx.process.said(/reconfiguring[\s\S]*worker process \d+ exited/);
    expect([await probeRest(port, alice), await probeRest(port, bob)]).toEqual([
      '400 The SSL certificate error',
      'accepted',
    ]);
  } finally {
    await nginx.stop();
  }
});
