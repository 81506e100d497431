// `exec` and `env`: other programs reach a server of the set without a flag of their own.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  createCertificateSet,
  ensureCertificateSet,
  loadCertificateSet,
  trustVariables,
} from '../../src/index.js';
import { temporaryFolder, temporaryFolderForAll } from '../support/folder.js';
import { C_CORE_FORMS, PEER, startGrpcServer } from '../support/grpc.js';
import { start } from '../support/processes.js';
import { EXECUTABLE, generateCerts, REPOSITORY, run, runBeside } from '../support/program.js';

const { curl, java, keytool, requestsPython } = inject('tools');
const folder = temporaryFolderForAll();
const out = join(folder, 'certs');
// The bundle goes here, and not to the cache of whoever runs the tests.
const env = { XDG_CACHE_HOME: join(folder, "the user's cache") };
const exec = (...command: string[]) => [EXECUTABLE, 'exec', '--out', out, '--', ...command];
const runExec = (command: string[], more: Record<string, string> = {}) =>
  runBeside(process.execPath, exec(...command), { cwd: folder, env: { ...env, ...more } });
let server: https.Server;
let url = '';

beforeAll(async () => {
  await ensureCertificateSet(out, { layouts: ['grpc'], clients: ['alice'] });
  if (java) {
    const source = join(REPOSITORY, 'test', 'support', 'HttpsGet.java');
    expect(run('javac', ['-d', folder, source])).toMatchObject({ status: 0 });
  }
  server = await serve(out);
  url = urlOf(server);
});

afterAll(() => stop(server));

/** Greets everybody. */
async function serve(set: string): Promise<https.Server> {
  const options = (await loadCertificateSet(set)).server.tlsOptions({ clientAuth: 'none' });
  const made = https.createServer(options, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => made.listen(0, 'localhost', () => resolve()));
  return made;
}

const stop = (of: https.Server) =>
  new Promise<void>((resolve) => {
    of.close(() => resolve());
    of.closeAllConnections();
  });

const urlOf = (of: https.Server) => `https://localhost:${(of.address() as AddressInfo).port}/`;

const CLIENTS: { client: string; there: boolean; command: (url: string) => string[] }[] = [
  { client: 'curl', there: curl, command: (of) => ['curl', '--silent', '--show-error', of] },
  {
    client: "Python's requests",
    there: requestsPython !== '',
    command: (of) => [
      requestsPython,
      '-c',
      'import requests, sys; print(requests.get(sys.argv[1]).text)',
      of,
    ],
  },
  {
    client: "Python's ssl",
    there: requestsPython !== '',
    command: (of) => [
      requestsPython,
      '-c',
      'import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1]).read().decode())',
      of,
    ],
  },
  {
    client: "Node's fetch",
    there: true,
    command: (of) => [
      process.execPath,
      '-e',
      'fetch(process.argv[1]).then((r) => r.text()).then(console.log)',
      of,
    ],
  },
  {
    client: "Java's HttpClient",
    there: java,
    command: (of) => ['java', '-cp', folder, 'HttpsGet', of],
  },
];

describe.each(CLIENTS)('$client', ({ there, command }) => {
  test.skipIf(!there)('reaches the server through exec, and not without', async () => {
    const through = await runExec(command(url));
    expect(through).toMatchObject({ status: 0, stdout: expect.stringMatching(/^hello\n?$/) });
    const [program = '', ...args] = command(url);
    expect((await runBeside(program, args)).status).not.toBe(0);
  });

  test.skipIf(!there)('still reaches whom it trusted before', async () => {
    // Another CA, in the file that the programs have as their roots: by it they trust more than the set.
    const other = join(temporaryFolder(), 'other');
    await ensureCertificateSet(other, { layouts: ['grpc'] });
    const theirs = await serve(other);
    try {
      const more = { SSL_CERT_FILE: join(other, 'ca.pem') };
      expect(await runExec(command(urlOf(theirs)), more)).toMatchObject({ status: 0 });
      expect(await runExec(command(url), more)).toMatchObject({ status: 0 });
    } finally {
      await stop(theirs);
    }
  });
});

describe.each(C_CORE_FORMS)('$form', ({ python }) => {
  test.skipIf(python === '')('reaches a gRPC server through exec, and not without', async () => {
    const peer = await startGrpcServer(python, {
      certificate: join(out, 'server.pem'),
      key: join(out, 'server.key'),
    });
    try {
      const call = [python, PEER, 'call', JSON.stringify([{ target: `localhost:${peer.port}` }])];
      const through = await runExec(call);
      expect(JSON.parse(through.stdout)).toEqual([{ code: 'OK', details: '', live: true }]);
      const [program = '', ...args] = call;
      expect(JSON.parse((await runBeside(program, args)).stdout)).toMatchObject([{ code: 'UNAVAILABLE' }]);
    } finally {
      await peer.process.stop();
    }
  });
});

const blocksOf = (path: string) =>
  readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

describe('the bundle', () => {
  const variablesIn = async (more: Record<string, string>) =>
    (await trustVariables(out, { env: { ...env, ...more } })).variables;

  const debian = '/etc/ssl/certs/ca-certificates.crt';
  test.skipIf(!existsSync(debian))("holds the CA and all of the system's roots", async () => {
    const { SSL_CERT_FILE: bundle = '', NODE_EXTRA_CA_CERTS: extra } = await variablesIn({});
    expect(extra).toBe(join(out, 'ca.pem'));
    expect(blocksOf(bundle)).toEqual([...blocksOf(join(out, 'ca.pem')), ...new Set(blocksOf(debian))]);
    expect(statSync(bundle).mode & 0o777).toBe(0o644);
  });

  test.runIf(keytool)('is a truststore with the same certificates for Java', async () => {
    const { SSL_CERT_FILE: bundle = '' } = await variablesIn({});
    const store = bundle.replace(/pem$/, 'p12');
    const { stdout } = run('keytool', ['-list', '-rfc', '-keystore', store, '-storepass', 'changeit']);
    const listed = join(folder, 'listed.pem');
    writeFileSync(listed, stdout.replaceAll('\r', ''));
    expect(stdout).toContain(`Your keystore contains ${blocksOf(bundle).length} entr`);
    const bytes = (path: string) => blocksOf(path).map((block) => block.replace(/-----.*?-----|\s/g, ''));
    expect(bytes(listed).sort()).toEqual(bytes(bundle).sort());
    expect(stdout.match(/trustedCertEntry/g)?.length).toBe(blocksOf(bundle).length);
    expect(statSync(store).mode & 0o777).toBe(0o644);
  });

  test.runIf(java)('comes after the options that Java had, which it keeps', async () => {
    const settings = ['java', '-XshowSettings:properties', '-version'];
    const { stderr } = await runExec(settings, { JAVA_TOOL_OPTIONS: '"-Dof.mine=a b" -Dof.yours=c' });
    expect(stderr).toMatch(/of\.mine = a b$/m);
    expect(stderr).toMatch(/of\.yours = c$/m);
    expect(stderr).toMatch(
      /javax\.net\.ssl\.trustStore = .*\/the user's cache\/.*\/ca-bundle-[0-9a-f-]+\.p12$/m,
    );
  });

  test('holds what each variable named before', async () => {
    const before: Record<string, string> = {};
    for (const name of ['NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE']) {
      before[name] = join(folder, `${name}.pem`);
      writeFileSync(before[name], (await createCertificateSet({ key: 'ec-p256' })).authority.certificate.pem);
    }
    const { SSL_CERT_FILE: bundle = '', NODE_EXTRA_CA_CERTS: extra } = await variablesIn(before);
    expect(extra).toBe(bundle);
    for (const path of Object.values(before))
      expect(blocksOf(bundle)).toEqual(expect.arrayContaining(blocksOf(path)));
    // What a variable names that is not there, or no file, is passed over.
    await variablesIn({ SSL_CERT_FILE: '/nonexistent', PIP_CERT: '/etc' });
  });

  test('within exec is that of both sets, and its own variables change nothing', async () => {
    const { variables } = await trustVariables(out, { env });
    expect((await trustVariables(out, { env: { ...env, ...variables } })).variables).toMatchObject({
      SSL_CERT_FILE: variables.SSL_CERT_FILE,
      JAVA_TOOL_OPTIONS: variables.JAVA_TOOL_OPTIONS,
    });
  });

  test('is made whole again, and one that nobody wants any more goes', async () => {
    const cache = join(temporaryFolder(), 'cache');
    const { variables } = await trustVariables(out, { env: { XDG_CACHE_HOME: cache } });
    const bundle = variables.SSL_CERT_FILE ?? '';
    const content = readFileSync(bundle, 'utf8');
    const store = bundle.replace(/pem$/, 'p12');
    const stored = readFileSync(store);
    const old = join(cache, 'generate-certs', 'ca-bundle-0.pem');
    const foreign = join(cache, 'generate-certs', 'notes.txt');
    for (const path of [bundle, old, foreign]) {
      writeFileSync(path, 'cut');
    }
    writeFileSync(store, stored.subarray(0, -1));
    await trustVariables(out, { env: { XDG_CACHE_HOME: cache } });
    expect(readFileSync(bundle, 'utf8')).toBe(content);
    const again = readFileSync(store);
    expect(again).toHaveLength(stored.length);
    await trustVariables(out, { env: { XDG_CACHE_HOME: cache } });
    expect(readFileSync(store)).toEqual(again);
    const name = bundle.split('/').at(-1) ?? '';
    expect(readdirSync(join(cache, 'generate-certs')).sort()).toEqual([
      name.replace(/pem$/, 'p12'),
      name,
      'notes.txt',
    ]);
  });

  test('is in a folder of the user alone, under any umask, and one of somebody else is refused', async () => {
    const cache = join(temporaryFolder(), 'cache');
    const { status } = run(
      'sh',
      ['-c', 'umask 000; exec "$0" "$1" env --out "$2" >/dev/null', ...[process.execPath, EXECUTABLE, out]],
      { env: { XDG_CACHE_HOME: cache } },
    );
    expect(status).toBe(0);
    const folder = join(cache, 'generate-certs');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    await trustVariables(out, { env: { XDG_CACHE_HOME: cache } });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    // Only root can give a folder away.
    if (process.getuid?.() !== 0) return;
    chownSync(folder, 65_534, 65_534);
    await expect(trustVariables(out, { env: { XDG_CACHE_HOME: cache } })).rejects.toMatchObject({
      code: 'ERR_CACHE_UNSAFE',
    });
  });

  test('goes with the set, and when the set has ended', async () => {
    const cache = join(temporaryFolder(), 'cache');
    const cached = () => readdirSync(join(cache, 'generate-certs'));
    const environment = { XDG_CACHE_HOME: cache };
    const [first, second] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
    const make = (set: string, life: string) => {
      const args = ['-l', 'grpc', '-o', set, '-q', '--valid-for', life];
      expect(generateCerts(args, { env: environment }).status).toBe(0);
      expect(generateCerts(['env', '-o', set], { env: environment }).status).toBe(0);
    };
    // Long enough for two runs on a busy machine.
    make(first, '6s');
    const ended = cached();
    expect(ended).toHaveLength(2);
    const end = Date.parse(JSON.parse(readFileSync(join(first, 'set.json'), 'utf8')).expiresAt);
    while (Date.now() <= end) await new Promise((done) => setTimeout(done, 100));
    make(second, '1h');
    expect(cached()).toHaveLength(2);
    expect(cached()).not.toEqual(expect.arrayContaining([ended[0]]));
    expect(generateCerts(['clean', '-o', second], { env: environment }).status).toBe(0);
    expect(cached()).toEqual([]);
  });

  test('that cannot be written is an error with a way out', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(
      trustVariables(out, { env: { XDG_CACHE_HOME: join(folder, 'file') } }),
    ).rejects.toMatchObject({
      code: 'ERR_FILE_SYSTEM',
      message: expect.stringContaining('XDG_CACHE_HOME'),
    });
  });

  test('holds no key', async () => {
    const { variables } = await trustVariables(out, { env });
    expect(readFileSync(variables.SSL_CERT_FILE ?? '', 'utf8')).not.toContain('PRIVATE');
  });
});

describe('exec', () => {
  test("gives its own input and output, its arguments as they are, and the set's places", async () => {
    const script =
      'process.stdin.pipe(process.stdout); console.error(process.argv.slice(1), process.env.GENERATE_CERTS_CLIENT_KEY)';
    const words = ['a b', '$(id)', "'", '--out', '*'];
    const command = exec(process.execPath, '-e', script, '--', ...words);
    const { status, stdout, stderr } = await runBeside(process.execPath, command, { env, input: 'given\n' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'given\n' });
    expect(stderr).toBe(
      `${JSON.stringify(words).replaceAll('"', "'").replaceAll(',', ', ').replace('[', '[ ').replace(']', ' ]').replace("'''", '"\'"')} ${join(out, 'alice.key')}\n`,
    );
  });

  test("ends with the command's status, or with 128 and the signal's number", async () => {
    expect(await runExec(['sh', '-c', 'exit 7'])).toMatchObject({ status: 7, stdout: '', stderr: '' });
    expect(await runExec(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ status: 128 + 15 });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on, and waits', async (signal) => {
    const script = `
      process.on('${signal}', () => { console.log('got it'); process.exit(9); });
      setInterval(() => {}, 1000);
      console.log('ready');
    `;
    const running = start(process.execPath, exec(process.execPath, '-e', script), env);
    const ended = new Promise((resolve) => running.child.on('close', resolve));
    await running.said(/ready/);
    running.child.kill(signal);
    expect(await ended).toBe(9);
    expect(running.output()).toContain('got it');
  });

  test('of no command is bad usage, of a missing program an environment error', async () => {
    expect(generateCerts(['exec', '--out', out, '--'])).toMatchObject({ status: 2 });
    const missing = await runExec(['no-such-program --flag']);
    expect(missing).toMatchObject({ status: 3, stdout: '' });
    expect(missing.stderr).toMatch(
      /^generate-certs: error: there is no program 'no-such-program --flag'\ngenerate-certs: hint: .*\n$/,
    );
    expect(await runExec([folder])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('permission denied'),
    });
  });

  test('of no set names the way to one', () => {
    const { status, stderr } = generateCerts(['exec', '--out', join(folder, 'none'), '--', 'true'], { env });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('there is no set in') });
  });
});

test('env --format github appends to the file that GITHUB_ENV names', async () => {
  const file = join(temporaryFolder(), 'github env');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'BEFORE=1\n');
  const args = ['env', '--format', 'github', '--out', out];
  const { status, stdout } = generateCerts(args, { env: { ...env, GITHUB_ENV: file } });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(readFileSync(file, 'utf8')).toMatch(
    /^BEFORE=1\nNODE_EXTRA_CA_CERTS<<(end-[0-9a-f]{32})\n\/.*\n\1\n/,
  );
  expect(generateCerts(args, { env: { ...env, GITHUB_ENV: '' } }).stdout).toMatch(/^NODE_EXTRA_CA_CERTS<</);
  const gone = generateCerts(args, { env: { ...env, GITHUB_ENV: folder } });
  expect(gone).toMatchObject({ status: 3, stderr: expect.stringContaining('GITHUB_ENV') });
});
