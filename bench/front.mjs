// Calls through the front beside the same calls to the server itself: unary gRPC inferences, a fixed number under
// way at a time, in turns. Prints calls a second and their ratio; nothing here passes or fails.
//
// usage: npm run bench:front [-- --seconds <n>] [--json]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const AT_ONCE = 16;
const ROUNDS = 3;
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const proto = loader.loadSync(file('../test/support/kserve.proto'), { keepCase: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(proto).inference;
const scratch = mkdtempSync(join(tmpdir(), 'generate-certs-bench-'));
const out = join(scratch, 'certs');
const server = file('../test/support/model-server.mjs');
const program = file('../bin/generate-certs.js');

const request = {
  model_name: 'plus-one',
  inputs: [{ name: 'input', datatype: 'FP32', shape: [256] }],
  raw_input_contents: [Buffer.alloc(1024)],
};

const stops = [];
try {
  const ways = [
    { name: 'the server itself', target: await direct() },
    { name: 'through the front', target: await front([]) },
    { name: 'through the front, --encrypt-backend', target: await front(['--encrypt-backend']) },
  ];
  for (const way of ways) way.rates = [];
  for (let round = -1; round < ROUNDS; round++) {
    for (const way of ways) {
      const rate = await callsASecond(way.target);
      // The first round warms both sides up and is not counted.
      if (round >= 0) way.rates.push(rate);
    }
  }
  const median = ({ rates }) => [...rates].sort((a, b) => a - b)[Math.floor(rates.length / 2)];
  const rows = ways.map((way) => ({
    way: way.name,
    callsASecond: Math.round(median(way)),
    ratio: Number((median(way) / median(ways[0])).toFixed(2)),
  }));
  const machine = `${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}, ${AT_ONCE} calls at once`;
  if (values.json) console.log(JSON.stringify({ machine, rows }, null, 2));
  else {
    console.log(machine);
    console.table(rows);
  }
} finally {
  for (const stop of stops) await stop();
  rmSync(scratch, { recursive: true, force: true });
}

async function direct() {
  const said = await started([server, '--port', '0'], /^grpc (\d+)$/m);
  return { address: `localhost:${said[1]}`, credentials: grpc.credentials.createInsecure() };
}

async function front(options) {
  const port = await freePort();
  const command = [process.execPath, server, '--port', port, '--grpc_bind_address', '127.0.0.1'];
  await started([program, 'serve', '--out', out, ...options, '--', ...command], /^ready: /m);
  const read = (name) => readFileSync(join(out, 'nginx', name));
  const credentials = grpc.credentials.createSsl(read('server.pem'), read('client.key'), read('client.pem'));
  return { address: `localhost:${port}`, credentials };
}

async function callsASecond({ address, credentials }) {
  const client = new GRPCInferenceService(address, credentials);
  const end = performance.now() + Number(values.seconds) * 1000;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await new Promise((resolve, reject) =>
        client.ModelInfer(request, (error) => (error ? reject(error) : resolve())),
      );
      calls++;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  client.close();
  return calls / ((performance.now() - begun) / 1000);
}

function started(args, pattern) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise((resolve) => child.on('exit', resolve));
  stops.push(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      const match = pattern.exec(output);
      if (match !== null) resolve(match);
    });
    exit.then((status) => reject(new Error(`${args[0]} ended with ${status}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(String(port)));
    });
  });
}
