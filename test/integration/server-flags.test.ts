import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkServerFlags, createCertificateSet, writeCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, startGrpcServer } from '../support/grpc.js';

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
  const { certificate, privateKey } = set.server;
  writeFileSync(file('bom.pem'), `\uFEFF${certificate.pem}`);
  writeFileSync(file('utf16.pem'), Buffer.from(`\uFEFF${certificate.pem}`, 'utf16le'));
  writeFileSync(file('der.pem'), certificate.der);
  writeFileSync(
    file('encrypted.key'),
    privateKey.keyObject.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
  );
  writeFileSync(file('leaf.pem'), certificate.pem);
  writeFileSync(file('reversed.pem'), `${set.authority.certificate.pem}${certificate.pem}`);
  makeChain(privateKey.pem);
});

/** A server's certificate below an intermediate: the set has none, so that OpenSSL makes them. */
function makeChain(key: string): void {
  writeFileSync(file('chain.key'), key, { mode: 0o600 });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const request = (name: string) =>
    openssl('req', '-new', '-key', 'chain.key', '-subj', `/CN=${name}`, '-out', 'csr');
  writeFileSync(file('leaf.ext'), 'extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n');
  writeFileSync(file('ca.ext'), 'basicConstraints=critical,CA:TRUE\n');
  for (const name of ['root', 'middle'])
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  openssl('req', '-x509', '-new', '-key', 'root.key', '-subj', '/CN=root', '-days', '1', '-out', 'root.pem');
  openssl('req', '-new', '-key', 'middle.key', '-subj', '/CN=middle', '-out', 'csr');
  const sign = (ca: string, out: string, ext: string) =>
    openssl(
      'x509',
      '-req',
      '-in',
      'csr',
      '-CA',
      `${ca}.pem`,
      '-CAkey',
      `${ca}.key`,
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      ext,
      '-out',
      out,
    );
  sign('root', 'middle.pem', 'ca.ext');
  request('localhost');
  sign('middle', 'chained.pem', 'leaf.ext');
  const join = (out: string, ...names: string[]) =>
    writeFileSync(file(out), names.map((name) => readFileSync(file(name), 'utf8')).join(''));
  join('full.pem', 'chained.pem', 'middle.pem');
  join('shuffled.pem', 'chained.pem', 'root.pem', 'middle.pem');
  join('both-cas.pem', 'root.pem', 'middle.pem');
}

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

  test('warns of TLS without client certificates, and of a key that others can read', async () => {
    expect(await check(...pair(file('server.pem'), file('server.key')))).toMatchObject({
      result: 'right',
      grpc: 'tls',
    });
    expect((await check(...pair(file('server.pem'), file('server.key')))).found).toContain(
      'warning: without --grpc_ca_path no client certificate is asked for: anybody gets in',
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
    [['--rest_ca_path', file('ca.pem')], /the server refuses --rest_ca_path at start/],
    [['--grpc_key_path'], /--grpc_key_path has no value|'--port' does not exist/],
    [['--grpc_key_path='], /no TLS flag is given/],
    [['--grpc_certificate_path=', '--grpc_key_path='], /no TLS flag is given/],
    [
      ['--grpc_certificate_path', file('server.pem'), '--grpc_key_path', ''],
      /_certificate_path is given without --grpc_key_path/,
    ],
    [pair(file('bom.pem'), file('server.key')), /bom.pem' begins with a byte order mark/],
    [pair(file('utf16.pem'), file('server.key')), /utf16.pem' is text in UTF-16/],
    [pair(file('der.pem'), file('server.key')), /der.pem' is binary \(DER or PKCS #12\), not PEM/],
    [
      pair(file('server.pem'), file('encrypted.key')),
      /holds an encrypted key, and the server takes no password/,
    ],
    [
      pair(file('reversed.pem'), file('server.key')),
      /is in the wrong order: the server's certificate is number 2 of 2/,
    ],
    [pair(file('shuffled.pem'), file('chain.key')), /wrong order: certificate 2 did not sign certificate 1/],
    [
      [...pair(file('chained.pem'), file('chain.key')), '--grpc_ca_path', file('both-cas.pem')],
      /without the one that signed it, 'CN=middle': an intermediate, which clients need and do not have/,
    ],
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

  test('takes a chain that ends in an intermediate, and a leaf beside its root', async () => {
    const ca = ['--grpc_ca_path', file('root.pem')];
    expect(await check(...pair(file('full.pem'), file('chain.key')), ...ca)).toMatchObject({
      result: 'right',
    });
    const leaf = await check(...pair(file('leaf.pem'), file('server.key')), '--grpc_ca_path', file('ca.pem'));
    expect(leaf.findings.map(({ kind }) => kind)).toEqual(['served']);
  });

  test('warns of a leaf whose issuer is nowhere', async () => {
    const flags = [...pair(file('chained.pem'), file('chain.key')), '--grpc_ca_path', file('root.pem')];
    const { findings, result } = await check(...flags);
    expect(result).toBe('right');
    expect(findings.map(({ kind }) => kind)).toContain('issuer-unknown');
  });

  test('refuses the REST flags of a server that is built without them, and checks those of one that has them', async () => {
    const flags = [...pair(file('server.pem'), file('server.key'), 'rest'), '--rest_ca_path', file('ca.pem')];
    const refused = await check(...flags);
    expect(refused).toMatchObject({ result: 'wrong', rest: 'plaintext' });
    expect(refused.findings.map(({ kind }) => kind)).toEqual(Array(3).fill('rest-tls-refused'));
    expect(refused.findings[0]?.hint).toContain('generate-certs serve');
    const taken = await checkServerFlags(['ovms', '--rest_port', '8000', ...flags], { restTls: true });
    expect(taken).toMatchObject({ result: 'right', rest: 'mutual-tls', grpc: 'plaintext' });
    const alone = await checkServerFlags(['ovms', '--rest_ca_path', file('ca.pem')], { restTls: true });
    expect(alone.findings.map(({ kind }) => kind)).toContain('ca-alone');
  });

  test('warns of REST in plaintext beside gRPC with TLS, and of no port at all; --strict makes both fail', async () => {
    const flags = [...pair(file('server.pem'), file('server.key')), '--grpc_ca_path', file('ca.pem')];
    for (const [ports, kind] of [
      [['--port', '9178', '--rest_port', '8000'], 'rest-plaintext'],
      [[], 'port-missing'],
    ] as const) {
      const argv = ['ovms', ...flags, ...ports];
      const report = await checkServerFlags(argv);
      expect(report.result).toBe('right');
      expect(report.findings.map((finding) => finding.kind)).toContain(kind);
      expect((await checkServerFlags(argv, { strict: true })).result).toBe('wrong');
    }
    const off = await checkServerFlags(['ovms', ...flags, '--port', '9178', '--rest_port', '0']);
    expect(off.findings.map(({ kind }) => kind)).toEqual(['served']);
  });

  test('cannot tell of a server that it does not know, and knows one behind other words', async () => {
    expect(await checkServerFlags(['my-server', '--tls', 'on'])).toMatchObject({
      server: null,
      result: 'unknown',
      grpc: 'unknown',
    });
    for (const [argv, server] of [
      [['docker', 'run', 'openvino/model_server:latest', '--port', '1'], 'openvino'],
      [['/usr/bin/tritonserver'], 'triton'],
      [['wrapper.sh', '--grpc_key_path', 'x'], 'openvino'],
      [['docker', 'run', 'nvcr.io/nvidia/tritonserver:24.01-py3'], 'triton'],
      [['tensorflow_model_server', '--port=1'], 'tensorflow-serving'],
    ] as const) {
      expect((await checkServerFlags(argv)).server).toBe(server);
    }
  });

  const kinds = async (...argv: string[]) => {
    const { findings, ...report } = await checkServerFlags(argv);
    return { ...report, kinds: findings.map(({ kind }) => kind) };
  };

  test('knows Triton: switches, files, and that its HTTP has no TLS', async () => {
    const files = ['--grpc-server-cert', file('server.pem'), '--grpc-server-key', file('server.key')];
    const root = ['--grpc-root-cert', file('ca.pem')];
    const triton = (...flags: string[]) => kinds('tritonserver', ...flags);
    expect(await triton(...files, ...root, '--grpc-use-ssl-mutual=true', '--allow-http=false')).toEqual({
      server: 'triton',
      result: 'right',
      grpc: 'mutual-tls',
      rest: 'plaintext',
      kinds: ['served'],
    });
    expect(await triton(...files, '--grpc-use-ssl', 'true')).toMatchObject({
      result: 'right',
      grpc: 'tls',
      kinds: ['served', 'no-client-certificate', 'rest-plaintext'],
    });
    expect(await triton(...files)).toMatchObject({
      result: 'wrong',
      kinds: ['flag-ignored', 'flag-ignored'],
    });
    expect((await triton('--grpc-use-ssl=1')).kinds).toContain('pair-incomplete');
    expect((await triton(...files, '--grpc-use-ssl-mutual=on')).kinds).toContain('ca-missing');
    expect((await triton(...files, '--grpc-use-ssl=yes')).kinds).toContain('value-invalid');
    expect(await triton()).toMatchObject({ result: 'wrong', kinds: ['no-tls'] });
  });

  test("knows TensorFlow Serving's configuration file, which holds the texts themselves", async () => {
    const field = (name: string, source: string) =>
      `${name}: ${JSON.stringify(readFileSync(file(source), 'utf8'))}\n`;
    const config = (text: string) => {
      writeFileSync(file('ssl.cfg'), text);
      return kinds('tensorflow_model_server', `--ssl_config_file=${file('ssl.cfg')}`, '--rest_api_port=0');
    };
    const pairOf = field('server_cert', 'server.pem') + field('server_key', 'server.key');
    const whole = `# a comment\n${pairOf}${field('custom_ca', 'ca.pem')}`;
    expect(await config(`${whole}client_verify: true\n`)).toMatchObject({
      result: 'right',
      grpc: 'mutual-tls',
      kinds: ['served'],
    });
    expect(await config(pairOf)).toMatchObject({ result: 'right', grpc: 'tls' });
    expect((await config(whole)).kinds).toContain('flag-ignored');
    expect((await config(`${pairOf}client_verify: true`)).kinds).toEqual(['ca-missing']);
    expect((await config(field('server_cert', 'server.pem'))).kinds).toContain('pair-incomplete');
    expect((await config(`${pairOf}server_name: 'x'`)).kinds).toEqual(['config-invalid']);
    expect((await config('server_key "no colon"')).kinds).toEqual(['config-invalid']);
    expect(
      (await config(`${field('server_cert', 'client.pem')}${field('server_key', 'server.key')}`)).kinds,
    ).toEqual(['key-mismatch', 'wrong-usage']);
    expect((await kinds('tensorflow_model_server', '--ssl_config_file', file('ssl.cfg'))).kinds).toEqual([
      'value-missing',
    ]);
  });
});

describe.each(C_CORE_FORMS)('$form', ({ form, python }) => {
  // What is called wrong here is what the server itself refuses when it starts.
  test.runIf(python !== '').each([
    ['bom.pem', 'server.key', 'byte-order-mark'],
    ['utf16.pem', 'server.key', 'utf-16'],
    ['der.pem', 'server.key', 'der'],
    ['server.pem', 'encrypted.key', 'key-encrypted'],
    ['server.pem', 'client.key', 'key-mismatch'],
    ['reversed.pem', 'server.key', 'chain-order'],
    ['empty', 'server.key', 'file-empty'],
    ['server.pem', 'server.pem', 'key-invalid'],
  ])(`refuses %s with %s, as is said: %s`, async (certificate, key, kind) => {
    const { findings } = await check(...pair(file(certificate), file(key)));
    expect(findings.map((finding) => finding.kind)).toContain(kind);
    const started = await startGrpcServer(python, { certificate: file(certificate), key: file(key) }).catch(
      () => undefined,
    );
    await started?.process.stop();
    // OpenSSL passes over a byte order mark; BoringSSL, which model servers are built with, does not.
    if (kind === 'byte-order-mark' && form.includes('OpenSSL')) expect(started).toBeDefined();
    else expect(started, form).toBeUndefined();
  });

  test.runIf(python !== '')('starts with what is called right', async () => {
    expect((await check(...pair(file('full.pem'), file('chain.key')))).result).toBe('right');
    const server = await startGrpcServer(python, { certificate: file('full.pem'), key: file('chain.key') });
    await server.process.stop();
    expect(server.port).toBeGreaterThan(0);
  });
});
