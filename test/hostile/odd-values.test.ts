// What a caller in JavaScript can give that no type allows: every public function ends in the one error class, or does
// its work.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { FIELD_ENTRIES } from '../../src/request/fields.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { tally } from '../support/tally.js';

const { GenerateCertsError } = library;
const folder = temporaryFolderForAll();
const certs = join(folder, 'certs');

const throwing = (what: string) => () => {
  throw new Error(what);
};

const ODD: readonly (readonly [string, () => unknown])[] = [
  ['a symbol', () => Symbol('x')],
  ['a bigint', () => 7n],
  ['a function', () => () => 7],
  ['null', () => null],
  ['NaN', () => Number.NaN],
  ['a sparse array', () => new Array(3)],
  [
    'an array of holes and values',
    () => {
      const a = ['a.test', 'b.test'];
      delete a[0];
      return a;
    },
  ],
  ['an object without a prototype', () => Object.create(null)],
  ['an object whose toString throws', () => ({ toString: throwing('toString') })],
  ['an array with such an object', () => [{ toString: throwing('toString') }]],
  ['an array with a symbol', () => [Symbol('x')]],
  ['an array with an object without a prototype', () => [Object.create(null)]],
  [
    'an object that holds itself',
    () => {
      const o: Record<string, unknown> = {};
      o.self = o;
      return o;
    },
  ],
  [
    'a proxy that throws',
    () =>
      new Proxy(
        {},
        {
          get() {
            throw new Error('get');
          },
          ownKeys() {
            throw new Error('keys');
          },
          has() {
            throw new Error('has');
          },
          getPrototypeOf() {
            throw new Error('proto');
          },
        },
      ),
  ],
  [
    'an array with a proxy that throws',
    () => [
      new Proxy(
        {},
        {
          get() {
            throw new Error('get');
          },
          ownKeys() {
            throw new Error('keys');
          },
        },
      ),
    ],
  ],
  [
    'a getter that throws',
    () => ({
      get names() {
        throw new Error('names');
      },
      get id() {
        throw new Error('id');
      },
    }),
  ],
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ['a String object', () => new String('localhost')],
  ['a date', () => new Date()],
  ['a promise', () => Promise.resolve('x')],
  ['a lone surrogate', () => '\ud800'],
  ['a huge text', () => 'x'.repeat(1_000_000)],
  ['a NUL', () => 'a\0b'],
  ['a typed array', () => new Uint8Array(8)],
];

/** The public functions, each with one value that is odd. */
function functionsOf(set: library.CertificateSet): Record<string, (value: never) => unknown> {
  return {
    ensure: (v) => library.ensureCertificateSet(v),
    ensure2: (v) => library.ensureCertificateSet(certs, v),
    ensureForce: (v) => library.ensureCertificateSet(certs, { force: v }),
    ensureSignal: (v) => library.ensureCertificateSet(certs, { signal: v }),
    ensureLock: (v) => library.ensureCertificateSet(certs, { lockTimeout: v }),
    ensureMode: (v) => library.ensureCertificateSet(certs, { keyMode: v }),
    ensureOwner: (v) => library.ensureCertificateSet(certs, { owner: v }),
    ensureNew: (v) => library.ensureCertificateSet(certs, { new: v, dryRun: true }),
    ensureDry: (v) => library.ensureCertificateSet(certs, { dryRun: v }),
    write: (v) => library.writeCertificateSet(v, join(folder, 'w')),
    write2: (v) => library.writeCertificateSet(set, v),
    write3: (v) => library.writeCertificateSet(set, join(folder, 'w3'), v),
    load: (v) => library.loadCertificateSet(v),
    readManifest: (v) => library.readManifest(v),
    addClients: (v) => library.addClients(v, ['x']),
    addClients2: (v) => library.addClients(certs, v),
    addClients3: (v) => library.addClients(certs, ['x'], v),
    addServers: (v) => library.addServers(certs, v),
    addPeers: (v) => library.addPeers(certs, v, {}),
    sign: (v) => library.signRequests(certs, v),
    sign2: (v) => library.signRequests(certs, [], v),
    sign3: (v) => set.sign(v),
    sign4: (v) => set.sign('x', v),
    revoke: (v) => library.revokeClient(certs, v),
    revoke2: (v) => library.revokeClient(v, 'x'),
    revoke3: (v) => library.revokeClient(certs, 'client', v),
    renew: (v) => library.renewCertificateSet(v),
    renew2: (v) => library.renewCertificateSet(certs, v),
    rotate: (v) => library.rotateCertificateSet(v),
    rotate2: (v) => library.rotateCertificateSet(certs, v),
    rotate3: (v) => library.rotateCertificateSet(certs, { step: v }),
    remove: (v) => library.removeCertificateSet(v),
    remove2: (v) => library.removeCertificateSet(join(folder, 'nope'), v),
    temporary: async (v) => {
      const t = await library.temporaryCertificates(v);
      await t.remove();
    },
    trust: (v) => library.trustVariables(v),
    trust2: (v) => library.trustVariables(certs, v),
    watch: (v) => library.watchCertificateSet(v, { signal: AbortSignal.timeout(50) }),
    watch2: (v) => library.watchCertificateSet(certs, { renewAt: v, signal: AbortSignal.timeout(50) }),
    watch3: (v) => library.watchCertificateSet(certs, { onRenewTimeout: v, signal: AbortSignal.timeout(50) }),
    watch4: (v) => library.watchCertificateSet(certs, { onRenew: v, signal: AbortSignal.timeout(50) }),
    check: (v) => library.checkServerFlags(v),
    check2: (v) => library.checkServerFlags(['ovms'], v),
    verifySet: (v) => library.verifyCertificateSet(v),
    verifySet2: (v) => library.verifyCertificateSet(set, v),
    verifyEndpoint: (v) => library.verifyEndpoint(v),
    verifyEndpoint2: (v) => library.verifyEndpoint({ set: v, rest: ['https://localhost:1'] } as never),
    verifyEndpoint3: (v) => library.verifyEndpoint({ set, rest: v } as never),
    verifyClient: (v) => library.verifyClient(v),
    verifyClient2: (v) => library.verifyClient({ set, call: v } as never),
    verifyClient3: (v) => library.verifyClient({ set, call: () => undefined, flaws: v } as never),
    open: async (v) => {
      const s = await library.openClientServers(v);
      await s.close?.();
    },
    loadConfiguration: (v) => library.loadConfiguration(v),
    client: (v) => set.client(v),
    serverOf: (v) => set.serverOf(v),
    peer: (v) => set.peer(v),
    party: (v) => set.party(v),
    untrusted: (v) => set.untrusted(v),
    untrustedServer: (v) => set.untrustedServer(v),
    serverCatalogue: (v) => set.serverCatalogue(v),
    issueClient: (v) => set.issueClient(v),
    issueClients: (v) => set.issueClients(v),
    issueServer: (v) => set.issueServer(v, ['a.test']),
    issueServer2: (v) => set.issueServer('zz', v),
    issueServers: (v) => set.issueServers(v),
    issuePeers: (v) => set.issuePeers(v),
    setRevoke: (v) => set.revoke(v),
    tlsOptions: (v) => set.server.tlsOptions(v),
    grpcArguments: (v) => set.server.grpcArguments(v),
    pkcs12: (v) => set.server.pkcs12(v),
    pkcs122: (v) => set.server.pkcs12({ password: v }),
    pkcs123: (v) => set.server.pkcs12({ friendlyName: v }),
    truststore: (v) => set.server.truststore(v),
  };
}

const counts = tally('odd values');

/** How a call ends: its code, or the words of what it must not throw. */
async function outcome(run: () => unknown): Promise<string> {
  counts.add('calls');
  try {
    await run();
    return 'done';
  } catch (error) {
    if (error instanceof GenerateCertsError) return error.hint === '' ? 'an error without a hint' : 'refused';
    return `threw ${String(error instanceof Error ? error.stack : typeof error).slice(0, 500)}`;
  }
}

const isGood = (end: string) => end === 'done' || end === 'refused';

test.each(ODD)('%s: in any option of a set', async (_what, make) => {
  for (const [name] of FIELD_ENTRIES.filter(([, { schema }]) => schema !== undefined)) {
    const options = { layouts: ['grpc'], [name]: make() } as never;
    expect([name, isGood(await outcome(() => library.createCertificateSet(options)))]).toEqual([name, true]);
  }
});

test.each(ODD)('%s: in any public function', async (_what, make) => {
  const set = await library.createCertificateSet({ layouts: ['grpc'], clients: ['client'] });
  await library.ensureCertificateSet(certs, { layouts: ['grpc'] });
  for (const [name, call] of Object.entries(functionsOf(set))) {
    const end = await outcome(() => call(make() as never));
    expect([name, isGood(end) ? 'good' : end]).toEqual([name, 'good']);
  }
});

test.each([...['names', 'key', 'layouts', 'signal', 'untrusted']])(
  'what others put on Object.prototype as %s is taken for no option',
  async (name) => {
    const polluted = Object.prototype as Record<string, unknown>;
    polluted[name] = ['evil.test'];
    const end = await outcome(() => library.createCertificateSet({})).finally(() => {
      delete polluted[name];
    });
    expect(end).toBe('refused');
  },
);
