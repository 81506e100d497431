// The names of Secrets, by the rule of Kubernetes for the names of objects.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refuseSharedSecrets, secretName } from '../../src/layouts/programs/kubernetes-names.js';

/** A DNS subdomain as RFC 1123 has it and Kubernetes checks it: at most 253 characters. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Names of files as parties have them. */
const fileNames = fc
  .string({ unit: fc.constantFrom(...'aZz09._-@'), minLength: 1, maxLength: 251 })
  .filter((name) => /[a-z0-9]/i.test(name));

test.each([
  ['carol@example.test', 'carol-example.test'],
  ['Big_Name', 'big-name'],
  ['_a_._b_', 'a.b'],
  ['a..b', 'a.b'],
  ['x'.repeat(251), 'x'.repeat(251)],
])('the Secret of %s is %s', (fileName, name) => {
  expect(secretName(fileName)).toBe(name);
});

test('a mended name is one that Kubernetes takes, and is mended no further', () => {
  fc.assert(
    fc.property(fileNames, (fileName) => {
      const name = secretName(fileName);
      expect(name).toMatch(SUBDOMAIN);
      expect(secretName(name)).toBe(name);
    }),
  );
});

test('a name that Kubernetes takes stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z0-9]{1,9})?$/), (name) => {
      expect(secretName(name)).toBe(name);
    }),
  );
});

test('two parties never share a Secret: they are refused together', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fileNames, { maxLength: 8 }), (names) => {
      const secrets = names.map(secretName);
      const check = () => refuseSharedSecrets(names, { issuer: false });
      if (new Set(secrets).size === secrets.length) check();
      else expect(check).toThrow(/would share the Secret/);
    }),
  );
});

test.each(['_', '-.-', '@'])('a name of which nothing is left is refused: %s', (fileName) => {
  expect(() => secretName(fileName)).toThrow(/leaves no name/);
});
