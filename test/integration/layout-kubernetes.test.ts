import { X509Certificate } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import { Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer';
import { Bundle } from '@kubernetes-models/cert-manager/trust.cert-manager.io/v1alpha1/Bundle';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Secret } from 'kubernetes-models/v1/Secret';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut } from '../support/layouts.js';
import { codeBlocks } from '../support/pages.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');

const readYaml = (file: string) => parse(readFileSync(file, 'utf8'));

/** What a Secret holds, decoded, where it is one by Kubernetes' schema. */
function readSecret(file: string): Record<string, string> {
  const secret = readYaml(file);
  expect(new Secret(secret).validate()).toBeUndefined();
  expect(secret).toMatchObject({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls' });
  const parts = Object.entries(secret.data as Record<string, string>);
  return Object.fromEntries(parts.map(([name, data]) => [name, Buffer.from(data, 'base64').toString()]));
}

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
  });

  test('every object is one by the published schemas of Kubernetes', () => {
    for (const [party] of PARTIES) {
      const secret = readSecret(set.file(party, 'secret.yaml'));
      expect(Object.keys(secret)).toEqual(PARTS);
      for (const part of PARTS) expect(secret[part]).toBe(readFileSync(set.file(party, part), 'utf8'));
    }
    const configMap = readYaml(set.file('alice', 'configmap.yaml'));
    expect(new ConfigMap(configMap as never).validate()).toBeUndefined();
    // These schemas do refuse what is wrong.
    expect(() => new ConfigMap({ ...configMap, data: ['ca.crt'] } as never).validate()).toThrow(/data/);
    expect(() => new Secret({ metadata: { name: 7 } } as never).validate()).toThrow(/name/);
  });

  test('show says how to go on with cert-manager', () => {
    expect(set.printed('to go on with cert-manager')).toEqual([
      `generate-certs --out ${set.folder} --issuer`,
    ]);
  });

  test('the Secret is private, as the key is', () => {
    expect(statSync(set.file('alice', 'secret.yaml')).mode & 0o777).toBe(0o600);
  });

  test('kubectl apply finds nothing else in the folders that are printed', () => {
    const [command = ''] = set.printed('the Secret of a party');
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

describe('with --issuer', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const issuerFolder = join(out, 'authority', 'kubernetes');
  const caSecret = () => readSecret(join(issuerFolder, 'ca-secret.yaml'));
  const make = (...args: string[]) => generateCerts(['-o', out, ...args]);
  let made: ReturnType<typeof generateCerts>;

  beforeAll(() => {
    made = make('-l', 'kubernetes', '--issuer', '--intermediates', '1');
  });

  test('warns of the key, and prints how to apply', () => {
    expect(made.status).toBe(0);
    expect(made.stderr).toContain("authority/kubernetes/ca-secret.yaml holds the CA's private key");
    expect(made.stdout).toContain(`kubectl apply -f ${out}/authority/kubernetes\n`);
  });

  test("the CA's Secret is where the CA's key is, and nowhere else", () => {
    expect(readdirSync(issuerFolder).sort()).toEqual(['ca-secret.yaml', 'issuer.yaml']);
    expect(statSync(join(out, 'authority')).mode & 0o777).toBe(0o700);
    expect(statSync(issuerFolder).mode & 0o777).toBe(0o700);
    expect(statSync(join(issuerFolder, 'ca-secret.yaml')).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(out, 'authority', 'intermediate-1.key'));
    for (const party of ['server', 'client', 'untrusted-unknown-ca']) {
      for (const name of readdirSync(join(out, party))) {
        const content = readFileSync(join(out, party, name), 'utf8');
        expect(content).not.toContain(key.toString('base64'));
        expect(content).not.toContain(key.toString().split('\n')[1]);
      }
    }
  });

  test('the Secret holds the CA that signs, its chain up to the root, and its key', () => {
    const { 'tls.crt': chain = '', 'tls.key': key } = caSecret();
    expect(key).toBe(readFileSync(join(out, 'authority', 'intermediate-1.key'), 'utf8'));
    const pems = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const [signer, root] = pems.map((pem) => new X509Certificate(pem));
    expect(pems[1]).toBe(readFileSync(join(out, 'ca.pem'), 'utf8'));
    expect(signer?.checkIssued(root as X509Certificate)).toBe(true);
    const leaf = new X509Certificate(readFileSync(join(out, 'client', 'tls.crt')));
    expect(leaf.verify((signer as X509Certificate).publicKey)).toBe(true);
  });

  test('the Issuer is one by the published schema of cert-manager, and names the Secret', () => {
    const issuer = readYaml(join(issuerFolder, 'issuer.yaml'));
    expect(new Issuer(issuer).validate()).toBeUndefined();
    expect(() => new Issuer({ ...issuer, spec: { ca: {} } }).validate()).toThrow(/secretName/);
    const secret = readYaml(join(issuerFolder, 'ca-secret.yaml'));
    expect(issuer.spec.ca.secretName).toBe(secret.metadata.name);
  });

  test("the page's Certificate and Bundle fit, by the published schemas and by the names in them", () => {
    const shown = (info: string) => parse(codeBlocks().find((block) => block.info === info)?.text ?? '');
    const certificate = shown('yaml certificate');
    const bundle = shown('yaml bundle');
    expect(new Certificate(certificate).validate()).toBeUndefined();
    expect(new Bundle(bundle).validate()).toBeUndefined();
    const issuer = readYaml(join(issuerFolder, 'issuer.yaml'));
    expect(certificate.spec.issuerRef.name).toBe(issuer.metadata.name);
    const configMap = readYaml(join(out, 'client', 'configmap.yaml'));
    const [{ configMap: source }] = bundle.spec.sources;
    expect(source.name).toBe(configMap.metadata.name);
    expect(Object.keys(configMap.data)).toEqual([source.key]);
  });

  // What SPIRE does with the CA above its own, by OpenSSL.
  test.runIf(tools.openssl).each([
    ['0', 2],
    ['1', 0],
  ])('below a root with --intermediates %s a CA of SPIRE is verified with status %i', (count, expected) => {
    const at = (name: string) => join(folder, `spire-${count}`, name);
    generateCerts(['-q', '-o', at('.'), '-l', 'tls', '--intermediates', count]);
    writeFileSync(at('ca.cnf'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n');
    const sign = (subject: string, name: string, ca: readonly string[], more: readonly string[]) => {
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        at(`${name}.key`),
      ];
      const asked = run('openssl', ['req', '-new', ...key, '-subj', subject, '-out', at(`${name}.csr`)]);
      expect(asked.status).toBe(0);
      const [certificate = '', caKey = ''] = ca;
      const signed = [
        'x509',
        '-req',
        '-in',
        at(`${name}.csr`),
        '-CA',
        certificate,
        '-CAkey',
        caKey,
        '-days',
        '1',
      ];
      expect(run('openssl', [...signed, '-out', at(`${name}.pem`), ...more]).status).toBe(0);
    };
    sign('/O=SPIRE', 'spire', [at('ca.pem'), at('authority/ca.key')], ['-extfile', at('ca.cnf')]);
    sign('/O=workload', 'svid', [at('spire.pem'), at('spire.key')], []);
    const chain = ['-CAfile', at('ca.pem'), '-untrusted', at('spire.pem'), at('svid.pem')];
    const { status, stderr } = run('openssl', ['verify', ...chain]);
    expect(status).toBe(expected);
    if (expected !== 0) expect(stderr).toContain('path length constraint exceeded');
  });

  // It looks whether the key is the certificate's.
  test.runIf(tools.kubectl)('kubectl makes the same Secret of the CA', () => {
    const { 'tls.crt': certificate = '', 'tls.key': key = '' } = caSecret();
    const files = { 'tls.crt': certificate, 'tls.key': key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { status, stdout } = run('kubectl', [
      ...['create', 'secret', 'tls', 'generate-certs-ca', '--dry-run=client', '-o', 'json'],
      ...[`--cert=${join(folder, 'tls.crt')}`, `--key=${join(folder, 'tls.key')}`],
    ]);
    expect(status).toBe(0);
    const { data, type, metadata } = readYaml(join(issuerFolder, 'ca-secret.yaml'));
    expect(JSON.parse(stdout)).toMatchObject({ data, type, metadata: { name: metadata.name } });
  });

  test('a second run keeps it, and makes it again where it is lost', () => {
    expect(make('-q').status).toBe(0);
    const before = caSecret();
    rmSync(join(issuerFolder, 'ca-secret.yaml'));
    expect(make('-q').status).toBe(0);
    expect(caSecret()).toEqual(before);
  });

  test('no client may have the Secret of the CA', () => {
    const { status, stderr } = generateCerts(['client', '-o', out, 'generate-certs-ca']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('would have the Secret of the CA')]);
  });

  test('without the folder authority the set can still be used, and not made again', () => {
    const copy = join(folder, 'copy');
    cpSync(out, copy, { recursive: true, filter: (path) => path !== join(out, 'authority') });
    expect(generateCerts(['verify', '-o', copy]).stdout).not.toContain('FAILED');
    const { status, stderr } = generateCerts(['client', '-o', copy, 'bob']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('generate-certs: error:')]);
    expect(existsSync(join(copy, 'bob'))).toBe(false);
  });

  test('it goes with its layout, and with the set', () => {
    expect(make('-q', '-l', 'tls').status).toBe(0);
    expect(existsSync(issuerFolder)).toBe(false);
    expect(make('-q', '-l', 'kubernetes', '--issuer').status).toBe(0);
    expect(existsSync(issuerFolder)).toBe(true);
    expect(generateCerts(['clean', '-o', out]).status).toBe(0);
    expect(existsSync(out)).toBe(false);
  });
});

test.each([
  ['a layout that has no issuer', ['-l', 'nginx'], /none of the chosen layouts has an issuer/],
  ["another folder's CA", ['-l', 'kubernetes', '--ca', 'other'], /a copy of the private key of the CA in/],
])('--issuer with %s is refused, and nothing is written', (_name, args, message) => {
  const folder = temporaryFolder();
  const other = join(folder, 'other');
  if (args.includes('--ca')) generateCerts(['-q', '-o', other, '-l', 'tls']);
  const { status, stderr } = generateCerts(['-o', 'certs', '--issuer', ...args], { cwd: folder });
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(existsSync(join(folder, 'certs'))).toBe(false);
});
