// Two copies of the package in one process: a test runner may load one that is a symbolic link twice.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as source from '../../src/index.js';
import { SET_MARK } from '../../src/pki/set.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/processes.js';
import { REPOSITORY } from '../support/program.js';

type Package = typeof source;

describe('a set of another copy of the package', () => {
  const built = createRequire(import.meta.url)(join(REPOSITORY, 'dist/index.cjs')) as Package;

  test.each([
    ['written by the source', () => [built, source]],
    ['written by the build', () => [source, built]],
  ] as [string, () => [Package, Package]][])('is written, read and proved: %s', async (_which, copies) => {
    const [maker, user] = copies();
    const set = await maker.createCertificateSet({ layouts: ['java', 'nginx'], clients: ['alice'] });
    const out = join(temporaryFolder(), 'certs');
    await user.writeCertificateSet(set, out);
    expect((await user.verifyCertificateSet(out)).result).toBe('right');
    expect((await user.verifyCertificateSet(set)).result).toBe('right');
    const report = await user.verifyEndpoint({ set, rest: `https://localhost:${await freePort()}` });
    expect(report.result).toBe('no-answer');
  });
});

test('a set of another version is refused with words that say so', async () => {
  const set = await source.createCertificateSet({ untrusted: 'none' });
  const later = Object.create(set, { [SET_MARK]: { value: 2 } }) as source.CertificateSet;
  await expect(source.writeCertificateSet(later, join(temporaryFolder(), 'certs'))).rejects.toMatchObject({
    code: 'ERR_OPTION_INVALID',
    message: 'the set is of another version of this package',
    hint: expect.stringContaining('npm ls generate-certs'),
  });
});
