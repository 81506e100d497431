import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificateSet } from '../../src/index.js';
import { LAYOUTS } from '../../src/layouts/index.js';
import { filesOfParty, filesOfSet, type Layout, namesOfParty, PEM_PAIR } from '../../src/layouts/layout.js';
import { REPOSITORY } from '../support/program.js';

const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice@example.test'] });
const paths = (layout: Layout) => [
  ...set.credentials.flatMap((party) => filesOfParty(layout, party).map(({ name }) => name)),
  ...filesOfSet(layout, set).map(({ name }) => name),
];

/** A layout of every kind of file that there may be. */
const foldered: Layout = {
  name: 'example',
  consumer: 'an example',
  madeByDefault: false,
  shape: 'folder-per-party',
  keyTypes: ['ec-p256'],
  keyTypeProblem: () => undefined,
  reservedNames: [],
  partyFiles: [
    { name: ({ role }) => `${role}.crt`, part: 'certificate', content: { ofParty: ({ pem }) => pem } },
    {
      name: () => 'keystore.p12',
      part: 'keystore',
      secret: true,
      mode: 0o640,
      content: { ofParty: (party) => party.pkcs12({ password: 'changeit' }) },
    },
    {
      name: () => 'root.crl',
      part: 'revocationList',
      roles: ['server'],
      content: { ofSet: ({ revocationList }) => revocationList.pem },
    },
  ],
  sharedFiles: [{ name: 'README', of: 'consumer', part: 'configuration', content: () => 'read me\n' }],
  nextSteps: () => [],
};

test('a layout with a folder for each party names every file below it, and shared files beside them', () => {
  expect(paths(foldered)).toEqual([
    'server/server.crt',
    'server/keystore.p12',
    'alice@example.test/client.crt',
    'alice@example.test/keystore.p12',
    'untrusted-unknown-ca/untrusted.crt',
    'untrusted-unknown-ca/keystore.p12',
    'server/root.crl',
    'README',
  ]);
});

test('what a file holds may be binary, and says who may read it', () => {
  const [, keystore] = filesOfParty(foldered, set.server);
  expect(keystore).toMatchObject({ part: 'keystore', secret: true, mode: 0o640, of: set.server });
  expect(keystore?.content).toBeInstanceOf(Buffer);
});

test('a file that needs the whole set is not among those that are written before it is whole', () => {
  expect(filesOfParty(foldered, set.server).map(({ part }) => part)).not.toContain('revocationList');
  expect(filesOfSet(foldered, set)[0]?.of).toBe(set.server);
});

test.each([...LAYOUTS, foldered])("$name: a party's names are known without its certificate", (layout) => {
  for (const party of set.credentials) {
    const { role, fileName } = party;
    const laidOut = filesOfParty(layout, party).map(({ name }) => name);
    expect(namesOfParty(layout, { role, fileName })).toEqual(expect.arrayContaining(laidOut));
  }
});

test.each(LAYOUTS)('$name: no two files share a name, and no client can take one of them', (layout) => {
  const all = paths(layout);
  expect(new Set(all).size).toBe(all.length);
  if (layout.shape !== 'flat') return;
  const names = [...namesOfParty(layout, { role: 'server', fileName: 'server' }), ...sharedNames(layout)];
  for (const name of names) expect(layout.reservedNames).toContain(name.replace(/\.[^.]*$/, ''));
});

function sharedNames({ sharedFiles }: Layout): string[] {
  return sharedFiles.map(({ name }) => name);
}

test('flat layouts of PEM files name them after the party', () => {
  expect(PEM_PAIR.map(({ name }) => name({ role: 'client', fileName: 'bob' }))).toEqual([
    'bob.pem',
    'bob.key',
  ]);
});

test('requests know nothing of layouts: the layouts that there are are passed in', () => {
  const folder = join(REPOSITORY, 'src', 'request');
  for (const file of readdirSync(folder)) {
    expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/from '\.\.\/(?:layouts|store|cli)\//);
  }
});
