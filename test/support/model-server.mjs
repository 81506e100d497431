// The tests' own KServe v2 model server, on gRPC and REST, with one model that adds one to its input. It takes
// a model server's flags: --port, --rest_port, --grpc_bind_address, --rest_bind_address, --model_name, and the
// three of native gRPC TLS, and as many for REST. Port 0 is any free one. Prints `pid N` at once, and `grpc N` and
// `rest N` when it listens. For tests of its end: on SIGUSR2 it exits with --exit_code; --ignore_sigterm;
// --dump_argv writes its arguments as JSON into a file; --orphan starts a child that outlives it.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    port: text('0'),
    rest_port: text(''),
    grpc_bind_address: text('127.0.0.1'),
    rest_bind_address: text('127.0.0.1'),
    model_name: text('plus-one'),
    model_path: text(''),
    plugin_config: text(''),
    grpc_certificate_path: text(''),
    grpc_key_path: text(''),
    grpc_ca_path: text(''),
    rest_certificate_path: text(''),
    rest_key_path: text(''),
    rest_ca_path: text(''),
    exit_code: text('0'),
    exit_at_once: { type: 'boolean', default: false },
    ignore_sigterm: { type: 'boolean', default: false },
    dump_argv: text(''),
    help: { type: 'boolean', default: false },
    version: { type: 'boolean', default: false },
    list_models: { type: 'boolean', default: false },
    pull: { type: 'boolean', default: false },
    print_metadata: { type: 'boolean', default: false },
    orphan: { type: 'boolean', default: false },
  },
  strict: false,
});

process.stdout.write(`pid ${process.pid}\n`);
if (values.dump_argv !== '') writeFileSync(values.dump_argv, JSON.stringify(process.argv.slice(2)));
if (values.help || values.version || values.list_models || values.pull) {
  process.stdout.write(`asked ${JSON.stringify(process.argv.slice(2))}\n`);
  process.exit(Number(values.exit_code));
}
if (values.exit_at_once) process.exit(Number(values.exit_code));
process.on('SIGUSR2', () => process.exit(Number(values.exit_code)));
if (values.ignore_sigterm) process.on('SIGTERM', () => process.stdout.write('ignored SIGTERM\n'));
if (values.orphan) {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  process.stdout.write(`orphan ${child.pid}\n`);
}

const model = values.model_name;
const tensor = (name) => ({ name, datatype: 'FP32', shape: [-1, 4] });
const metadata = {
  name: model,
  versions: ['1'],
  platform: 'test',
  inputs: [tensor('input')],
  outputs: [tensor('output')],
};

const proto = loader.loadSync(fileURLToPath(new URL('kserve.proto', import.meta.url)), {
  keepCase: true,
  longs: Number,
});
const { GRPCInferenceService } = grpc.loadPackageDefinition(proto).inference;

function withModel(name, callback, answer) {
  if (name !== model) callback({ code: grpc.status.NOT_FOUND, details: `no model ${name}` });
  else callback(null, answer());
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
server.addService(GRPCInferenceService.service, {
  ServerLive: (call, callback) => {
    if (values.print_metadata) process.stdout.write(`metadata ${JSON.stringify(call.metadata.getMap())}\n`);
    callback(null, { live: true });
  },
  ServerReady: (_call, callback) => callback(null, { ready: true }),
  ModelMetadata: ({ request }, callback) => withModel(request.name, callback, () => metadata),
  ModelInfer: ({ request }, callback) => withModel(request.model_name, callback, () => inferGrpc(request)),
  ModelStreamInfer: (call) => {
    call.on('data', (request) => call.write({ infer_response: inferGrpc(request) }));
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  },
  RepositoryIndex: (_call, callback) => callback(null, { models: [{ name: model, state: 'READY' }] }),
});

function inferGrpc(request) {
  const [input] = request.inputs;
  const raw = request.raw_input_contents[0];
  // A copy of its own: a view wants its numbers at a multiple of four.
  const numbers =
    raw === undefined
      ? Float32Array.from(input.contents.fp32_contents)
      : new Float32Array(Uint8Array.from(raw).buffer);
  const output = Buffer.from(numbers.map((number) => number + 1).buffer);
  return {
    model_name: model,
    outputs: [{ name: 'output', datatype: 'FP32', shape: input.shape }],
    raw_output_contents: [output],
  };
}

const tls = values.grpc_certificate_path !== '';
const credentials = tls
  ? grpc.ServerCredentials.createSsl(
      values.grpc_ca_path === '' ? null : readFileSync(values.grpc_ca_path),
      [
        {
          cert_chain: readFileSync(values.grpc_certificate_path),
          private_key: readFileSync(values.grpc_key_path),
        },
      ],
      values.grpc_ca_path !== '',
    )
  : grpc.ServerCredentials.createInsecure();
server.bindAsync(`${values.grpc_bind_address}:${values.port}`, credentials, (error, port) => {
  if (error !== null) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  process.stdout.write(`grpc ${port}\n`);
});

const infer = (body) => ({
  model_name: model,
  outputs: body.inputs.map(({ datatype, shape, data }) => ({
    name: 'output',
    datatype,
    shape,
    data: data.map((number) => number + 1),
  })),
});

async function answer(request) {
  const { method, url } = request;
  if (url === '/v2/health/live' || url === '/v2/health/ready') return { live: true };
  if (url === `/v2/models/${encodeURIComponent(model)}`) return metadata;
  if (url === '/headers') return { headers: request.headers };
  if (method === 'POST' && url === '/count') {
    // A body of any size, of which nothing is kept.
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    return { bytes };
  }
  if (method === 'POST') {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (url === '/v2/repository/index') return [{ name: model, state: 'READY' }];
    if (url === `/v2/models/${encodeURIComponent(model)}/infer`)
      return infer(JSON.parse(Buffer.concat(chunks)));
  }
  return undefined;
}

if (values.rest_port !== '') {
  const restTls = values.rest_certificate_path !== '' && {
    cert: readFileSync(values.rest_certificate_path),
    key: readFileSync(values.rest_key_path),
    ca: readFileSync(values.rest_ca_path),
    requestCert: true,
  };
  const create = restTls ? (listener) => createSecureServer(restTls, listener) : createServer;
  const rest = create(async (request, response) => {
    const body = await answer(request).catch((error) => ({ error: String(error) }));
    response.statusCode = body === undefined ? 404 : body.error === undefined ? 200 : 400;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body ?? { error: 'no such model' }));
  });
  rest.listen(Number(values.rest_port), values.rest_bind_address, () => {
    process.stdout.write(`rest ${rest.address().port}\n`);
  });
}
