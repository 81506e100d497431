import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';
import { run } from '../support/program.js';

const tools = inject('tools');

describe.runIf(tools.etcd)('etcd with the layout etcd', () => {
  const folder = temporaryFolderForAll();
  let url: string;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    const [port, peerPort] = [await freePort(), await freePort()];
    url = `https://localhost:${port}`;
    set = layOut('etcd', join(folder, 'certs'));
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

  const put = (...identity: string[]) =>
    run(
      'etcdctl',
      [
        ...['--endpoints', url, '--cacert', set.file('alice', 'ca.crt'), ...identity],
        ...['--dial-timeout', '3s', '--command-timeout', '3s', 'put', 'key', 'value'],
      ],
      { env: { ETCDCTL_API: '3' } },
    );
  const putAs = (party: string) =>
    put('--cert', set.file(party, 'client.crt'), '--key', set.file(party, 'client.key'));

  test('lets in the valid client', () => {
    expect(putAs('alice').stdout).toBe('OK\n');
  });

  test.each([...REFUSED, 'revoked'])('refuses a client that is %s', (flaw) => {
    expect(putAs(`untrusted-${flaw}`)).toMatchObject({ status: 1, stdout: '' });
  });

  test('refuses a client without a certificate', () => {
    expect(put()).toMatchObject({ status: 1, stdout: '' });
  });

  test('the file beside the certificates says the same as what is printed', () => {
    const [, ...lines] = set.written('server', 'etcd.env').trim().split('\n');
    expect(lines).toEqual(set.printed('etcd'));
  });
});
