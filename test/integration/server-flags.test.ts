import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkServerFlags, createCertificateSet, writeCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';

const folder = temporaryFolderForAll();
const file = (name: string) => join(folder, name);
const pair = (certificate: string, key: string, side = 'grpc') => [
  ...[`--${side}_certificate_path`, certificate, `--${side}_key_path`, key],
];

beforeAll(async () => {
  const set = await createCertificateSet({ layouts: ['grpc'], untrusted: ['expired', 'not-yet-valid'] });
  await writeCertificateSet(set, folder);
  writeFileSync(file('empty'), '');
  writeFileSync(file('garbage'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  writeFileSync(
    file('half'),
    `${set.authority.certificate.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  );
  mkdirSync(file('a folder'));
  writeFileSync(file('open.key'), set.server.privateKey.pem);
  chmodSync(file('open.key'), 0o644);
});

const check = async (...flags: string[]) => {
  const report = await checkServerFlags(['ovms', '--model_name', 'x', ...flags, '--port', '9178']);
  const found = report.findings.map(
    ({ verdict, message }) => `${verdict}: ${message.replaceAll(folder, '')}`,
  );
  return { ...report, found };
};

describe('checkServerFlags', () => {
  test('finds mutual TLS right, in both forms of flags', async () => {
    for (const flags of [
      [...pair(file('server.pem'), file('server.key')), '--grpc_ca_path', file('ca.pem')],
      [
        `--grpc_certificate_path=${file('server.pem')}`,
        `--grpc_key_path=${file('server.key')}`,
        `--grpc_ca_path=${file('ca.pem')}`,
      ],
    ]) {
      expect(await check(...flags)).toMatchObject({
        result: 'right',
        grpc: 'mutual-tls',
        rest: 'plaintext',
        found: ['right: grpc will be served with mutual TLS'],
      });
    }
  });

  test('finds the CA anywhere in its file', async () => {
    const flags = [...pair(file('server.pem'), file('server.key')), '--grpc_ca_path', file('server.pem')];
    expect(await check(...flags)).toMatchObject({ result: 'right', grpc: 'mutual-tls' });
  });

  test('warns of TLS without client certificates, of REST flags, and of a key that others can read', async () => {
    expect(await check(...pair(file('server.pem'), file('server.key')))).toMatchObject({
      result: 'right',
      grpc: 'tls',
    });
    expect((await check(...pair(file('server.pem'), file('server.key')))).found).toContain(
      'warning: without --grpc_ca_path no client certificate is asked for: anybody gets in',
    );
    const rest = await check(
      ...pair(file('server.pem'), file('server.key'), 'rest'),
      '--rest_ca_path',
      file('ca.pem'),
    );
    expect(rest).toMatchObject({ result: 'right', rest: 'mutual-tls', grpc: 'plaintext' });
    expect(rest.findings.find(({ verdict }) => verdict === 'warning')?.hint).toContain(
      'generate-certs serve',
    );
    const open = await check(...pair(file('server.pem'), file('open.key')));
    expect(open.found.join()).toMatch(/warning: .*open.key.* may be read by every user/);
  });

  test.each([
    [[], /no TLS flag is given: the endpoint will serve plaintext/],
    [['--grpc_certificate_path', file('server.pem')], /_certificate_path is given without --grpc_key_path/],
    [['--grpc_key_path', file('server.key')], /_key_path is given without --grpc_certificate_path/],
    [
      ['--grpc_ca_path', file('ca.pem')],
      /_ca_path is given without --grpc_certificate_path and --grpc_key_path/,
    ],
    [['--rest_ca_path', file('ca.pem')], /--rest_ca_path is given without/],
    [['--grpc_key_path'], /--grpc_key_path has no value|'--port' does not exist/],
    [['--grpc_key_path='], /--grpc_key_path has no value/],
    [['--grpc_certificate_path=', '--grpc_key_path='], /--grpc_certificate_path has no value/],
    [
      [...pair(file('server.pem'), file('server.key')), '--grpc_ca_path', file('half')],
      /half' holds no certificate/,
    ],
    [
      [...pair(file('server.pem'), file('server.key')), '--grpc_key_path=x'],
      /--grpc_key_path is given twice/,
    ],
    [pair(file('nothing'), file('server.key')), /nothing' does not exist/],
    [pair(file('empty'), file('server.key')), /empty' is empty/],
    [pair(file('a folder'), file('server.key')), /a folder' is not a file/],
    [pair(file('garbage'), file('server.key')), /garbage' holds no certificate/],
    [pair(file('server.key'), file('server.key')), /server.key' holds no certificate/],
    [pair(file('server.pem'), file('server.pem')), /server.pem' holds no private key/],
    [pair('/dev/zero', file('server.key')), /is not a file/],
    [pair(file('server.pem'), file('client.key')), /the key is not the one of --grpc_certificate_path/],
    [pair(file('client.pem'), file('client.key')), /not for serving/],
    [pair(file('untrusted-expired.pem'), file('untrusted-expired.key')), /the certificate ended 1 h/],
    [
      pair(file('untrusted-not-yet-valid.pem'), file('untrusted-not-yet-valid.key')),
      /not valid yet: it begins in 1 d/,
    ],
    [[...pair(file('server.pem'), file('server.key')), '--grpc_ca_path', file('client.pem')], /is no CA/],
  ])('%j is wrong', async (flags, problem) => {
    const { result, found } = await check(...flags);
    expect(result).toBe('wrong');
    expect(found.join()).not.toContain('right: grpc');
    expect(found.filter((line) => line.startsWith('wrong')).join('\n')).toMatch(problem);
    // Nothing of a key file is ever told.
    expect(found.join('\n')).not.toMatch(/PRIVATE KEY|MII[A-Za-z]/);
  });
});
