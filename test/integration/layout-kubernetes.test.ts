import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut } from '../support/layouts.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');

describe('the layout kubernetes', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;

  beforeAll(() => {
    set = layOut('kubernetes', join(folder, 'certs'), ['-c', 'carol@example.test', '-c', 'Big_Name']);
  });

  const PARTS = ['tls.crt', 'tls.key', 'ca.crt'];
  const PARTIES = [
    ['server', 'server'],
    ['alice', 'alice'],
    ['carol@example.test', 'carol-example.test'],
    ['Big_Name', 'big-name'],
    ['untrusted-wrong-usage', 'untrusted-wrong-usage'],
  ] as const;

  describe.runIf(tools.kubectl)('as kubectl reads it, which works without a cluster', () => {
    const read = (file: string) => {
      const { status, stdout, stderr } = run('kubectl', [
        'label',
        '--local',
        '-f',
        file,
        'a=b',
        '-o',
        'json',
      ]);
      expect(stderr).toBe('');
      expect(status).toBe(0);
      return JSON.parse(stdout);
    };

    test.each(PARTIES)('the Secret of %s is what kubectl would make of its files', (party, name) => {
      const { data, type, kind, metadata } = read(set.file(party, 'secret.yaml'));
      expect(metadata).toMatchObject({ name, labels: { 'app.kubernetes.io/managed-by': 'generate-certs' } });
      const files = PARTS.map((part) => `--from-file=${part}=${set.file(party, part)}`);
      const made = run('kubectl', [
        ...['create', 'secret', 'generic', name, '--type=kubernetes.io/tls', ...files],
        ...['--dry-run=client', '-o', 'json'],
      ]);
      expect(JSON.parse(made.stdout)).toMatchObject({ kind, type, data });
    });

    test('the ConfigMap has the CA', () => {
      const { kind, metadata, data } = read(set.file('alice', 'configmap.yaml'));
      expect([kind, metadata.name]).toEqual(['ConfigMap', 'generate-certs-ca']);
      expect(data).toEqual({ 'ca.crt': readFileSync(set.file('alice', 'ca.crt'), 'utf8') });
    });

    test("the set's CA can be given to cert-manager as it is printed", () => {
      const [command = ''] = set.printed('to go on with cert-manager');
      const [program = '', ...args] = command.split(' ');
      const { status, stdout } = run(program, [...args, '--dry-run=client', '-o', 'json']);
      expect(status).toBe(0);
      const issuer = parse(set.printed('the Issuer').join('\n'));
      expect(issuer).toMatchObject({ apiVersion: 'cert-manager.io/v1', kind: 'Issuer' });
      expect(issuer.spec.ca.secretName).toBe(JSON.parse(stdout).metadata.name);
    });
  });

  test('the Secret is private, as the key is', () => {
    expect(statSync(set.file('alice', 'secret.yaml')).mode & 0o777).toBe(0o600);
  });

  test('kubectl apply finds nothing else in the folders that are printed', () => {
    const [command = ''] = set.printed('a Secret for each party');
    expect(command).toBe(`kubectl apply -f ${set.folder}/server -f ${set.folder}/alice`);
    const volume = parse(set.printed('the volume').join('\n'));
    expect(volume.volumes[0].secret.secretName).toBe('server');
  });
});

test.each([
  ['two clients of one Secret', ['-c', 'alice_b', '-c', 'alice-b'], /would share the Secret 'alice-b'/],
  ['a client with the Secret of another', ['-c', 'untrusted_unknown_ca'], /would share the Secret/],
  ['a name of which nothing is left', ['-c', '_'], /leaves no name/],
])('%s is refused, and nothing is written', (_name, args, message) => {
  const out = join(temporaryFolder(), 'certs');
  const { status, stderr } = generateCerts(['-o', out, '-l', 'kubernetes', ...args]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(() => statSync(out)).toThrow(/ENOENT/);
});

test('a client that comes later cannot take the Secret of another', () => {
  const out = join(temporaryFolder(), 'certs');
  generateCerts(['-q', '-o', out, '-l', 'kubernetes', '-c', 'alice-b']);
  const { status, stderr } = generateCerts(['client', '-o', out, 'alice_b']);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/would share the Secret/)]);
  expect(() => statSync(join(out, 'alice_b'))).toThrow(/ENOENT/);
});
