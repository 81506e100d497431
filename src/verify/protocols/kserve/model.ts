import { GenerateCertsError, quote } from '../../../errors.js';
import type { Outcome } from '../../wire/outcome.js';
import { callKserve, type GrpcCall } from '../calls/grpc.js';
import { callRest, type RestCall } from '../calls/rest.js';
import type { Endpoint, ModelStep } from '../protocol.js';
import { MESSAGES, type MessageName } from './messages.js';
import { decodeMessage } from './protobuf.js';

/** A tensor that a model declares or is given. */
interface Tensor {
  readonly name: string;
  readonly datatype: string;
  /** Sizes; one below zero may be any and is taken as one. */
  readonly shape: readonly number[];
}

/** Bytes of one element, by the datatypes of the KServe v2 protocol; BYTES is a length and nothing after it. */
const ELEMENT_BYTES: Record<string, number> = {
  ...{ BOOL: 1, UINT8: 1, INT8: 1, UINT16: 2, INT16: 2, FP16: 2, BF16: 2, BYTES: 4 },
  ...{ UINT32: 4, INT32: 4, FP32: 4, UINT64: 8, INT64: 8, FP64: 8 },
};

/** What one inference sends at most: what the endpoint declares must not fill this side's memory. */
const LARGEST_INPUT = 16 * 1024 * 1024;
const MOST_INPUTS = 1000;

/** The protocol does not ask for one, and some models fail without it: KServe's own server wants one in the answer. */
const REQUEST_ID = 'generate-certs';

/** The result of an inference is read to its end, and not looked into. */
const LARGEST_RESULT = 64 * 1024 * 1024;

/**
 * Asks for a model's metadata over gRPC and makes an inference with zeros of its declared inputs.
 *
 * @throws {@link GenerateCertsError} `ERR_MODEL_UNKNOWN` where the endpoint has no such model
 */
export async function tryModelByGrpc(endpoint: Endpoint, how: GrpcCall, model: string): Promise<ModelStep[]> {
  const metadataOf = (by: GrpcCall) =>
    callKserve(endpoint, by, 'ModelMetadata', { type: 'ModelMetadataRequest', value: { name: model } });
  const metadata = await metadataOf(how);
  if (metadata.grpcStatus === 'NOT_FOUND') {
    const index = await callKserve(endpoint, how, 'RepositoryIndex', { type: 'RepositoryIndexRequest' });
    throw unknownModel(endpoint, model, index.message === undefined ? [] : modelNames(index.message));
  }
  const described: ModelStep = {
    name: 'metadata',
    outcome: working(metadata.outcome, metadata.grpcStatus === 'OK'),
    answer: metadata,
    repeat: metadataOf,
  };
  if (metadata.grpcStatus !== 'OK' || metadata.message === undefined) return [described];
  const inputs = readInputs(decode('ModelMetadataResponse', metadata.message).inputs);
  if (inputs === undefined) return [described, { name: 'inference', outcome: NOT_DECLARED }];
  const value = {
    modelName: model,
    id: REQUEST_ID,
    inputs,
    rawInputContents: inputs.map((input) => Buffer.alloc(bytesOf(input))),
  };
  const infer = (by: GrpcCall) =>
    callKserve(endpoint, by, 'ModelInfer', {
      type: 'ModelInferRequest',
      value,
      largestAnswer: LARGEST_RESULT,
    });
  const answer = await infer(how);
  const outcome = working(answer.outcome, answer.grpcStatus === 'OK');
  return [described, { name: 'inference', outcome, answer, repeat: infer }];
}

/**
 * The same over REST.
 *
 * @throws {@link GenerateCertsError} `ERR_MODEL_UNKNOWN`
 */
export async function tryModelByRest(endpoint: Endpoint, how: RestCall, model: string): Promise<ModelStep[]> {
  const path = `/v2/models/${encodeURIComponent(model)}`;
  const metadataOf = (by: RestCall) => callRest(endpoint, by, { path });
  const metadata = await metadataOf(how);
  if (metadata.status === 404) {
    const request = { method: 'POST', path: '/v2/repository/index', body: {} };
    const index = await callRest(endpoint, how, request);
    throw unknownModel(endpoint, model, namesInIndex(parseJson(index.body)));
  }
  const { outcome } = metadata;
  const described: ModelStep = { name: 'metadata', outcome, answer: metadata, repeat: metadataOf };
  if (metadata.outcome.working !== true) return [described];
  const inputs = readInputs((parseJson(metadata.body) as { inputs?: unknown } | undefined)?.inputs);
  if (inputs === undefined) return [described, { name: 'inference', outcome: NOT_DECLARED }];
  const body = { id: REQUEST_ID, inputs: inputs.map((input) => ({ ...input, data: zeros(input) })) };
  const infer = (by: RestCall) => callRest(endpoint, by, { method: 'POST', path: `${path}/infer`, body });
  const answer = await infer(how);
  return [described, { name: 'inference', outcome: answer.outcome, answer, repeat: infer }];
}

const NOT_DECLARED: Outcome = {
  kind: 'let-in',
  cause: { kind: 'no-inputs' },
  working: false,
};

function working(outcome: Outcome, is: boolean): Outcome {
  return outcome.kind === 'let-in' ? { ...outcome, working: is } : outcome;
}

function decode(name: MessageName, message: Buffer): Record<string, unknown> {
  try {
    return decodeMessage(MESSAGES[name], message);
  } catch {
    return {};
  }
}

function modelNames(message: Buffer): string[] {
  return namesInIndex(decode('RepositoryIndexResponse', message).models);
}

function namesInIndex(models: unknown): string[] {
  if (!Array.isArray(models)) return [];
  return models.map((model) => model?.name).filter((name) => typeof name === 'string' && name !== '');
}

/** The inputs that a model declares, their free sizes taken as one; nothing where zeros cannot be made for them. */
function readInputs(declared: unknown): Tensor[] | undefined {
  if (!Array.isArray(declared) || declared.length === 0) return undefined;
  const sound = declared.every(
    (tensor) => typeof tensor?.name === 'string' && typeof tensor.datatype === 'string',
  );
  if (!sound || declared.length > MOST_INPUTS) return undefined;
  const inputs = declared.map(({ name, datatype, shape }): Tensor => {
    const sizes: unknown[] = Array.isArray(shape) ? shape : [];
    return {
      name,
      datatype,
      shape: sizes.map((size) => (Number.isInteger(size) && (size as number) >= 0 ? (size as number) : 1)),
    };
  });
  const total = inputs.reduce((sum, input) => sum + bytesOf(input), 0);
  return total <= LARGEST_INPUT ? inputs : undefined;
}

function countOf({ shape }: Tensor): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bytesOf(tensor: Tensor): number {
  return countOf(tensor) * (ELEMENT_BYTES[tensor.datatype] ?? Number.POSITIVE_INFINITY);
}

function zeros(tensor: Tensor): unknown[] {
  const zero = { BOOL: false, BYTES: '' }[tensor.datatype] ?? 0;
  return new Array(countOf(tensor)).fill(zero);
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function unknownModel(endpoint: Endpoint, model: string, known: readonly string[]): GenerateCertsError {
  const names = known.slice(0, 20).map(quote).join(', ');
  return new GenerateCertsError(
    'ERR_MODEL_UNKNOWN',
    `${endpoint.address} has no model ${quote(model)}`,
    names === '' ? 'it does not say which models it has' : `it has ${names}`,
  );
}
