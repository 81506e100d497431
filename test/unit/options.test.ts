// What callers from JavaScript get wrong: told before any key is made, with the one error class.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';

const {
  createCertificateSet,
  ensureCertificateSet,
  GenerateCertsError,
  temporaryCertificates,
  writeCertificateSet,
} = library;
const set = await createCertificateSet({ key: 'ec-p256', clients: ['alice', 'bob'] });

const CALLS: [call: string, run: () => unknown, code: string, text: RegExp][] = [
  [
    'create: a misspelt option',
    () => createCertificateSet({ layout: ['grpc'] } as never),
    'ERR_OPTION_INVALID',
    /did you mean 'layouts'/,
  ],
  [
    'create: reuseKeys',
    () => createCertificateSet({ reuseKeys: 1 as never }),
    'ERR_OPTION_INVALID',
    /'reuseKeys' is 1/,
  ],
  [
    'ensure: a misspelt option',
    () => ensureCertificateSet('x', { keymode: '600' } as never),
    'ERR_OPTION_INVALID',
    /did you mean 'keyMode'/,
  ],
  [
    'ensure: null',
    () => ensureCertificateSet('x', null as never),
    'ERR_OPTION_INVALID',
    /null, not an object/,
  ],
  [
    'ensure: force',
    () => ensureCertificateSet('x', { force: 'yes' as never }),
    'ERR_OPTION_INVALID',
    /'force' is 'yes'/,
  ],
  ['ensure: no folder', () => ensureCertificateSet(undefined as never), 'ERR_OUT_INVALID', /undefined/],
  [
    'temporary: a folder',
    () => temporaryCertificates('certs' as never),
    'ERR_OPTION_INVALID',
    /'certs', not an object/,
  ],
  [
    'temporary: force',
    () => temporaryCertificates({ force: true } as never),
    'ERR_OPTION_INVALID',
    /'force' is not an option/,
  ],
  [
    'write: no set',
    () => writeCertificateSet(undefined as never, 'x'),
    'ERR_OPTION_INVALID',
    /the set is undefined/,
  ],
  [
    'write: a promise',
    () => writeCertificateSet(createCertificateSet({ key: 'ec-p256' }) as never, 'x'),
    'ERR_OPTION_INVALID',
    /a promise.*await/,
  ],
  ['write: a number as folder', () => writeCertificateSet(set, 7 as never), 'ERR_OUT_INVALID', /7/],
  [
    'write: a misspelt option',
    () => writeCertificateSet(set, 'x', { forced: true } as never),
    'ERR_OPTION_INVALID',
    /did you mean 'force'/,
  ],
  ['load: no folder', () => library.loadCertificateSet(null as never), 'ERR_OUT_INVALID', /null/],
  ['add: no list', () => set.issueClients('carol' as never), 'ERR_OPTION_INVALID', /not a list/],
  ['client: undefined', () => set.client(undefined as never), 'ERR_IDENTITY_INVALID', /undefined/],
  ['client: unknown', () => set.client('nobody'), 'ERR_NOT_IN_SET', /alice, bob/],
  [
    'untrusted: unknown',
    () => set.untrusted('unkown-ca' as never),
    'ERR_FLAW_UNKNOWN',
    /did you mean 'unknown-ca'/,
  ],
  [
    'server: clientAuth',
    () => set.server.tlsOptions({ clientAuth: 'maybe' as never }),
    'ERR_OPTION_INVALID',
    /'clientAuth' is 'maybe'.*'require'/,
  ],
  [
    'server: misspelt',
    () => set.server.tlsOptions({ clientauth: 'none' } as never),
    'ERR_OPTION_INVALID',
    /did you mean 'clientAuth'/,
  ],
  [
    'server: gRPC',
    () => set.server.grpcArguments(true as never),
    'ERR_OPTION_INVALID',
    /true, not an object/,
  ],
];

test.each(CALLS)('%s', async (_, call, code, text) => {
  const error = await Promise.resolve()
    .then(call)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof GenerateCertsError)) throw new Error('no error of the one class', { cause: error });
  expect(error.code).toBe(code);
  expect(`${error.message} | ${error.hint}`).toMatch(text);
  expect(inspect(error)).not.toContain('PRIVATE KEY');
});

describe('reuseKeys', () => {
  const request = { key: 'ec-p256', clients: ['alice'], untrusted: 'all' } as const;
  const keysOf = ({ authority, credentials }: library.CertificateSet) =>
    [authority, ...credentials].map(({ privateKey }) => privateKey.publicKeyDer.toString('base64'));

  test('is off: no two sets have a key in common', async () => {
    const [one, other] = [await createCertificateSet(request), await createCertificateSet(request)];
    expect(keysOf(one).filter((key) => keysOf(other).includes(key))).toEqual([]);
  });

  test('gives sets of the same request the same keys, each in its place', async () => {
    const sets = await Promise.all([0, 1].map(() => createCertificateSet({ ...request, reuseKeys: true })));
    const [one, other] = sets as [library.CertificateSet, library.CertificateSet];
    expect(keysOf(one)).toEqual(keysOf(other));
    const third = await createCertificateSet({ ...request, clients: ['bob'], reuseKeys: true });
    expect(keysOf(third).filter((key) => keysOf(one).includes(key))).toEqual([]);
  });

  test('gives no key to those who did not ask', async () => {
    const shared = await createCertificateSet({ ...request, reuseKeys: true });
    const own = await createCertificateSet(request);
    expect(keysOf(own).filter((key) => keysOf(shared).includes(key))).toEqual([]);
  });

  test("no set's CA vouches for another set's clients", async () => {
    const sets = await Promise.all([0, 1].map(() => createCertificateSet({ ...request, reuseKeys: true })));
    const [one, other] = sets as [library.CertificateSet, library.CertificateSet];
    const { x509Certificate: ca } = one.authority.certificate;
    expect(one.client('alice').certificate.x509Certificate.checkIssued(ca)).toBe(true);
    expect(other.client('alice').certificate.x509Certificate.checkIssued(ca)).toBe(false);
  });
});
