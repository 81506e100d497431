// The password of the keystores: where it comes from, and where it never appears.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  addClients,
  addServers,
  createCertificateSet,
  ensureCertificateSet,
  renewCertificateSet,
  revokeClient,
  rotateCertificateSet,
  signRequests,
  temporaryCertificates,
  watchCertificateSet,
  writeCertificateSet,
} from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { exitOf, startFront, startServe } from '../support/front.js';
import { freePort } from '../support/processes.js';
import { generateCerts, run } from '../support/program.js';

const tools = inject('tools');
const PASSWORD = 'open "s\\esame" $1';
const OTHER = 'another-one';
const WRONG = expect.objectContaining({ code: 'ERR_PASSWORD_WRONG' });

const opens = (file: string, passphrase: string) => {
  try {
    createSecureContext({ pfx: readFileSync(file), passphrase });
    return true;
  } catch (error) {
    expect(String(error)).toContain('mac verify failure');
    return false;
  }
};

/** Every file of a folder with its content. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, readFileSync(path).toString('latin1')];
    }),
  );
}

describe('the command line', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const secret = join(folder, 'password');
  let made: ReturnType<typeof generateCerts>;
  const withFile = (...args: string[]) => generateCerts(['--password-file', secret, '-o', out, ...args]);

  beforeAll(() => {
    writeFileSync(secret, `${PASSWORD}\n`, { mode: 0o600 });
    made = withFile('-l', 'java', '-c', 'alice');
  });

  test('takes it from a file, without the line break at its end', () => {
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(opens(join(out, 'alice', 'keystore.p12'), PASSWORD)).toBe(true);
    expect(opens(join(out, 'server', 'keystore.p12'), 'changeit')).toBe(false);
  });

  test('writes it nowhere: not into a file, not to the terminal', () => {
    for (const [path, content] of contents(out)) {
      expect(content, path).not.toContain(PASSWORD);
      expect(content, path).not.toContain('sesame');
    }
    const shown = generateCerts(['show', '--next', 'java', '-o', out]);
    const json = withFile('--json');
    const debugged = generateCerts(['client', 'debugged', '--password-file', secret, '-o', out], {
      env: { GENERATE_CERTS_DEBUG: '1', NODE_DEBUG: 'generate-certs' },
    });
    for (const { status, stdout, stderr } of [made, shown, json, debugged]) {
      expect(status).toBe(0);
      expect(stdout + stderr).not.toContain('sesame');
    }
    expect(shown.stdout).toContain('-storepass:env GENERATE_CERTS_PASSWORD');
    expect(shown.stdout).not.toContain('changeit');
  });

  test('takes it from the environment, and the file before that', () => {
    const env = { GENERATE_CERTS_PASSWORD: PASSWORD };
    expect(generateCerts(['client', 'bob', '-o', out], { env }).status).toBe(0);
    expect(opens(join(out, 'bob', 'keystore.p12'), PASSWORD)).toBe(true);
    const both = generateCerts(['client', 'carol', '-o', out, '--password-file', secret], {
      env: { GENERATE_CERTS_PASSWORD: OTHER },
    });
    expect(both.status).toBe(0);
  });

  test('changes no set whose keystores it does not open', () => {
    const before = contents(out);
    const attempts = [
      ['-c', 'dora'],
      ['client', 'dora'],
      ['server', 'db=db.test'],
      ['renew'],
      ['rotate'],
      ['watch'],
    ];
    for (const args of attempts) {
      const { status, stderr } = generateCerts([...args, '-o', out]);
      expect(status, args.join(' ')).toBe(2);
      expect(stderr).toContain(`error: the password does not open the keystores in '${out}'`);
      expect(stderr).toContain('--password-file');
    }
    expect(contents(out)).toEqual(before);
  });

  test('with nothing to do needs none, and another one is told of', () => {
    expect(generateCerts(['-o', out])).toMatchObject({ status: 0, stderr: '' });
    const other = generateCerts(['-o', out], { env: { GENERATE_CERTS_PASSWORD: OTHER } });
    expect(other.status).toBe(2);
    expect(
      generateCerts(['-o', out, '-l', 'java', '-c', 'alice', '--new'], {
        env: { GENERATE_CERTS_PASSWORD: OTHER },
      }).status,
    ).toBe(0);
    expect(opens(join(out, 'alice', 'keystore.p12'), OTHER)).toBe(true);
  });

  test('warns where others can read the file', () => {
    const open = join(folder, 'open');
    writeFileSync(open, PASSWORD, { mode: 0o644 });
    const { status, stderr } = generateCerts([
      '-o',
      join(folder, 'warned'),
      '-l',
      'java',
      '--password-file',
      open,
    ]);
    expect(status).toBe(0);
    expect(stderr).toContain(`warning: other users can read the password file ${open} (mode 0644)`);
  });

  test('warns of a file that nothing is made with, and not of a variable', () => {
    const set = join(folder, 'without');
    const warning = 'warning: the set has no keystores: --password-file is not used';
    const make = ['-l', 'tls', '-o', set];
    expect(generateCerts(make, { env: { GENERATE_CERTS_PASSWORD: PASSWORD } }).stderr).toBe('');
    for (const args of [make, ['client', 'bob', '-o', set], ['renew', '-o', set], ['rotate', '-o', set]]) {
      const { status, stderr } = generateCerts([...args, '--password-file', secret]);
      expect([args[0], status, stderr]).toEqual([args[0], 0, expect.stringContaining(warning)]);
    }
  });

  test('takes a file behind a link, as secrets are mounted', () => {
    const link = join(folder, 'link');
    symlinkSync(secret, link);
    const target = join(folder, 'linked');
    expect(generateCerts(['-q', '-o', target, '-l', 'java', '--password-file', link]).status).toBe(0);
    expect(opens(join(target, 'server', 'keystore.p12'), PASSWORD)).toBe(true);
  });

  describe('refuses before anything is made', () => {
    const place = (name: string, content: string | Buffer) => {
      const path = join(temporaryFolder(), name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    const folderIn = () => {
      const path = join(temporaryFolder(), 'folder');
      mkdirSync(path);
      return path;
    };
    const circle = () => {
      const path = join(temporaryFolder(), 'circle');
      symlinkSync(path, path);
      return path;
    };
    test.each([
      ['a file that is not there', () => join(folder, 'none'), 'there is no password file'],
      ['an empty file name', () => '', "there is no password file ''"],
      ['a folder', folderIn, 'is not a regular file'],
      ['a link to itself', circle, 'leads in a circle'],
      ['a device', () => '/dev/zero', 'is not a regular file'],
      ['an empty file', () => place('empty', ''), 'the password is empty'],
      ['a file with a line break alone', () => place('line', '\n'), 'the password is empty'],
      ['two lines', () => place('two', 'sesame\nsesame\n'), 'is a control character'],
      ['a file that is too long', () => place('long', 'x'.repeat(2000)), 'is larger than any password'],
      [
        'a password that is too long',
        () => place('longer', 'x'.repeat(1026)),
        'the password has 1026 characters',
      ],
      ['bytes that are not UTF-8', () => place('bytes', Buffer.from([0x73, 0xff, 0xfe])), 'is not UTF-8'],
      ['letters that Java 17 does not read', () => place('letters', 's\u0119same'), 'is not ASCII'],
    ])('%s', (_what, path, message) => {
      const target = join(temporaryFolder(), 'certs');
      const { status, stderr } = generateCerts(['-o', target, '-l', 'java', '--password-file', path()]);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).toContain('generate-certs: hint: ');
      expect(stderr).not.toMatch(/s.same/);
      expect(existsSync(target)).toBe(false);
    });

    test('an empty variable', () => {
      const target = join(temporaryFolder(), 'certs');
      const env = { GENERATE_CERTS_PASSWORD: '' };
      const { status, stderr } = generateCerts(['-o', target, '-l', 'java'], { env });
      expect(status).toBe(2);
      expect(stderr).toContain('the password is empty');
      expect(existsSync(target)).toBe(false);
    });

    test('a password in the configuration file', () => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'generate-certs.yaml'), 'layouts: [java]\npassword: sesame\n');
      const { status, stderr } = generateCerts([], { cwd });
      expect(status).toBe(2);
      expect(stderr).not.toContain('sesame');
      expect(readdirSync(cwd)).toEqual(['generate-certs.yaml']);
    });
  });
});

describe('the library', () => {
  test('refuses to change a set under another password, and takes the right one everywhere', async () => {
    const out = join(temporaryFolder(), 'certs');
    await ensureCertificateSet(out, { layouts: ['java'], clients: ['alice'], password: PASSWORD });
    const request = tools.openssl
      ? [
          run('openssl', [
            ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
            ...['-keyout', join(out, '..', 'dora.key'), '-subj', '/CN=dora'],
          ]).stdout,
        ]
      : [];
    const changes = [
      (password?: string) => ensureCertificateSet(out, { clients: ['bob'], password }),
      (password?: string) => addClients(out, ['carol'], { password }),
      (password?: string) => addServers(out, { db: ['db.test'] }, { password }),
      ...(tools.openssl ? [(password?: string) => signRequests(out, request, { password })] : []),
      (password?: string) => renewCertificateSet(out, { password }),
      (password?: string) => rotateCertificateSet(out, { step: 'trust', password }),
      (password?: string) => watchCertificateSet(out, { password, signal: AbortSignal.abort() }),
    ];
    for (const change of changes) {
      await expect(change()).rejects.toEqual(WRONG);
      await expect(change(OTHER)).rejects.toEqual(WRONG);
      await change(PASSWORD);
    }
    for (const name of ['server', 'alice', 'bob', 'carol', 'db']) {
      expect(opens(join(out, name, 'keystore.p12'), PASSWORD), name).toBe(true);
    }
  });

  test('revokes without a password, and leaves the configuration as it is', async () => {
    const out = join(temporaryFolder(), 'certs');
    const layouts = ['java', 'nginx'] as const;
    await ensureCertificateSet(out, {
      layouts: [...layouts],
      key: 'ec-p256',
      clients: ['alice'],
      password: PASSWORD,
    });
    const before = contents(join(out, 'java'));
    await revokeClient(out, 'alice');
    expect(contents(join(out, 'java'))).toEqual(before);
  });

  test('makes what is missing under the same password', async () => {
    const out = join(temporaryFolder(), 'certs');
    const given = { layouts: ['java'], clients: ['alice'], password: PASSWORD } as const;
    await ensureCertificateSet(out, given);
    const server = join(out, 'server', 'keystore.p12');
    writeFileSync(server, 'not a keystore');
    await expect(ensureCertificateSet(out)).rejects.toEqual(WRONG);
    expect((await ensureCertificateSet(out, { password: PASSWORD, force: true })).made).toContain(
      'server/keystore.p12',
    );
    expect(opens(server, PASSWORD)).toBe(true);
  });

  test('a set in memory is written again under another password', async () => {
    const out = join(temporaryFolder(), 'certs');
    const set = await createCertificateSet({ layouts: ['java'], clients: ['alice'] });
    await writeCertificateSet(set, out, { password: PASSWORD });
    await writeCertificateSet(set, out, { password: OTHER });
    expect(opens(join(out, 'alice', 'keystore.p12'), OTHER)).toBe(true);
    await writeCertificateSet(set, out);
    expect(opens(join(out, 'alice', 'keystore.p12'), 'changeit')).toBe(true);
  });

  test('a temporary set has it too, and an empty one leaves no folder', async () => {
    const certificates = await temporaryCertificates({ layouts: ['java'], password: PASSWORD });
    try {
      expect(opens(join(certificates.path, 'server', 'keystore.p12'), PASSWORD)).toBe(true);
    } finally {
      await certificates.remove();
    }
    const invalid = expect.objectContaining({ code: 'ERR_PASSWORD_INVALID' });
    await expect(temporaryCertificates({ layouts: ['java'], password: '' })).rejects.toEqual(invalid);
    const out = join(temporaryFolder(), 'certs');
    await expect(ensureCertificateSet(out, { password: '' })).rejects.toEqual(invalid);
    expect(existsSync(out)).toBe(false);
  });
});

describe.runIf(tools.java && tools.keytool)('Java with a password of its own', () => {
  test('opens the keystore by the printed commands', () => {
    const folder = temporaryFolder();
    const out = join(folder, 'certs');
    const secret = join(folder, "pass'word");
    writeFileSync(secret, `${PASSWORD}\n`, { mode: 0o600 });
    const next = generateCerts(['-o', out, '-l', 'java', '-c', 'alice', '--password-file', secret]).stdout;
    const command = (title: string) => {
      const [, ...lines] = (next.split('\n\n').find((block) => block.includes(title)) ?? '')
        .trim()
        .split('\n');
      return lines.join('\n');
    };
    const shell = (title: string) =>
      run('sh', ['-c', `${command('the password, for the lines below')}\n${command(title)}`], {
        cwd: folder,
      });
    expect(shell('prove it').stdout).toContain('PrivateKeyEntry');
    expect(shell('a second file').status).toBe(0);
    writeFileSync(join(folder, 'java.options'), command('options of a client').replace(/^ {2}/gm, ''));
    writeFileSync(
      join(folder, 'Open.java'),
      `public class Open {
         public static void main(String[] args) throws Exception {
           var store = java.security.KeyStore.getInstance("PKCS12");
           char[] password = System.getProperty("javax.net.ssl.keyStorePassword").toCharArray();
           try (var file = new java.io.FileInputStream(System.getProperty("javax.net.ssl.keyStore"))) {
             store.load(file, password);
           }
           System.out.println(store.getKey("alice", password).getAlgorithm());
         }
       }`,
    );
    const opened = run('java', ['@java.options', '@java.password', 'Open.java'], { cwd: folder });
    expect(opened).toEqual({ status: 0, stdout: 'EC\n', stderr: '' });
  });
});

describe.skipIf(!tools.nginx)('serve', () => {
  const folder = temporaryFolderForAll();
  const out = join(folder, 'certs');
  const env = { GENERATE_CERTS_PASSWORD: PASSWORD };

  test('makes and renews the keystores with the password of the environment', async () => {
    const config = join(folder, 'serve.yaml');
    writeFileSync(config, 'layouts: [nginx, java]\nvalidFor: 40s\n');
    const front = await startFront({ folder, out, env, options: ['--config', config, '--renew-at', '0.1'] });
    onTestFinished(() => front.process.stop());
    const keystore = join(out, 'java', 'server', 'keystore.p12');
    const first = readFileSync(keystore);
    await front.process.said(/^renewed /m);
    expect(readFileSync(keystore).equals(first)).toBe(false);
    expect(opens(keystore, PASSWORD)).toBe(true);
    expect(front.process.output()).not.toContain('sesame');
  });

  test('does not start with a set that it could not renew', async () => {
    await ensureCertificateSet(out, { validFor: '1d', password: PASSWORD });
    const backend = ['--backend-grpc', '127.0.0.1:9', '--listen-grpc', `127.0.0.1:${await freePort()}`];
    const serve = startServe({ folder, out }, backend);
    onTestFinished(() => serve.stop());
    expect(await exitOf(serve)).toEqual({ status: 2, signal: null });
    expect(serve.output()).toContain('error: the password does not open the keystores');
  });
});
