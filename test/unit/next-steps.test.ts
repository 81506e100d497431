// What is printed to do next with a layout's files: it names what is there, and users by the names that programs give them.
import { expect, test } from 'vitest';
import type { Colours } from '../../src/cli/terminal/colours.js';
import { formatSteps, nextStepsOf } from '../../src/cli/terminal/next-steps.js';
import { createCertificateSet } from '../../src/index.js';
import type { CertificateSet } from '../../src/pki/set.js';
import { parseKeyAccess } from '../../src/request/key-access.js';
import { planSet } from '../../src/store/manifest/plan.js';

const colours = { bold: (text: string) => text } as Colours;

function stepsFor(set: CertificateSet, layout: string, passwordFile?: string): string {
  const { manifest } = planSet(set, { access: parseKeyAccess({}), ignoredByGit: false });
  const steps = nextStepsOf(manifest, '/certs', {
    only: layout,
    hasDefaultPassword: passwordFile === undefined,
    passwordFile,
  });
  return formatSteps(steps, colours).join('\n');
}

const LAYOUTS = ['postgres', 'rabbitmq', 'redis', 'kafka', 'java'] as const;
const set = await createCertificateSet({
  layouts: LAYOUTS,
  servers: {
    db: { names: ['db.test'], layouts: ['postgres', 'rabbitmq', 'java'] },
    cache: { names: ['cache.test'], layouts: ['redis'] },
  },
  peers: { broker: { names: ['broker.test'], layouts: ['kafka'] } },
  clients: ['CN=app \\"one\\",O=billing', 'alice'],
});

test('a user has the name that the program takes from the certificate: its CN', () => {
  const postgres = stepsFor(set, 'postgres');
  expect(postgres).toContain('  CREATE ROLE "app ""one""" LOGIN;');
  expect(postgres).toContain(`psql -h db.test -U 'app "one"' -d postgres`);
  expect(postgres).toContain('/certs/postgres/CN-app-one-O-billing/postgresql.key');
  expect(stepsFor(set, 'rabbitmq')).toContain(`rabbitmqctl add_user 'app "one"' `);
});

test.each([
  ['redis', 'cache'],
  ['postgres', 'db'],
  ['kafka', 'broker'],
])('the server of %s is the one that has its files, and so is the name to call it by', (layout, server) => {
  const text = stepsFor(set, layout);
  expect(text).toContain(`/certs/${layout}/${server}/`);
  expect(text).toContain(`${server}.test`);
  for (const other of ['cache', 'db', 'broker'].filter((name) => name !== server)) {
    expect(text).not.toContain(`${other}.test`);
    expect(text).not.toContain(`/${other}/`);
  }
});

test('Kafka is proved at a broker, where there is one', async () => {
  const brokers = await createCertificateSet({
    layouts: ['kafka'],
    names: ['api.test'],
    peers: { one: ['one.test'] },
  });
  expect(stepsFor(brokers, 'kafka')).toContain('kcat -L -b one.test:9093');
});

test('the client that proves it is not revoked', async () => {
  const two = await createCertificateSet({ layouts: ['redis'], clients: ['alice', 'bob'] });
  await two.revoke('alice');
  const text = stepsFor(two, 'redis');
  expect(text).toContain('/certs/bob/client.key');
  expect(text).not.toContain('alice');
});

test('a password of its own goes from its file into the variable that the other lines take', () => {
  expect(stepsFor(set, 'java', "it's")).toContain(`export GENERATE_CERTS_PASSWORD="$(cat 'it'\\''s')"`);
  expect(stepsFor(set, 'java')).not.toContain('GENERATE_CERTS_PASSWORD');
});
