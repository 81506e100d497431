// Sets that a CA of another folder signs: another set's, and one that OpenSSL made.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import {
  addClients,
  type CertificateSet,
  createCertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  renewCertificateSet,
  revokeClient,
  verifyCertificateSet,
  writeCertificateSet,
} from '../../src/index.js';
import { ACCEPTED, probeNode } from '../support/flaw-probes.js';
import { temporaryFolder } from '../support/folder.js';
import { opensslVerify } from '../support/openssl.js';
import { generateCerts } from '../support/program.js';

const tools = inject('tools');
const grpc = { layouts: ['grpc' as const] };

const judge = (server: CertificateSet, client: CertificateSet) =>
  probeNode(server.server.tlsOptions(), client.client('client').tlsOptions());

/** A CA that OpenSSL makes, in a folder. */
function opensslCa(options: {
  key?: string[];
  extensions?: string[];
  days?: string;
  write?: (pem: string) => string;
}): string {
  const folder = temporaryFolder();
  const { key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], days = '2' } = options;
  const extensions = options.extensions ?? [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  const [keyFile, file] = [join(folder, 'ca.key'), join(folder, 'ca.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', ...key, '-keyout', keyFile, '-out', file, '-days', days],
      ...['-subj', '/O=Our company/CN=Our root', '-config', '/dev/null'],
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ],
    { stdio: 'pipe' },
  );
  return folder;
}

describe("another set's CA", () => {
  test('signs a set that trusts the other, and the other it', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await ensureCertificateSet(one, grpc);
    const { outcome, manifest } = await ensureCertificateSet(two, { ...grpc, ca: one, untrusted: 'all' });
    expect(outcome).toBe('created');
    expect(manifest.request.ca).toBe(one);
    const [first, second] = [await loadCertificateSet(one), await loadCertificateSet(two)];
    expect([await judge(first, second), await judge(second, first)]).toEqual([ACCEPTED, ACCEPTED]);
    expect(existsSync(join(two, 'authority', 'ca.key'))).toBe(false);
    expect(readFileSync(join(two, 'ca.pem'))).toEqual(readFileSync(join(one, 'ca.pem')));
    expect(second.expiresAt.getTime()).toBeLessThanOrEqual(first.expiresAt.getTime());
    expect((await verifyCertificateSet(two)).result).toBe('right');
    expect((await ensureCertificateSet(two)).outcome).toBe('unchanged');
  });

  test('signs more clients, revocations, renewals and repairs', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await ensureCertificateSet(one, grpc);
    await ensureCertificateSet(two, { ca: one, layouts: ['nginx'], key: 'ec-p256', intermediates: 0 });
    await addClients(two, ['bob']);
    await revokeClient(two, 'bob');
    await renewCertificateSet(two);
    rmSync(join(two, 'client.pem'));
    expect((await ensureCertificateSet(two)).outcome).toBe('updated');
    expect((await verifyCertificateSet(two)).result).toBe('right');
    // The other set's CA gets a new life: what it signed stays, and what it signs now fits.
    await renewCertificateSet(one);
    rmSync(join(two, 'client.pem'));
    expect((await ensureCertificateSet(two)).outcome).toBe('updated');
    await renewCertificateSet(two);
    expect((await verifyCertificateSet(two)).result).toBe('right');
    expect(readFileSync(join(two, 'ca.pem'))).toEqual(readFileSync(join(one, 'ca.pem')));
  });

  test('is needed for what signs, and for nothing else', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await ensureCertificateSet(one, grpc);
    await ensureCertificateSet(two, { ...grpc, ca: one });
    renameSync(join(one, 'authority'), join(one, 'elsewhere'));
    expect((await ensureCertificateSet(two)).outcome).toBe('unchanged');
    expect((await verifyCertificateSet(two)).result).toBe('right');
    for (const attempt of [
      () => addClients(two, ['bob']),
      () => renewCertificateSet(two),
      () => ensureCertificateSet(two, { clients: ['bob'] }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ERR_CA_KEY_MISSING' });
    }
    expect(existsSync(join(two, 'bob.pem'))).toBe(false);
  });

  test('that became another one issues everything again', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await ensureCertificateSet(one, grpc);
    await ensureCertificateSet(two, { ...grpc, ca: one });
    await ensureCertificateSet(one, { ...grpc, new: true });
    await expect(renewCertificateSet(two)).rejects.toMatchObject({ code: 'ERR_CA_INVALID' });
    expect((await ensureCertificateSet(two)).outcome).toBe('unchanged');
    const { outcome } = await ensureCertificateSet(two, { clients: ['bob'] });
    expect(outcome).toBe('replaced');
    const [first, second] = [await loadCertificateSet(one), await loadCertificateSet(two)];
    expect([await judge(first, second), await judge(second, first)]).toEqual([ACCEPTED, ACCEPTED]);
  });

  test('has room for intermediates where it was made with them', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await writeCertificateSet(await createCertificateSet({ ...grpc, intermediates: 1 }), one);
    const set = await createCertificateSet({ ...grpc, ca: one, intermediates: 1 });
    await writeCertificateSet(set, two);
    expect((await verifyCertificateSet(two)).result).toBe('right');
    const first = await loadCertificateSet(one);
    // A server with revocation lists wants those of the other set's intermediates too.
    const judgeWithoutLists = (server: CertificateSet, client: CertificateSet) => {
      const { crl: _, ...options } = server.server.tlsOptions();
      return probeNode(options, client.client('client').tlsOptions());
    };
    expect([await judgeWithoutLists(first, set), await judgeWithoutLists(set, first)]).toEqual([
      ACCEPTED,
      ACCEPTED,
    ]);
    expect(set.intermediates[0]?.certificate.subject).not.toBe(first.intermediates[0]?.certificate.subject);
  });
});

describe.skipIf(!tools.openssl)('a CA that OpenSSL made', () => {
  const RSA = ['-newkey', 'rsa:2048'];
  test.each([
    { title: 'PKCS #8, EC', key: undefined, convert: undefined },
    { title: 'PKCS #8, RSA', key: RSA, convert: undefined },
    { title: 'SEC1', key: undefined, convert: ['ec'] },
    { title: 'PKCS #1', key: RSA, convert: ['rsa', '-traditional'] },
  ])('signs with its key in $title', async ({ key, convert }) => {
    const ca = opensslCa(key === undefined ? {} : { key });
    const keyFile = join(ca, 'ca.key');
    if (convert !== undefined) {
      const [program = '', ...options] = convert;
      const converted = execFileSync('openssl', [program, '-in', keyFile, ...options], { stdio: 'pipe' });
      expect(String(converted)).toContain(
        program === 'ec' ? 'BEGIN EC PRIVATE KEY' : 'BEGIN RSA PRIVATE KEY',
      );
      writeFileSync(keyFile, converted);
    }
    const folder = join(temporaryFolder(), 'set');
    const { status, stderr } = generateCerts([
      '-o',
      folder,
      '-l',
      'grpc',
      '--ca',
      ca,
      '--intermediates',
      '1',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [root, client] = [join(ca, 'ca.pem'), join(folder, 'client.pem')];
    expect(opensslVerify(['-x509_strict', '-CAfile', root, '-untrusted', client, client])).toBe('');
    expect((await verifyCertificateSet(folder)).result).toBe('right');
  });

  test.each([
    ['EC P-384 and SHA-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1', '-sha384']],
    ['RSA and SHA-512', [...RSA, '-sha512']],
    ['RSA and SHA-1', [...RSA, '-sha1']],
    ['RSA with PSS', [...RSA, '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']],
  ])('that signed itself with %s is a root', async (_title, key) => {
    const set = await createCertificateSet({ ...grpc, ca: opensslCa({ key }) });
    expect(set.authority.certificate.subject).toContain('Our root');
  });

  test('with a key identifier of its own kind is named by it', async () => {
    const usual = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const extensions = [...usual, 'subjectKeyIdentifier=0102030405'];
    const ca = opensslCa({ extensions });
    const folder = join(temporaryFolder(), 'set');
    await ensureCertificateSet(folder, { ...grpc, ca });
    const client = join(folder, 'client.pem');
    expect(opensslVerify(['-x509_strict', '-CAfile', join(ca, 'ca.pem'), client])).toBe('');
  });

  test('has its name constraints respected', async () => {
    const basic = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const permitted = opensslCa({
      extensions: [...basic, 'nameConstraints=critical,permitted;DNS:corp.test'],
    });
    const set = await createCertificateSet({ ...grpc, ca: permitted, names: ['api.corp.test'] });
    expect(set.server.certificate.subjectAltNames).toEqual(['DNS:api.corp.test']);
    await expect(createCertificateSet({ ...grpc, ca: permitted })).rejects.toMatchObject({
      code: 'ERR_OUTSIDE_CONSTRAINTS',
      hint: 'it may sign only corp.test and names below',
    });
    const excluded = opensslCa({ extensions: [...basic, 'nameConstraints=critical,excluded;DNS:corp.test'] });
    await createCertificateSet({ ...grpc, ca: excluded });
    await expect(
      createCertificateSet({ ...grpc, ca: excluded, names: ['api.corp.test'] }),
    ).rejects.toMatchObject({ code: 'ERR_OUTSIDE_CONSTRAINTS' });
    const address = opensslCa({
      extensions: [...basic, 'nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0'],
    });
    await expect(createCertificateSet({ ...grpc, ca: address })).rejects.toMatchObject({
      code: 'ERR_CA_INVALID',
    });
  });

  const basic = 'basicConstraints=critical,CA:TRUE';
  test.each([
    {
      title: 'is no CA',
      problem: 'is not a CA',
      make: () => opensslCa({ extensions: ['basicConstraints=CA:FALSE'] }),
    },
    {
      title: 'may not sign certificates',
      problem: 'may not sign certificates',
      make: () => opensslCa({ extensions: [basic, 'keyUsage=critical,cRLSign'] }),
    },
    {
      title: 'has too little room for intermediates',
      problem: 'pathlen:0',
      make: () => opensslCa({ extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'] }),
    },
    {
      title: 'has the key of another',
      problem: 'the private key of another certificate',
      make: () => {
        const [ca, other] = [opensslCa({}), opensslCa({})];
        renameSync(join(other, 'ca.key'), join(ca, 'ca.key'));
        return ca;
      },
    },
    {
      title: 'was changed after it was signed',
      problem: 'its signature was not made with its own key',
      make: () => {
        const ca = opensslCa({});
        const file = join(ca, 'ca.pem');
        const der = Buffer.from(readFileSync(file, 'utf8').replace(/-----.*-----/g, ''), 'base64');
        der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
        writeFileSync(
          file,
          `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
        );
        return ca;
      },
    },
    {
      title: 'has a weak key',
      problem: 'has a key of type rsa-1024',
      make: () => opensslCa({ key: ['-newkey', 'rsa:1024'] }),
    },
    {
      title: 'has a key of another kind',
      problem: 'has a key of type ed448',
      make: () => opensslCa({ key: ['-newkey', 'ed448'] }),
    },
    {
      title: 'has a locked key',
      problem: 'is locked with a password',
      make: () => {
        const ca = opensslCa({});
        const file = join(ca, 'ca.key');
        execFileSync(
          'openssl',
          ['pkey', '-in', file, '-out', `${file}.locked`, '-aes256', '-passout', 'pass:secret'],
          {
            stdio: 'pipe',
          },
        );
        renameSync(`${file}.locked`, file);
        return ca;
      },
    },
    {
      title: 'is no certificate at all',
      problem: 'holds no certificate that can be read',
      make: () => {
        const ca = opensslCa({});
        writeFileSync(join(ca, 'ca.pem'), 'hello\n');
        return ca;
      },
    },
    {
      title: 'has no key',
      problem: 'is missing',
      make: () => {
        const ca = opensslCa({});
        rmSync(join(ca, 'ca.key'));
        return ca;
      },
    },
    { title: 'is not there', problem: 'there is no CA in', make: () => join(temporaryFolder(), 'nowhere') },
  ])('is refused where it $title, and nothing is written', ({ problem, make }) => {
    const folder = join(temporaryFolder(), 'set');
    const { status, stderr, stdout } = generateCerts(['-o', folder, '--ca', make(), '--intermediates', '1']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^generate-certs: (?:warning: .*\ngenerate-certs: hint: .*\ngenerate-certs: )?error: .*\ngenerate-certs: hint: .*\n$/,
    );
    expect(stderr).toContain(problem);
    expect(existsSync(folder)).toBe(false);
  });

  test('may be linked to, and a pipe in its place is not waited for', async () => {
    const [ca, links] = [opensslCa({}), temporaryFolder()];
    for (const name of ['ca.pem', 'ca.key']) symlinkSync(join(ca, name), join(links, name));
    expect((await createCertificateSet({ ...grpc, ca: links })).request.ca).toBe(links);
    rmSync(join(ca, 'ca.pem'));
    execFileSync('mkfifo', [join(ca, 'ca.pem')]);
    await expect(createCertificateSet({ ...grpc, ca })).rejects.toMatchObject({ code: 'ERR_FILE_SYSTEM' });
  });

  test('that has ended is refused', async () => {
    const ca = temporaryFolder();
    const set = await createCertificateSet({ ...grpc, validFor: '1s' });
    await writeCertificateSet(set, ca);
    await expect
      .poll(
        () =>
          createCertificateSet({ ...grpc, ca }).then(
            () => '',
            (error) => error.message,
          ),
        { timeout: 5000 },
      )
      .toMatch(/ended/);
  });

  test('is not the folder of the set itself, and has no other name constraints than its own', async () => {
    const folder = temporaryFolder();
    await ensureCertificateSet(folder, grpc);
    await expect(ensureCertificateSet(folder, { ca: folder })).rejects.toMatchObject({
      code: 'ERR_CA_INVALID',
    });
    await expect(createCertificateSet({ ...grpc, ca: folder, nameConstraints: true })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
  });
});
