import { describe, expect, test } from 'vitest';
import { type CertificateSetOptions, checkOptions, mergeOptions } from '../../src/layouts/requests.js';

describe('a request', () => {
  test('has every default', () => {
    expect(checkOptions({}).request).toEqual({
      names: ['localhost'],
      servers: [],
      peers: [],
      layouts: ['nginx', 'grpc'],
      clients: ['client'],
      untrusted: ['unknown-ca'],
      untrustedServers: [],
      key: 'rsa-2048',
      caKey: 'ec-p256',
      validFor: '1d',
      backdate: '5m',
      plainSan: false,
      nameConstraints: false,
      intermediates: 0,
      ca: null,
      issuer: false,
    });
    expect(checkOptions({}).warnings).toEqual([]);
  });

  test.each([
    [['nginx'], 'rsa-2048'],
    [['grpc'], 'ec-p256'],
    [['nginx', 'grpc'], 'rsa-2048'],
    [['grpc', 'nginx'], 'rsa-2048'],
  ] as const)('for %j has the key type that all accept: %s', (layouts, key) => {
    expect(checkOptions({ layouts }).request.key).toBe(key);
  });

  test.each([
    [['nginx'], 'ec-p256', /wrong curve/],
    [['nginx', 'grpc'], 'ec-p384', /P-256 alone/],
    [['nginx'], 'ec-p521', /wrong curve/],
    [['nginx'], 'ed25519', /BoringSSL/],
  ] as const)('for %j warns of %s keys', (layouts, key, reason) => {
    const { warnings } = checkOptions({ layouts, key });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(/^the NGINX mTLS example /);
    expect(warnings[0]?.message).toMatch(reason);
    expect(warnings[0]?.hint).toContain('rsa-2048');
  });

  test('takes each name, layout and flaw once, in one order', () => {
    const { request } = checkOptions({
      names: ['B.test', 'a.test', 'b.test'],
      layouts: ['grpc', 'nginx', 'grpc'],
      clients: ['bob', 'alice'],
      untrusted: ['unknown-ca', 'unknown-ca'],
    });
    expect(request).toMatchObject({
      names: ['b.test', 'a.test'],
      layouts: ['nginx', 'grpc'],
      clients: ['bob', 'alice'],
      untrusted: ['unknown-ca'],
      untrustedServers: [],
    });
  });

  test('adds numbered clients to the named ones', () => {
    expect(checkOptions({ extraClients: 100_000 }).clients).toHaveLength(100_001);
    expect(checkOptions({ extraClients: 2 }).request.clients).toEqual(['client', 'client-1', 'client-2']);
    expect(checkOptions({ clients: ['alice'], extraClients: 1 }).request.clients).toEqual([
      'alice',
      'client-1',
    ]);
  });

  test.each([['none'], [['none']], [[]]] as const)('without untrusted clients: %j', (untrusted) => {
    expect(checkOptions({ untrusted }).request.untrusted).toEqual([]);
  });

  test.each([
    ['1s', 0],
    ['1d', 0],
    ['24h', 0],
    ['25h', 1],
    ['30d', 1],
  ])('for %s gives %i warnings', (validFor, warnings) => {
    expect(checkOptions({ validFor }).warnings).toHaveLength(warnings);
  });

  test('warns of a wildcard that most clients do not take', () => {
    expect(checkOptions({ names: ['*.test'] }).warnings[0]?.message).toContain("'*.test'");
    expect(checkOptions({ names: ['*.api.test'] }).warnings).toEqual([]);
  });

  const refused: [CertificateSetOptions, string, RegExp][] = [
    [{ names: [] }, 'ERR_OPTION_INVALID', /empty list/],
    [{ layouts: ['ngnix' as never] }, 'ERR_LAYOUT_UNKNOWN', /'ngnix'.*did you mean 'nginx'/],
    [{ layouts: ['grpcc' as never] }, 'ERR_LAYOUT_UNKNOWN', /known: nginx, grpc/],
    [{ untrusted: ['unkown-ca' as never] }, 'ERR_FLAW_UNKNOWN', /did you mean 'unknown-ca'/],
    [{ untrusted: ['none', 'unknown-ca'] }, 'ERR_OPTION_INVALID', /'none'/],
    [{ key: 'rsa2048' as never }, 'ERR_KEY_TYPE_UNKNOWN', /did you mean 'rsa-2048'.*ec-p384/],
    [{ key: 'rsa-1024' as never }, 'ERR_KEY_TYPE_UNKNOWN', /rsa-2048/],
    [{ caKey: 'ed448' as never }, 'ERR_KEY_TYPE_UNKNOWN', /'ed448'/],
    [
      { layouts: ['tls', 'kafka'], key: 'ed25519' },
      'ERR_KEY_TYPE_UNREADABLE',
      /tls, kafka can have .*ec-p521$/,
    ],
    [{ layouts: ['grpc'], key: 'ec-p521' }, 'ERR_KEY_TYPE_UNREADABLE', /BoringSSL.* can have .*ec-p384$/],
    [{ caKey: 'ed25519', untrusted: ['weak-signature'] }, 'ERR_OPTION_INVALID', /weak-signature.*--ca-key/],
    [{ validFor: '0s' }, 'ERR_DURATION_INVALID', /is zero/],
    [{ validFor: '-5m' }, 'ERR_DURATION_INVALID', /'-5m'/],
    [{ validFor: '1x' }, 'ERR_DURATION_INVALID', /'1x'/],
    [{ validFor: '31d' }, 'ERR_DURATION_INVALID', /longer than 30 days/],
    [{ validFor: '99999999999d' }, 'ERR_DURATION_INVALID', /longer than 30 days/],
    [{ validFor: 3600 as never }, 'ERR_DURATION_INVALID', /3600/],
    [{ extraClients: -1 }, 'ERR_OPTION_INVALID', /-1/],
    [{ extraClients: 1e9 }, 'ERR_OPTION_INVALID', /1000000000/],
    [{ extraClients: 1.5 }, 'ERR_OPTION_INVALID', /1\.5/],
    [{ clients: ['Alice', 'alice'] }, 'ERR_CLIENT_CONFLICT', /'Alice' and 'alice'/],
    [{ clients: ['alice', 'alice'] }, 'ERR_CLIENT_CONFLICT', /'alice' is asked for twice/],
    [{ clients: ['client-1'], extraClients: 1 }, 'ERR_CLIENT_CONFLICT', /'client-1' is asked for twice/],
    [{ clients: ['a:b', 'a-b'] }, 'ERR_CLIENT_CONFLICT', /the file name 'a-b'/],
    [{ clients: ['server'] }, 'ERR_CLIENT_CONFLICT', /the file name 'server'/],
    [{ clients: ['CA'], layouts: ['nginx'] }, 'ERR_CLIENT_CONFLICT', /the file name 'CA'/],
    [{ clients: ['dhparam'], layouts: ['grpc'] }, 'ERR_CLIENT_CONFLICT', /dhparam/],
    [{ clients: ['client_cert_ca'] }, 'ERR_CLIENT_CONFLICT', /client_cert_ca/],
    [{ clients: ['untrusted-unknown-ca'] }, 'ERR_CLIENT_CONFLICT', /untrusted-unknown-ca/],
    [{ names: ['10.0.0.7'], nameConstraints: true }, 'ERR_NAME_CONSTRAINTS_EMPTY', /DNS name/],
    [{ nameConstraints: 'yes' as never }, 'ERR_OPTION_INVALID', /nameConstraints/],
    [{ name: ['a'] } as never, 'ERR_OPTION_INVALID', /'name'.*did you mean 'names'/],
    [{ names: 'api.test' as never }, 'ERR_OPTION_INVALID', /not a list.*names: \['api.test'\]/],
    [null as never, 'ERR_OPTION_INVALID', /null/],
    ['api.test' as never, 'ERR_OPTION_INVALID', /'api.test'/],
  ];
  test.each(refused)('%j gives %s', (options, code, text) => {
    let error: unknown;
    try {
      checkOptions(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
    const { message, hint } = error as { message: string; hint: string };
    expect(`${message} | ${hint}`).toMatch(text);
    // One line each, lower case, no full stop.
    for (const line of [message, hint]) expect(line).not.toMatch(/\n|\.$/);
  });
});

describe('a second request', () => {
  const recorded = (options: Parameters<typeof checkOptions>[0]) => checkOptions(options).request;

  test('keeps the key type that was asked for, though a layout warns of it', () => {
    const first = recorded({ layouts: ['nginx'], key: 'ec-p256' });
    expect(mergeOptions(first, {}).request).toEqual(first);
    expect(mergeOptions(first, { clients: ['bob'] }).request.key).toBe('ec-p256');
  });

  test('takes another one where the layouts that are asked for now do not take it', () => {
    const first = recorded({ layouts: ['grpc'] });
    expect(mergeOptions(first, { layouts: ['nginx', 'grpc'] }).request.key).toBe('rsa-2048');
  });
});
