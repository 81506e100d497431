import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { planSet } from '../../src/store/manifest/plan.js';

test('no private key shows when a set is printed, inspected or serialised', async () => {
  const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice'] });
  const { manifest } = planSet(set, { access: { mode: 0o600, rules: [] }, ignoredByGit: false });
  const shown = [
    inspect(set, {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
    inspect(set, { depth: Number.POSITIVE_INFINITY, customInspect: false }),
    JSON.stringify(set),
    JSON.stringify(manifest),
    `${set.server.privateKey}`,
  ].join('\n');
  const keys = [set.authority, set.server, ...set.clients, ...set.untrustedClients].map(
    (holder) => holder.privateKey,
  );
  expect(keys).toHaveLength(4);
  for (const key of keys) {
    const scalar = Buffer.from(String(key.keyObject.export({ format: 'jwk' }).d), 'base64url');
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(shown).not.toContain(scalar.toString(encoding).slice(2, -4));
    }
    // As util.inspect prints buffers, byte by byte.
    expect(shown).not.toContain(
      scalar
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 ')
        .slice(0, 30),
    );
    expect(shown).not.toContain('PRIVATE KEY');
  }
  expect(shown).toContain('CN=alice');
});
