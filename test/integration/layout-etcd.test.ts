import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { refusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');

describe.runIf(tools.etcd)('etcd with the layout etcd', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let url: string;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    const peerPort = await freePort();
    url = `https://localhost:${port}`;
    set = layOut('etcd', join(folder, 'certs'), ['-c', 'bob']);
    const variables = set.printed('etcd').map((line) => line.split('=') as [string, string]);
    const peers = `http://127.0.0.1:${peerPort}`;
    server = start(
      'etcd',
      [
        ...['--data-dir', join(folder, 'data'), '--listen-client-urls', `https://127.0.0.1:${port}`],
        ...['--advertise-client-urls', url, '--listen-peer-urls', peers],
        ...['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
      ],
      Object.fromEntries(variables),
    );
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  const ask = (identity: readonly string[], ...command: string[]) =>
    run(
      'etcdctl',
      [
        ...['--endpoints', url, '--cacert', set.file('alice', 'ca.crt'), ...identity],
        ...['--dial-timeout', '3s', '--command-timeout', '3s', ...command],
      ],
      { env: { ETCDCTL_API: '3' } },
    );
  const put = (...identity: string[]) => ask(identity, 'put', 'key', 'value');
  const as = (party: string) => [
    '--cert',
    set.file(party, 'client.crt'),
    '--key',
    set.file(party, 'client.key'),
  ];
  const putAs = (party: string) => put(...as(party));

  test('lets in the valid client, by the printed line too', () => {
    expect(putAs('alice').stdout).toBe('OK\n');
    const proved = set.prove((line) => line.replace(':2379', `:${port}`), { ETCDCTL_API: '3' });
    expect(proved).toMatchObject({ status: 0, stderr: expect.stringContaining('is healthy') });
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', (flaw) => {
    expect(putAs(`untrusted-${flaw}`)).toMatchObject({ status: 1, stdout: '' });
  });

  test('refuses a client without a certificate', () => {
    expect(put()).toMatchObject({ status: 1, stdout: '' });
  });

  test.each(refusals('etcd'))('says why it refuses a client: %s, %s', async (of, reason) => {
    await refusalOf({ port, ...set.caller(of, { ca: 'ca.crt', cert: 'client.crt', key: 'client.key' }) });
    await server.said(new RegExp(`rejected connection.*${reason}`));
  });

  test('does not call itself with a certificate that only serves', () => {
    expect(server.output()).not.toMatch(/incompatible key usage", ServerName ""/);
  });

  test('knows a client by its CN, once etcd has users', () => {
    const steps = [
      ...['user add root --no-password', 'user grant-role root root'],
      ...['user add alice --no-password', 'role add writer', 'role grant-permission writer readwrite key'],
      ...['user grant-role alice writer', 'auth enable'],
    ];
    for (const step of steps) {
      const { status, stdout, stderr } = ask(as('alice'), ...step.split(' '));
      expect(status, step + stdout + stderr).toBe(0);
    }
    expect(putAs('alice').stdout).toBe('OK\n');
    expect(ask(as('alice'), 'put', 'other', 'value').stderr).toContain('permission denied');
    expect(putAs('bob').stderr).toContain('permission denied');
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'etcd.env').trim().split('\n');
    expect(lines).toEqual(set.printed('etcd'));
  });
});
