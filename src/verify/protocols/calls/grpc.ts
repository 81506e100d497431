import type { ClientHttp2Session } from 'node:http2';
import type { Approach } from '../../wire/approach.js';
import { type ConnectionEvents, openSocket } from '../../wire/connection.js';
import { CLOSED, type Outcome, outcomeOfError, outcomeOfHttpStatus, timedOut } from '../../wire/outcome.js';
import { KSERVE_SERVICE, MESSAGES, type MessageName } from '../kserve/messages.js';
import { encodeMessage } from '../kserve/protobuf.js';
import type { Answer, Call, Endpoint } from '../protocol.js';
import { requestHttp2, startHttp2, textHeaders } from './http2.js';

/** How a call is made; what is called is {@link GrpcRequest}. */
export type GrpcCall = Omit<Call, 'request'>;

export interface GrpcRequest {
  /** `service/method`, without a leading slash. */
  readonly method: string;
  /** The encoded message; empty when absent. */
  readonly message?: Buffer;
  /** The largest answer that is read, in bytes, where it is not decoded. */
  readonly largestAnswer?: number;
}

export interface GrpcAnswer extends Answer {
  /** The name of the status that the application gave. */
  readonly grpcStatus?: string;
  readonly details?: string;
  readonly message?: Buffer;
}

/** The largest answer that is read and decoded: what comes from the other side must not fill this side's memory. */
const LARGEST_MESSAGE = 64 * 1024;

/** The status codes of gRPC, by number. */
const STATUSES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** By these the application itself turns away a caller whom its TLS let in. */
const REFUSING_STATUSES: ReadonlySet<string> = new Set(['PERMISSION_DENIED', 'UNAUTHENTICATED']);

/**
 * Makes one unary call on a connection of its own (gRPC over HTTP/2,
 * github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Why a connection failed is known from the very connection.
 */
export function callGrpc(endpoint: Endpoint, call: GrpcCall, request: GrpcRequest): Promise<GrpcAnswer> {
  const { context, timeoutMs, approach } = call;
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    const finish = (answer: GrpcAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      session?.destroy();
      opening.destroy();
    };
    const fail = (outcome: Outcome) => finish({ outcome });
    const timer = setTimeout(() => fail(timedOut(timeoutMs, opening.stage())), timeoutMs);
    const events: ConnectionEvents = {
      onError: (error) => fail(outcomeOfError(error)),
      // What came before the end is told first.
      onClose: () => setImmediate(() => fail(CLOSED)),
      onReady: (socket) => {
        session = startHttp2(endpoint, call, socket, fail);
        makeCall(session, approach, request, finish);
      },
    };
    const opening = openSocket(endpoint, context, events, approach);
  });
}

function makeCall(
  session: ClientHttp2Session,
  approach: Approach | undefined,
  { method, message = Buffer.alloc(0), largestAnswer = LARGEST_MESSAGE }: GrpcRequest,
  finish: (answer: GrpcAnswer) => void,
): void {
  const seen = new SeenCall(largestAnswer);
  // A length of four bytes behind a byte that says that nothing is compressed.
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  requestHttp2(session, approach, {
    headers: {
      ':method': 'POST',
      ':path': `/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    body: Buffer.concat([prefix, message]),
    onHeaders: (headers) => seen.take(headers),
    onData: (chunk) => {
      if (seen.add(chunk)) return;
      finish({
        ...seen.seen(),
        outcome: { kind: 'let-in', cause: statusOf('RESOURCE_EXHAUSTED'), working: true },
        grpcStatus: 'RESOURCE_EXHAUSTED',
      });
    },
    onFailure: (outcome) => finish({ outcome }),
    onEnd: () => finish({ ...seen.seen(), ...seen.answer() }),
  });
}

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** What came of a call so far. */
class SeenCall {
  readonly #largest: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #http: number | undefined;
  #type = '';
  #status: string | undefined;
  #details = '';
  #headers: Record<string, string> = {};

  constructor(largest: number) {
    this.#largest = largest;
  }

  take(headers: Headers): void {
    this.#headers = { ...this.#headers, ...textHeaders(headers) };
    const status = headers[':status'];
    if (status !== undefined) this.#http = Number(status);
    this.#type ||= String(headers['content-type'] ?? '');
    const code = headers['grpc-status'];
    if (code === undefined) return;
    this.#status = STATUSES[Number(code)] ?? String(code);
    this.#details = decodeDetails(String(headers['grpc-message'] ?? ''));
  }

  /** @returns false where the answer is larger than what is read */
  add(chunk: Buffer): boolean {
    this.#length += chunk.length;
    this.#chunks.push(chunk);
    return this.#length <= this.#largest + 5;
  }

  seen(): Pick<Answer, 'status' | 'headers' | 'body'> {
    const body = Buffer.concat(this.#chunks).toString('latin1');
    return { status: this.#http, headers: this.#headers, body };
  }

  answer(): GrpcAnswer {
    const status = this.#status;
    if (status === undefined) {
      if (this.#http === undefined) return { outcome: CLOSED };
      if (this.#http === 200) return { outcome: NO_GRPC };
      return { outcome: outcomeOfHttpStatus(this.#http) };
    }
    if (this.#http !== 200 && !this.#type.startsWith('application/grpc')) {
      const http = this.#http ?? 0;
      const cause = { ...statusOf(status), http };
      return { outcome: { ...outcomeOfHttpStatus(http), cause }, grpcStatus: status };
    }
    const body = Buffer.concat(this.#chunks);
    const message =
      body.length >= 5 && body[0] === 0 ? body.subarray(5, 5 + body.readUInt32BE(1)) : undefined;
    return {
      outcome: REFUSING_STATUSES.has(status)
        ? { kind: 'refused', cause: { ...statusOf(status), refuses: true } }
        : { kind: 'let-in', cause: statusOf(status), working: true },
      grpcStatus: status,
      details: this.#details,
      ...(message !== undefined && status === 'OK' && { message }),
    };
  }
}

/** The connection takes HTTP/2, and what answers is no gRPC: whatever that is, it is no refusal. */
const NO_GRPC: Outcome = { kind: 'wrong-server', cause: { kind: 'other-answer', protocol: 'gRPC' } };

function statusOf(status: string) {
  return { kind: 'status', protocol: 'gRPC', status } as const;
}

/** `grpc-message` is percent-encoded. */
function decodeDetails(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Calls a method of the KServe v2 service. */
export function callKserve(
  endpoint: Endpoint,
  call: GrpcCall,
  method: string,
  {
    type,
    value = {},
    largestAnswer,
  }: {
    readonly type: MessageName;
    readonly value?: Readonly<Record<string, unknown>>;
    readonly largestAnswer?: number;
  },
): Promise<GrpcAnswer> {
  return callGrpc(endpoint, call, {
    method: `${KSERVE_SERVICE}/${method}`,
    message: encodeMessage(MESSAGES[type], value),
    ...(largestAnswer !== undefined && { largestAnswer }),
  });
}
