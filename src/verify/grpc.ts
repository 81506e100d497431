import type { SecureContext } from 'node:tls';
import type { ChannelCredentials, Client, Metadata, StatusObject } from '@grpc/grpc-js';
import type { Endpoint } from './endpoint.js';
import { KSERVE_SERVICE, type MessageName, messageType } from './kserve.js';
import { CLOSED, type Outcome, outcomeOfHttpStatus, timedOut } from './outcome.js';
import { checkIdentity, greet } from './tls.js';

export interface GrpcRequest {
  /** `service/method`, without a leading slash. */
  readonly method: string;
  /** The encoded message; empty when absent. */
  readonly message?: Buffer;
  /** The largest answer that is read, in bytes, where it is not decoded. */
  readonly largestAnswer?: number;
}

export interface GrpcAnswer {
  readonly outcome: Outcome;
  /** The name of the status that the application gave. */
  readonly status?: string;
  readonly details?: string;
  readonly message?: Buffer;
}

/** The largest answer that is read and decoded: what comes from the other side must not fill this side's memory. */
const LARGEST_MESSAGE = 64 * 1024;

/**
 * Makes one unary call on a connection of its own.
 *
 * @param context this side's TLS; plaintext when absent
 */
export async function callGrpc(
  endpoint: Endpoint,
  context: SecureContext | undefined,
  request: GrpcRequest,
  timeoutMs: number,
): Promise<GrpcAnswer> {
  const { Client, credentials, status } = await import('@grpc/grpc-js');
  const begun = performance.now();
  const security: ChannelCredentials =
    context === undefined
      ? credentials.createInsecure()
      : credentials.createFromSecureContext(context, {
          checkServerIdentity: (_name, certificate) => checkIdentity(endpoint.host, certificate),
        });
  const authority = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  // The dns scheme also takes a bare IPv6 address, which without it would look like a scheme itself.
  const client = new Client(`dns:${authority}:${endpoint.port}`, security, {
    // No connection is shared: it would carry one case's identity for another's.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': request.largestAnswer ?? LARGEST_MESSAGE,
    // A proxy in the environment would answer in the endpoint's place.
    'grpc.enable_http_proxy': 0,
  });
  try {
    const seen = await unaryCall(client, request, timeoutMs);
    const name = status[seen.status.code] ?? String(seen.status.code);
    const outcome = outcomeOf(seen, name, timeoutMs);
    const known = {
      details: seen.status.details,
      ...(seen.message !== undefined && { message: seen.message }),
    };
    if (outcome !== undefined) return { outcome, status: name, ...known };
  } finally {
    client.close();
  }
  // gRPC for Node does not tell why a connection failed: one without gRPC does.
  if (context === undefined) return { outcome: CLOSED };
  const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - begun)));
  const outcome = await greet(endpoint, context, left);
  // The limit is the whole case's, whatever was left of it for this.
  if (outcome.by === timedOut(left).by) return { outcome: timedOut(timeoutMs) };
  return { outcome: outcome.kind === 'let-in' ? NO_GRPC : outcome };
}

/** TLS was let in, and still no call came through: whatever that is, it is no refusal. */
const NO_GRPC: Outcome = { kind: 'wrong-server', by: 'it takes the connection and answers no gRPC call' };

interface SeenCall {
  readonly status: StatusObject;
  readonly headers?: Metadata;
  readonly message?: Buffer;
}

function unaryCall(client: Client, { method, message }: GrpcRequest, timeoutMs: number): Promise<SeenCall> {
  const bytes = (value: Buffer) => value;
  return new Promise((resolve) => {
    let headers: Metadata | undefined;
    let answer: Buffer | undefined;
    const call = client.makeUnaryRequest(
      `/${method}`,
      bytes,
      bytes,
      message ?? Buffer.alloc(0),
      { deadline: Date.now() + timeoutMs },
      (_error, value) => {
        answer = value;
      },
    );
    call.on('metadata', (metadata) => {
      headers = metadata;
    });
    // The callback runs in the same turn as the status, before or after it.
    call.on('status', (status) =>
      setImmediate(() =>
        resolve({ status, ...(headers && { headers }), ...(answer !== undefined && { message: answer }) }),
      ),
    );
  });
}

/** What a call says of the attempt; nothing where only the connection itself can tell. */
function outcomeOf({ status, headers }: SeenCall, name: string, timeoutMs: number): Outcome | undefined {
  const http = /^Received HTTP status code (\d{3})/.exec(status.details)?.[1];
  if (http !== undefined) {
    const outcome = outcomeOfHttpStatus(Number(http), undefined);
    return { ...outcome, by: `gRPC ${name}, ${outcome.by}` };
  }
  const type = String(headers?.get('content-type')[0] ?? status.metadata.get('content-type')[0] ?? '');
  if (name === 'OK' || type.startsWith('application/grpc')) {
    return { kind: 'let-in', by: `gRPC ${name}`, working: true };
  }
  if (name === 'DEADLINE_EXCEEDED') return timedOut(timeoutMs);
  // Statuses that this side's library makes itself when a connection fails.
  if (['UNAVAILABLE', 'INTERNAL', 'CANCELLED', 'UNKNOWN'].includes(name)) {
    if (/RST_STREAM/.test(status.details)) return { kind: 'refused', by: `gRPC ${name}, stream reset` };
    return undefined;
  }
  return { kind: 'let-in', by: `gRPC ${name}`, working: true };
}

/** Calls a method of the KServe v2 service. */
export async function callKserve(
  endpoint: Endpoint,
  context: SecureContext | undefined,
  method: string,
  request: { readonly type: MessageName; readonly value?: object; readonly largestAnswer?: number },
  timeoutMs: number,
): Promise<GrpcAnswer> {
  const type = await messageType(request.type);
  const message = Buffer.from(type.encode(type.create(request.value ?? {})).finish());
  const { largestAnswer } = request;
  const call = {
    method: `${KSERVE_SERVICE}/${method}`,
    message,
    ...(largestAnswer !== undefined && { largestAnswer }),
  };
  return callGrpc(endpoint, context, call, timeoutMs);
}
