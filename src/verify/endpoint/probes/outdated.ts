import type { Finding } from '../../report/finding.js';
import type { Outdated } from '../../report/probes.js';
import { type Hello, type HelloAnswer, offer } from '../../wire/hello.js';
import type { Probe } from './probe.js';
import { beginsWithTls, type Probed, probeFinding, targetOf } from './probed.js';

/** Suites that servers of that time have: ECDHE, DHE and RSA with AES, 3DES and RC4. */
const SUITES_OF_THEN = [
  ...[0xc014, 0xc00a, 0xc013, 0xc009, 0x0039, 0x0033, 0x0035, 0x002f],
  ...[0xc012, 0xc008, 0x0016, 0x000a, 0xc011, 0xc007, 0x0005, 0x0004],
];

/** What is offered, by what it is. The suites are those of IANA's registry that are of this kind and for TLS 1.2. */
const OFFERS: readonly (Hello & { readonly what: Outdated })[] = [
  { what: 'TLS 1.1', version: 0x0302, suites: SUITES_OF_THEN },
  { what: 'TLS 1.0', version: 0x0301, suites: SUITES_OF_THEN },
  {
    what: 'null ciphers',
    version: 0x0303,
    suites: [0x003b, 0xc010, 0xc006, 0xc00b, 0xc001, 0x0002, 0x0001],
  },
  {
    what: 'anonymous ciphers',
    version: 0x0303,
    suites: [
      ...[0x00a7, 0x00a6, 0x006d, 0x006c, 0x003a, 0x0034, 0x001b, 0x0018],
      ...[0xc019, 0xc018, 0xc017, 0xc016, 0xc015],
    ],
  },
  {
    what: 'export ciphers',
    version: 0x0303,
    suites: [0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019, 0x0062, 0x0064],
  },
];

/** Old versions of TLS (RFC 8996), and ciphers that hide nothing or prove no server (RFC 9325 section 4.1). */
export const probeOutdated: Probe = async (opened) => {
  if (!beginsWithTls(opened)) return [];
  const target = targetOf(opened);
  return Promise.all(
    OFFERS.map(async ({ what, ...hello }): Promise<Finding> => {
      const begun = performance.now();
      const answer = await offer(target, hello, opened.timeoutMs);
      const milliseconds = Math.round(performance.now() - begun);
      const tried = { kind: 'outdated', what } as const;
      return probeFinding(opened, tried, { tls: null, milliseconds }, JUDGED[answer]);
    }),
  );
};

const JUDGED: Readonly<Record<HelloAnswer, Probed>> = {
  accepted: { verdict: 'warning', observed: 'let-in', policy: true, note: { kind: 'outdated' } },
  refused: { verdict: 'right', observed: 'refused', policy: true },
  'no-answer': { verdict: 'inconclusive', observed: 'no-answer', policy: true },
};
