// The peers: how each is had, makes its set of a CA, a server and clients, and is asked for what it may have.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const EXECUTABLE = join(HERE, '..', '..', 'bin', 'generate-certs.js');
const HALF_AN_HOUR = 1_800_000;

export function call(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr || stdout}`.slice(0, 400));
  return stdout;
}

const shell = (script, folder) => ['sh', '-ec', script, 'sh', folder];
const install = (program, args, cache, env = {}) => {
  mkdirSync(cache, { recursive: true });
  call(program, args, { cwd: cache, env: { ...process.env, ...env }, timeout: HALF_AN_HOUR });
};

/** A shell's functions for step. */
const stepIn = (
  cache,
) => `create() { '${join(cache, 'step')}' certificate create "$@" --no-password --insecure; }
issue() { create "$@" --profile leaf --ca "$folder/ca.pem" --ca-key "$folder/ca.key"; }
folder=$1`;

/** A peer: `make(folder, clients)` and `more` are commands; what `more` leaves is looked at. */
export const PEERS = [
  {
    name: 'generate-certs',
    version: () => call(process.execPath, [EXECUTABLE, '--version']).trim(),
    make: (folder, clients) => [
      ...[process.execPath, EXECUTABLE, '-q', '--out', folder, '--layout', 'grpc', '--untrusted', 'none'],
      ...(clients === 1 ? ['--client', 'client-0'] : ['--client', 'client-0', '--clients', `${clients - 1}`]),
    ],
    add: (folder, _cache, name) => [process.execPath, EXECUTABLE, 'client', name, '-q', '--out', folder],
    expired: (folder) => [
      process.execPath,
      EXECUTABLE,
      '-q',
      '-l',
      'grpc',
      '-o',
      folder,
      '--untrusted-server',
      'expired',
    ],
    expiredFile: 'untrusted-server-expired.pem',
    intermediate: (folder) => [
      process.execPath,
      EXECUTABLE,
      '-q',
      '-l',
      'grpc',
      '-o',
      folder,
      '--intermediates',
      '1',
    ],
    pkcs12: (folder) => [process.execPath, EXECUTABLE, '-q', '-l', 'java', '-o', folder],
    revocationList: (folder) =>
      shell(
        `'${process.execPath}' '${EXECUTABLE}' -q -l nginx -o "$1" && '${process.execPath}' '${EXECUTABLE}' revoke client -q -o "$1"`,
        folder,
      ),
    caKey: 'authority/ca.key',
  },
  {
    name: 'trustme',
    install: (cache) => {
      install('python3', ['-m', 'venv', cache], cache);
      install(join(cache, 'bin', 'python'), ['-m', 'pip', 'install', '-q', 'trustme==1.2.1'], cache);
    },
    version: (cache) =>
      call(join(cache, 'bin', 'python'), [
        '-c',
        'from importlib import metadata; print(metadata.version("trustme"))',
      ]).trim(),
    make: (folder, clients, cache) => [
      join(cache, 'bin', 'python'),
      join(HERE, 'trustme-set.py'),
      folder,
      `${clients}`,
    ],
    expired: (folder, cache) => [
      join(cache, 'bin', 'python'),
      join(HERE, 'trustme-set.py'),
      folder,
      '0',
      'expired',
    ],
    intermediate: (folder, cache) => [
      join(cache, 'bin', 'python'),
      join(HERE, 'trustme-set.py'),
      folder,
      '0',
      'child',
    ],
  },
  {
    name: 'mkcert',
    install: (cache) => install('go', ['install', 'filippo.io/mkcert@v1.4.4'], cache, { GOBIN: cache }),
    version: (cache) => call(join(cache, 'mkcert'), ['-version']).trim(),
    make: (folder, clients, cache) =>
      shell(
        `export CAROOT="$1"; mkcert='${join(cache, 'mkcert')}'
$mkcert -ecdsa -cert-file "$1/server.pem" -key-file "$1/server.key" localhost 127.0.0.1 ::1
n=0; while [ $n -lt ${clients} ]; do
$mkcert -client -ecdsa -cert-file "$1/client-$n.pem" -key-file "$1/client-$n.key" client-$n@example.test; n=$((n + 1)); done`,
        folder,
      ),
    add: (folder, cache, name) =>
      shell(
        `CAROOT="$1" '${join(cache, 'mkcert')}' -client -ecdsa -cert-file "$1/${name}.pem" -key-file "$1/${name}.key" ${name}@example.test`,
        folder,
      ),
    pkcs12: (folder, cache) =>
      shell(`CAROOT="$1" '${join(cache, 'mkcert')}' -pkcs12 -p12-file "$1/server.p12" localhost`, folder),
    caKey: 'rootCA-key.pem',
    ca: 'rootCA.pem',
  },
  {
    name: 'step',
    // Some twenty minutes on a busy machine.
    install: (cache) =>
      install('go', ['install', 'github.com/smallstep/cli/cmd/step@v0.21.0'], cache, { GOBIN: cache }),
    version: (cache) => {
      call(join(cache, 'step'), ['version']);
      return '0.21.0';
    },
    make: (folder, clients, cache) =>
      shell(
        `${stepIn(cache)}
create CA "$1/ca.pem" "$1/ca.key" --profile root-ca
issue localhost "$1/server.pem" "$1/server.key" --san localhost --san 127.0.0.1 --san ::1
n=0; while [ $n -lt ${clients} ]; do issue client-$n "$1/client-$n.pem" "$1/client-$n.key"; n=$((n + 1)); done`,
        folder,
      ),
    add: (folder, cache, name) =>
      shell(`${stepIn(cache)}\nissue ${name} "$1/${name}.pem" "$1/${name}.key"`, folder),
    expired: (folder, cache) =>
      shell(
        `${stepIn(cache)}
create CA "$1/ca.pem" "$1/ca.key" --profile root-ca
issue localhost "$1/server.pem" "$1/server.key" --not-before 2020-01-01T00:00:00Z --not-after 2020-01-02T00:00:00Z`,
        folder,
      ),
    intermediate: (folder, cache) =>
      shell(
        `${stepIn(cache)}
create root "$1/root.pem" "$1/root.key" --profile root-ca
create middle "$1/ca.pem" "$1/ca.key" --profile intermediate-ca --ca "$1/root.pem" --ca-key "$1/root.key"
issue localhost "$1/server.pem" "$1/server.key" --bundle`,
        folder,
      ),
    pkcs12: (folder, cache) =>
      shell(
        `${stepIn(cache)}
create CA "$1/ca.pem" "$1/ca.key" --profile root-ca
issue localhost "$1/server.pem" "$1/server.key"
'${join(cache, 'step')}' certificate p12 "$1/server.p12" "$1/server.pem" "$1/server.key" --no-password --insecure`,
        folder,
      ),
  },
  {
    name: 'selfsigned',
    writesNothing: true,
    install: (cache) =>
      install('npm', ['install', '--prefix', cache, '--no-audit', '--no-fund', 'selfsigned@5.5.0'], cache),
    version: (cache) =>
      call('node', [
        '-p',
        `require('${join(cache, 'node_modules', 'selfsigned', 'package.json')}').version`,
      ]).trim(),
    make: (folder, clients, cache) => [
      process.execPath,
      join(HERE, 'selfsigned-set.mjs'),
      cache,
      folder,
      `${clients}`,
    ],
    expired: (folder, cache) => [
      process.execPath,
      join(HERE, 'selfsigned-set.mjs'),
      cache,
      folder,
      '0',
      'expired',
    ],
  },
];

/** Those that are not run, and why. */
export const ABSENT = {
  certyaml: 'the Go module proxy does not have it',
  minica: "the Go module proxy does not have it; Debian's program of that name is another one",
  'tls-gen': 'npm does not have it',
  devcert: "it changes the machine's own trust store, which a run of this script must not",
};
