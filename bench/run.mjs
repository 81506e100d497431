// Times this program beside its peers: whole processes, in turns, so that a machine that slows down
// slows all of them down. Prints medians and ratios; nothing here passes or fails.
//
// usage: npm run bench [-- --runs <n>] [--json]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const runs = Number(values.runs);
const program = fileURLToPath(new URL('../bin/generate-certs.js', import.meta.url));
const openssl = fileURLToPath(new URL('openssl-set.sh', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'generate-certs-bench-'));
const fresh = join(scratch, 'fresh');

const node = (...args) => [process.execPath, ...args];
const make = (...args) => node(program, '--quiet', ...args);
const works = [
  { name: 'node -e 0', command: () => node('-e', '0') },
  { name: 'default set (rsa-2048)', command: (out) => make('--out', out), limit: 'openssl, rsa-2048' },
  { name: 'openssl, rsa-2048', command: (out) => [openssl, out, 'rsa'] },
  {
    name: 'ec-p256 set',
    command: (out) => make('--layout', 'grpc', '--out', out),
    limit: 'openssl, ec-p256',
  },
  { name: 'openssl, ec-p256', command: (out) => [openssl, out, 'ec'] },
  { name: 'nothing to do', command: () => make('--out', fresh), limit: 'node -e 0' },
  { name: '--help', command: () => node(program, '--help'), limit: 'node -e 0' },
];

// In a process that has made one: what a suite pays for each set after its first.
const WARM = 'library: ec-p256 set, warm';

try {
  time(make('--out', fresh));
  const times = new Map([...works.map(({ name }) => [name, []]), [WARM, await timeWarmSets()]]);
  for (let run = -1; run < runs; run++) {
    for (const { name, command } of works) {
      const ms = time(command(join(scratch, `${run}-${name.replace(/\W+/g, '-')}`)));
      // The first round warms the disk's cache and is not counted.
      if (run >= 0) times.get(name).push(ms);
    }
  }
  report(times);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function time([command, ...args]) {
  const begin = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (error !== undefined || status !== 0) throw new Error(`${command}: ${error ?? stderr}`);
  return ms;
}

async function timeWarmSets() {
  const { createCertificateSet } = await import('../dist/index.mjs');
  await createCertificateSet({ layouts: ['grpc'] });
  const taken = [];
  for (let set = 0; set < runs; set++) {
    const begin = performance.now();
    await createCertificateSet({ layouts: ['grpc'] });
    taken.push(performance.now() - begin);
  }
  return taken;
}

function report(times) {
  const median = (name) => [...times.get(name)].sort((a, b) => a - b)[Math.floor(times.get(name).length / 2)];
  const rows = [...works, { name: WARM }].map(({ name, limit }) => ({
    work: name,
    medianMs: Math.round(median(name)),
    leastMs: Math.round(Math.min(...times.get(name))),
    mostMs: Math.round(Math.max(...times.get(name))),
    beside: limit ?? null,
    ratio: limit === undefined ? null : Number((median(name) / median(limit)).toFixed(2)),
  }));
  const machine = `${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}, ${runs} runs`;
  if (values.json) console.log(JSON.stringify({ machine, rows }, null, 2));
  else {
    console.log(machine);
    console.table(rows);
  }
}
