import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimName, describeSelf, lifeOf, parseClaimName } from '../../src/store/transaction/claimant.js';
import { parseJournal } from '../../src/store/transaction/journal.js';

const sha256 = 'ab'.repeat(32);
const refused = expect.objectContaining({ code: 'ERR_JOURNAL_INVALID' });

test('a journal reads back', () => {
  const journal = { version: 1, files: [{ path: 'nginx/server.key', sha256 }], removals: ['set.json'] };
  expect(parseJournal(JSON.stringify(journal))).toEqual(journal);
});

test.each([
  '../../etc/passwd',
  '/etc/passwd',
  'a/b/c/d',
  'nginx/..',
  '..',
  '.generate-certs',
  '.generate-certs/x',
  '',
  7,
  null,
])('a journal with the path %j is refused', (path) => {
  for (const journal of [
    { version: 1, files: [{ path, sha256 }], removals: [] },
    { version: 1, files: [], removals: [path] },
  ]) {
    expect(() => parseJournal(JSON.stringify(journal))).toThrowError(refused);
  }
});

test.each([
  '',
  'null',
  '[]',
  '{"version":2,"files":[],"removals":[]}',
  '{"version":1,"files":{},"removals":[]}',
  '{"version":1,"files":[{"path":"ca.pem","sha256":"ab"}],"removals":[]}',
])('%j is no journal', (text) => {
  expect(() => parseJournal(text)).toThrowError(refused);
});

test('any JSON is read or refused with the one error', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(() => parseJournal(text)).toThrowError(refused);
    }),
  );
});

test('a claim says whose it is, and whether that process runs', () => {
  const self = describeSelf(true);
  expect(parseClaimName(claimName(self))).toEqual(self);
  expect(lifeOf(self)).toBe('alive');
  // No process has the highest id that Linux knows.
  expect(lifeOf({ ...self, pid: 4_194_304 })).toBe('dead');
  // The id was given to another process meanwhile.
  if (process.platform === 'linux') expect(lifeOf({ ...self, began: '1' })).toBe('dead');
  expect(lifeOf({ ...self, machine: '0123456789abcdef' })).toBe('unknown');
});

test.each(['claim', 'claim.x.1.1.y', 'claim.0123456789abcdef.0.1.0123456789abcdef', '../x'])(
  '%j is no claim',
  (name) => {
    expect(parseClaimName(name)).toBeUndefined();
  },
);
