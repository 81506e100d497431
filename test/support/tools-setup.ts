// Finds the real programs that the integration tests run, and installs what is missing where it may:
// as root on Debian or Ubuntu. Elsewhere the tests that need a missing one are left out, and this says
// which; with CI=true a missing one fails. What comes from a
// package registry (the grpcio wheel, other versions of Node) may be missing there too, loudly.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type CachedProgram, cacheIn, call } from './cache.js';
import { hasProgram, installPackages } from './debian.js';

export interface Tools {
  nginx: boolean;
  openssl: boolean;
  curl: boolean;
  certtool: boolean;
  /** Captures what goes over the network; only root may. */
  tcpdump: boolean;
  /** Gives a test a network of its own; only for root. */
  ip: boolean;
  /** The first process of a container. */
  dumbInit: boolean;
  /** Shells that completion is tried in. */
  zsh: boolean;
  fish: boolean;
  /** Also whether it may trace here: some containers forbid it. */
  strace: boolean;
  /** Java's own tool for keystores. */
  keytool: boolean;
  /** NSS's tools for its databases and PKCS #12 files. */
  pk12util: boolean;
  /** NSS's tool for chains, of the same package. */
  vfychain: boolean;
  /** Runs single source files. */
  java: boolean;
  go: boolean;
  /** A browser for the pages; empty where there is none. */
  chromium: string;
  /** The servers and clients of the layouts that are named after them. */
  haproxy: boolean;
  /** Apache httpd, in Debian's place. */
  apache: boolean;
  /** Gives a process mounts of its own; only for root, and where the container allows it. */
  unshare: boolean;
  caddy: boolean;
  stunnel: boolean;
  redis: boolean;
  etcd: boolean;
  mosquitto: boolean;
  nats: boolean;
  mariadb: boolean;
  kubectl: boolean;
  /** OpenLDAP's server. */
  slapd: boolean;
  /** Whether Debian's Python has aiosmtpd, an SMTP server. */
  aiosmtpd: boolean;
  /** RabbitMQ's own script, which goes on in the foreground; empty where there is none. */
  rabbitmq: string;
  /** The folder of PostgreSQL's own programs; empty where there is none. */
  postgres: string;
  /** The interpreter that has Debian's grpcio (on OpenSSL); empty where there is none. */
  debianPython: string;
  /** The interpreter that has the grpcio wheel (on BoringSSL); empty where there is none. */
  wheelPython: string;
  /** The interpreter that has requests; empty where there is none. */
  requestsPython: string;
  /** Node's own builds of the other versions that the package is for; empty where there is none. */
  nodeBuilds: { version: string; executable: string }[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    tools: Tools;
  }
}

/** Debian's one in the path becomes another user. */
const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const AIOSMTPD = '/usr/lib/python3/dist-packages/aiosmtpd/smtp.py';

const PACKAGE_OF_PROGRAM = {
  nginx: 'nginx',
  openssl: 'openssl',
  curl: 'curl',
  wget: 'wget',
  certtool: 'gnutls-bin',
  tcpdump: 'tcpdump',
  ip: 'iproute2',
  'dumb-init': 'dumb-init',
  zsh: 'zsh',
  fish: 'fish',
  script: 'bsdutils',
  strace: 'strace',
  keytool: 'default-jdk-headless',
  pk12util: 'libnss3-tools',
  go: 'golang-go',
  chromium: 'chromium',
  haproxy: 'haproxy',
  apache2: 'apache2',
  unshare: 'util-linux',
  caddy: 'caddy',
  stunnel4: 'stunnel4',
  'redis-server': 'redis-server',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  'nats-server': 'nats-server',
  mariadbd: 'mariadb-server',
  kubectl: 'kubernetes-client',
  [RABBITMQ]: 'rabbitmq-server',
  psql: 'postgresql',
  slapd: 'slapd',
  [AIOSMTPD]: 'python3-aiosmtpd',
  '/usr/bin/python3': 'python3',
  git: 'git',
  '/etc/ssl/certs/ca-certificates.crt': 'ca-certificates',
} as const;

export default async function setup(project: TestProject): Promise<() => void> {
  installMissing();
  // They take as long as a dozen test files. Who wants newer ones removes the folder.
  const cached = cacheIn('generate-certs-tests', say);
  const [wheelPython, ...executables] = await Promise.all([
    cached(wheelEnvironment()),
    ...OTHER_NODES.map((version) => cached(nodeBuild(version))),
  ] as const);
  const nodeBuilds = OTHER_NODES.map((version, index) => ({ version, executable: executables[index] ?? '' }));
  const tools: Tools = {
    nginx: hasProgram('nginx'),
    openssl: hasProgram('openssl'),
    curl: hasProgram('curl'),
    certtool: hasProgram('certtool'),
    tcpdump: hasProgram('tcpdump'),
    ip: hasProgram('ip'),
    dumbInit: hasProgram('dumb-init'),
    zsh: hasProgram('zsh'),
    fish: hasProgram('fish'),
    strace: hasProgram('strace') && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0,
    keytool: hasProgram('keytool'),
    pk12util: hasProgram('pk12util'),
    vfychain: hasProgram('vfychain'),
    java: hasProgram('java'),
    go: hasProgram('go'),
    chromium: hasProgram('/usr/bin/chromium') ? '/usr/bin/chromium' : '',
    haproxy: hasProgram('haproxy'),
    apache: hasProgram('apache2'),
    unshare: hasProgram('unshare') && spawnSync('unshare', ['-m', 'true']).status === 0,
    caddy: hasProgram('caddy'),
    stunnel: hasProgram('stunnel4'),
    redis: hasProgram('redis-server') && hasProgram('redis-cli'),
    etcd: hasProgram('etcd') && hasProgram('etcdctl'),
    mosquitto: hasProgram('mosquitto') && hasProgram('mosquitto_pub'),
    nats: hasProgram('nats-server'),
    kubectl: hasProgram('kubectl'),
    slapd: hasProgram('slapd'),
    aiosmtpd: hasProgram(AIOSMTPD),
    rabbitmq: hasProgram(RABBITMQ) ? RABBITMQ : '',
    mariadb: hasProgram('mariadbd') && hasProgram('mariadb-install-db') && hasProgram('mysql'),
    postgres: findPostgres(),
    debianPython: hasGrpc('/usr/bin/python3') ? '/usr/bin/python3' : '',
    wheelPython,
    requestsPython: REQUESTS_PYTHONS.find((python) => hasModule(python, 'requests')) ?? '',
    nodeBuilds,
  };
  report(tools);
  project.provide('tools', tools);
  // What the program keeps for its user is kept for these tests alone; children inherit where.
  const cache = mkdtempSync(join(tmpdir(), 'tests-cache-'));
  process.env.GENERATE_CERTS_TEST_CACHE = cache;
  return () => rmSync(cache, { recursive: true, force: true });
}

function installMissing(): void {
  const missing: string[] = Object.entries(PACKAGE_OF_PROGRAM)
    .filter(([program]) => !hasProgram(program))
    .map(([, name]) => name);
  if (!hasGrpc('/usr/bin/python3')) missing.push('python3-grpcio');
  if (!REQUESTS_PYTHONS.some((python) => hasModule(python, 'requests'))) missing.push('python3-requests');
  if (spawnSync('/usr/bin/python3', ['-c', 'import ensurepip']).status !== 0) missing.push('python3-venv');
  installPackages(missing, say);
}

/** Debian keeps the server's programs out of the path, by version. */
function findPostgres(): string {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all) : [];
  const folders = versions.map((version) => join(all, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? '';
}

const hasGrpc = (python: string) => existsSync(python) && hasModule(python, 'grpc');

function hasModule(python: string, name: string): boolean {
  return spawnSync(python, ['-c', `import ${name}`]).status === 0;
}

const REQUESTS_PYTHONS = ['/usr/bin/python3', 'python3'];
const OTHER_NODES = ['22', '24'].filter((version) => version !== process.versions.node.split('.')[0]);

/** One of Node's own builds, which are on npm by platform; of its thousands of files only the program. */
function nodeBuild(version: string): CachedProgram {
  const name = `node-${process.platform}-${process.arch}`;
  const program = 'package/bin/node';
  return {
    name: `${name}-${version}`,
    async install(folder) {
      const args = [
        'pack',
        '--silent',
        '--prefer-offline',
        '--pack-destination',
        folder,
        `${name}@${version}`,
      ];
      await call('npm', args);
      const [archive = ''] = readdirSync(folder);
      await call('tar', ['-xzf', join(folder, archive), '-C', folder, program]);
      rmSync(join(folder, archive));
    },
    use: (folder) => join(folder, program),
  };
}

/** An interpreter of Python with the grpcio wheel. */
function wheelEnvironment(): CachedProgram {
  const { stdout } = spawnSync('/usr/bin/python3', ['--version'], { encoding: 'utf8' });
  const python = (folder: string) => join(folder, 'bin', 'python');
  const quick = ['--disable-pip-version-check', '--retries', '0', '--only-binary', ':all:', '-q'];
  return {
    name: `grpcio-${(stdout ?? '').trim().toLowerCase().replace(' ', '-')}`,
    async install(folder) {
      await call('/usr/bin/python3', ['-m', 'venv', folder]);
      await call(python(folder), ['-m', 'pip', 'install', ...quick, 'grpcio']);
    },
    use: (folder) => (hasGrpc(python(folder)) ? python(folder) : ''),
  };
}

function report(tools: Tools): void {
  const { nodeBuilds, ...others } = tools;
  const missing = [
    ...Object.entries(others).flatMap(([name, there]) => (there === false || there === '' ? [name] : [])),
    ...nodeBuilds.flatMap(({ version, executable }) => (executable === '' ? [`node ${version}`] : [])),
  ];
  if (missing.length === 0) return;
  say(`NOT HERE: ${missing.join(', ')}. The tests that need them are left out.`);
  const fatal = missing.filter((name) => name !== 'wheelPython' && !name.startsWith('node '));
  if (process.env.CI === 'true' && fatal.length > 0) {
    throw new Error(`with CI=true every component must be there; missing: ${fatal.join(', ')}`);
  }
}

function say(text: string): void {
  process.stderr.write(`test tools: ${text}\n`);
}
