// Times this program beside its peers and beside what nobody can do without, and prints a table: medians, and
// their ratios to a peer of the same run. Nothing here passes or fails.
//
// usage: npm run bench [-- --runs <n>] [--quick] [--json]
//   --quick  only what needs nothing installed and takes no minutes
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installedSize, installNodes, installPackages, installPrograms } from './install.mjs';
import { median, time, timeInTurns } from './measure.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = file('../bin/generate-certs.js');
const scratch = mkdtempSync(join(tmpdir(), 'generate-certs-bench-'));
const MANY = 10_000;
const LONGEST_EXAMPLE_S = 60;
const missing = [];
const rows = [];
let number = 0;
/** A folder that is not there yet. All go at the end: ext4 is slow for seconds after many files went. */
const fresh = () => join(scratch, `out-${number++}`);

const node = (...args) => [process.execPath, ...args];
const make = (...args) => node(program, '--quiet', ...args);
const say = (text) => process.stderr.write(`${text}\n`);

try {
  const have = values.quick
    ? {}
    : installPrograms({ mkcert: 'mkcert', go: 'golang-go', taskset: 'util-linux' }, missing);
  measureStarts(have);
  await measureLibrary();
  if (!values.quick) {
    measureManyClients(have);
    measureManyParties();
    measureKeystores();
    measureRsa();
    measureGrowth();
    measureChanges();
    await measureVerify();
  }
  report(values.quick ? [] : sizes());
} finally {
  say('removing what was made');
  rmSync(scratch, { recursive: true, force: true });
}

/** One row of the table: what was measured, beside whom, and what was asked for. */
function add(work, taken, { beside, limit, asked = '', unit = 'ms', note = '' } = {}) {
  const digits = unit === 'ms' && median(taken) < 20 ? 1 : 0;
  const show = (value) => Number(value.toFixed(digits));
  rows.push({
    work,
    median: show(median(taken)),
    least: show(Math.min(...taken)),
    most: show(Math.max(...taken)),
    unit,
    runs: taken.length,
    beside: beside ?? null,
    ratio: limit === undefined ? null : Number((median(taken) / median(limit)).toFixed(2)),
    asked,
    note,
  });
}

function measureStarts(have) {
  say('short runs');
  const made = fresh();
  time(make('--out', made), { scratch });
  const npm = join(scratch, 'npm');
  const npmPeers = !values.quick && installPackages(npm, ['selfsigned', 'mkcert'], missing);
  const peers = (...names) =>
    Object.fromEntries(names.filter(([, there]) => there).map(([name, , command]) => [name, { command }]));
  // By themselves and often: what runs before a program of 60 ms changes what it takes.
  const starts = timeInTurns(
    {
      'node -e 0': { command: node('-e', '0') },
      'ec-p256 set': { command: () => make('--layout', 'grpc', '--out', fresh()) },
      'nothing to do': { command: make('--out', made) },
      '--help': { command: node(program, '--help') },
      'a usage error': { command: node(program, '--layuot', 'nginx'), status: 2 },
    },
    3 * runs,
    { scratch },
  );
  const sets = timeInTurns(
    {
      'default set (rsa-2048)': { command: () => make('--out', fresh()) },
      'openssl script, rsa-2048': { command: () => [file('peers/openssl-set.sh'), fresh(), 'rsa'] },
      'openssl script, ec-p256': { command: () => [file('peers/openssl-set.sh'), fresh(), 'ec'] },
      ...peers(
        ["Debian's mkcert", have.mkcert, () => [file('peers/mkcert-set.sh'), fresh()]],
        ['selfsigned (npm)', npmPeers, node(file('peers/npm-set.mjs'), 'selfsigned', npm)],
        ['mkcert (npm)', npmPeers, node(file('peers/npm-set.mjs'), 'mkcert', npm)],
      ),
    },
    runs,
    { scratch },
  );
  const taken = new Map([...starts, ...sets]);
  const ms = (name) => taken.get(name)?.map((run) => run.ms);
  const bare = ms('node -e 0');
  add('node -e 0', bare);
  add('default set (rsa-2048)', ms('default set (rsa-2048)'), {
    beside: 'openssl script, rsa-2048',
    limit: ms('openssl script, rsa-2048'),
    asked: '1.0',
  });
  for (const peer of ["Debian's mkcert", 'selfsigned (npm)', 'mkcert (npm)']) {
    if (taken.has(peer))
      add('default set (rsa-2048)', ms('default set (rsa-2048)'), { beside: peer, limit: ms(peer) });
  }
  if (!values.quick) {
    // It searches for a Diffie-Hellman group of its own, and takes from seconds to many minutes.
    const begin = performance.now();
    const bounded = ['timeout', String(LONGEST_EXAMPLE_S), file('peers/openssl-set.sh'), fresh(), 'example'];
    const { status } = spawnSync(bounded[0], bounded.slice(1));
    const words = status === 124 ? `, stopped after ${LONGEST_EXAMPLE_S} s` : '';
    add('default set (rsa-2048)', ms('default set (rsa-2048)'), {
      beside: `what the example's own script does (1 run${words})`,
      limit: [performance.now() - begin],
      asked: '0.02',
    });
  }
  add('ec-p256 set', ms('ec-p256 set'), {
    beside: 'openssl script, ec-p256',
    limit: ms('openssl script, ec-p256'),
    asked: '1.0',
  });
  const beside = (version) => ({ beside: `node -e 0 (Node ${version})`, note: '' });
  const version = process.versions.node;
  add('ec-p256 set', ms('ec-p256 set'), { ...beside(version), limit: bare, asked: '2.0' });
  add('nothing to do', ms('nothing to do'), { ...beside(version), limit: bare, asked: '1.2' });
  add('--help', ms('--help'), { ...beside(version), limit: bare, asked: '1.2' });
  add('a usage error', ms('a usage error'), { ...beside(version), limit: bare, asked: '1.2' });
  for (const { version: other, executable } of values.quick
    ? []
    : installNodes(scratch, ['22', '24'], missing)) {
    const again = timeInTurns(
      {
        bare: { command: [executable, '-e', '0'] },
        'ec-p256 set': { command: () => [executable, program, '-q', '--layout', 'grpc', '--out', fresh()] },
        'nothing to do': { command: [executable, program, '-q', '--out', made] },
        '--help': { command: [executable, program, '--help'] },
      },
      3 * runs,
      { scratch },
    );
    for (const name of ['ec-p256 set', 'nothing to do', '--help']) {
      const all = again.get(name).map((run) => run.ms);
      add(name, all, { ...beside(other), limit: again.get('bare').map((run) => run.ms) });
    }
  }
}

/** In a process that has made one: what a suite pays for each set after its first. */
async function measureLibrary() {
  const { createCertificateSet } = await import('../dist/index.mjs');
  const taken = [];
  for (let set = -5; set < runs; set++) {
    const begin = performance.now();
    await createCertificateSet({ layouts: ['grpc'] });
    if (set >= 0) taken.push(performance.now() - begin);
  }
  add('library: an ec-p256 set, warm', taken, { asked: '5 ms' });
}

function measureManyClients(have) {
  say(`${MANY} clients`);
  const ours = () => make('--layout', 'grpc', '--clients', String(MANY), '--out', fresh());
  const limit = () => node(file('peers/limit-loop.mjs'), fresh(), String(MANY));
  const onOneCore = (command) => ['taskset', '-c', '0', ...command];
  const go = have.go ? buildGo() : undefined;
  const works = {
    limit: { command: limit },
    ours: { command: ours, usage: true },
    ...(have.taskset && {
      'limit, one core': { command: () => onOneCore(limit()) },
      'ours, one core': { command: () => onOneCore(ours()) },
    }),
    ...(go && {
      go: { command: () => [go, fresh(), String(MANY), '1'] },
      'go, two routines': { command: () => [go, fresh(), String(MANY), '2'] },
    }),
  };
  const taken = timeInTurns(works, runs, { scratch, warmUp: false, settled: true });
  const ms = (name) => taken.get(name)?.map((run) => run.ms);
  const work = '10,000 ec-p256 clients, one layout';
  add(work, ms('ours'), { beside: 'the limit loop', limit: ms('limit'), asked: '1.5' });
  if (have.taskset) {
    add(`${work}, pinned to one core`, ms('ours, one core'), {
      beside: 'the limit loop, pinned too',
      limit: ms('limit, one core'),
    });
  }
  if (go) {
    add(work, ms('ours'), { beside: 'a Go loop', limit: ms('go'), asked: '1.0' });
    add(work, ms('ours'), { beside: 'a Go loop of two goroutines', limit: ms('go, two routines') });
  }
  const peak = taken.get('ours').map((run) => run.peakMb);
  add(`${work}: peak memory`, peak, { unit: 'MB', asked: '250 MB' });
}

/** Servers and peers are typed one by one, with names of their own; clients are counted. */
function measureManyParties() {
  say('1000 servers and 1000 peers');
  const typed = (option, id) =>
    Array.from({ length: 1000 }, (_, at) => [option, `${id}-${at}=${id}-${at}.test`]).flat();
  const parties = [...typed('--server', 'server'), ...typed('--peer', 'peer')];
  const set = (args) => () => make('--layout', 'grpc', '--key', 'ec-p256', ...args, '--out', fresh());
  const works = { parties: { command: set(parties) }, clients: { command: set(['--clients', '2000']) } };
  const taken = timeInTurns(works, runs, { scratch, settled: true });
  const ms = (name) => taken.get(name).map((run) => run.ms);
  add('1,000 servers and 1,000 peers, ec-p256', ms('parties'), {
    beside: 'this program: 2,000 clients',
    limit: ms('clients'),
    asked: '2.0',
  });
}

/** What the derivation of the password of a keystore adds: the layouts' other files are alike. */
function measureKeystores() {
  say('1000 clients with keystores');
  const set = (layout) => () => make('--layout', layout, '--clients', '1000', '--out', fresh());
  const works = {
    pem: { command: set('tls'), usage: true },
    keystores: { command: set('java'), usage: true },
  };
  const taken = timeInTurns(works, runs, { scratch, settled: true });
  const each = (name, key) => taken.get(name).map((run) => run[key]);
  const cost = (median(each('keystores', 'cpuMs')) - median(each('pem', 'cpuMs'))) / 1000;
  add('1,000 ec-p256 clients with PKCS #12 keystores (layout java)', each('keystores', 'ms'), {
    beside: 'this program: layout tls, PEM alone',
    limit: each('pem', 'ms'),
    note: `${cost.toFixed(1)} ms of a processor a keystore, 2,048 rounds`,
  });
}

function buildGo() {
  const executable = join(scratch, 'clients');
  const env = { ...process.env, GOCACHE: join(scratch, 'go-cache'), GO111MODULE: 'off' };
  const { status } = spawnSync('go', ['build', '-o', executable, file('peers/clients.go')], {
    env,
    stdio: 'ignore',
  });
  if (status !== 0) missing.push('the Go loop (it did not build)');
  return status === 0 ? executable : undefined;
}

function measureRsa() {
  say('1000 rsa-2048 clients');
  const command = () => make('--layout', 'grpc', '--key', 'rsa-2048', '--clients', '1000', '--out', fresh());
  const [{ ms, cpuMs }] = timeInTurns({ rsa: { command, usage: true } }, 1, { scratch, warmUp: false }).get(
    'rsa',
  );
  add('1,000 rsa-2048 clients', [ms], { note: `${(cpuMs / ms).toFixed(2)} cores busy (asked: over 1.8)` });
}

/** One more client, and one fewer, of a set of many: each run changes the set that the runs before left. */
function measureChanges() {
  say(`client and revoke in a set of ${MANY}`);
  const folder = fresh();
  time(make('--layout', 'grpc', '--clients', String(MANY), '--out', folder), { scratch });
  const works = {
    client: { command: (run) => node(program, 'client', `bench-${run + 1}`, '--out', folder), usage: true },
    revoke: { command: (run) => node(program, 'revoke', `client-${run + 2}`, '--out', folder), usage: true },
  };
  const taken = timeInTurns(works, runs, { scratch, settled: true });
  for (const command of Object.keys(works)) {
    const each = (key) => taken.get(command).map((run) => run[key]);
    add(`${command} in a set of 10,000 clients`, each('ms'), {
      asked: '300 ms',
      note: `${Math.round(median(each('cpuMs')))} ms of a processor`,
    });
  }
}

function measureGrowth() {
  for (const count of [100, 1000, 10_000, 100_000]) {
    say(`${count} clients`);
    const all = Math.min(runs, count > 10_000 ? 1 : 3);
    const args = ['--layout', 'grpc', '--clients', String(count), '--out'];
    const folder = fresh();
    const taken = timeInTurns(
      {
        make: { command: (run) => make(...args, run === 0 ? folder : fresh()), usage: true },
        again: { command: make(...args, folder), usage: true },
      },
      all,
      { scratch, warmUp: false, settled: true },
    );
    const each = (name, key) => median(taken.get(name).map((run) => run[key]));
    const note = [
      `${Math.round((each('make', 'ms') * 1000) / count)} µs a client`,
      `peak ${Math.round(each('make', 'peakMb'))} MB`,
      `nothing to do: ${Math.round(each('again', 'ms'))} ms`,
    ];
    add(
      `${count.toLocaleString('en')} clients`,
      taken.get('make').map((run) => run.ms),
      { note: note.join(', ') },
    );
  }
}

/** A C-core server, whose bare closes are all tried twice. */
async function measureVerify() {
  const python = '/usr/bin/python3';
  if (spawnSync(python, ['-c', 'import grpc']).status !== 0) {
    missing.push("a gRPC C-core server (Debian's package python3-grpcio)");
    return;
  }
  say('verify');
  const set = fresh();
  time(make('--layout', 'grpc', '--out', set), { scratch });
  const files = {
    certificate: join(set, 'server.pem'),
    key: join(set, 'server.key'),
    ca: join(set, 'ca.pem'),
  };
  const server = spawn(python, [file('../test/support/grpc_peer.py'), 'serve', JSON.stringify(files)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const port = await new Promise((resolve, reject) => {
      server.on('exit', () => reject(new Error('the server ended')));
      server.stdout.on('data', (text) => resolve(/\d+/.exec(text)[0]));
    });
    const command = make('verify', '--out', set, '--grpc', `localhost:${port}`);
    const taken = timeInTurns({ verify: { command } }, runs, { scratch }).get('verify');
    add(
      'verify: one gRPC endpoint, all cases in two versions of TLS',
      taken.map((run) => run.ms),
      { asked: '1000 ms' },
    );
  } finally {
    server.kill();
  }
}

function sizes() {
  say('installed sizes');
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', scratch], {
    cwd: file('..'),
    encoding: 'utf8',
  }).stdout.trim();
  return [
    installedSize(scratch, 'generate-certs', join(scratch, packed), missing),
    installedSize(scratch, 'selfsigned', 'selfsigned', missing),
    installedSize(scratch, 'mkcert', 'mkcert', missing),
  ].filter((size) => size !== undefined);
}

function report(installed) {
  const machine = `${availableParallelism()} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  if (values.json) {
    console.log(JSON.stringify({ machine, rows, installed, missing }, null, 2));
    return;
  }
  console.log(`${machine}\n`);
  const cells = rows.map((row) => [
    row.work,
    `${row.median} ${row.unit}`,
    row.runs === 1 ? '1 run' : `${row.least} to ${row.most}`,
    row.beside ?? '',
    row.ratio === null ? '' : String(row.ratio),
    row.asked,
    row.note,
  ]);
  print(['work', 'median', 'spread', 'beside', 'ratio', 'asked', ''], cells);
  if (installed.length > 0) {
    const lines = installed.map((size) => [size.name, `${size.kilobytes} kB`, String(size.dependencies)]);
    print(['installed', 'size', 'dependencies'], lines);
  }
  console.log(missing.length === 0 ? 'all peers were here' : `not here: ${missing.join('; ')}`);
}

/** A table that a terminal and Markdown both show. */
function print(head, body) {
  const all = [head, ...body];
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  console.log([line(head), rule, ...body.map(line), ''].join('\n'));
}
