import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import type { SecureContext } from 'node:tls';
import { openSocket } from '../../wire/connection.js';
import { CLOSED, type Outcome, outcomeOfError, outcomeOfHttpStatus, timedOut } from '../../wire/outcome.js';
import { KSERVE_SERVICE, MESSAGES, type MessageName } from '../kserve/messages.js';
import { encodeMessage } from '../kserve/protobuf.js';
import type { Endpoint } from '../protocol.js';

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
 *
 * @param context this side's TLS; plaintext when absent
 */
export function callGrpc(
  endpoint: Endpoint,
  context: SecureContext | undefined,
  request: GrpcRequest,
  timeoutMs: number,
): Promise<GrpcAnswer> {
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    const finish = (answer: GrpcAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      session?.destroy();
      opening.destroy();
    };
    const timer = setTimeout(() => finish({ outcome: timedOut(timeoutMs) }), timeoutMs);
    const opening = openSocket(endpoint, context, {
      onError: (error) => finish({ outcome: outcomeOfError(error) }),
      // What came before the end is told first.
      onClose: () => setImmediate(() => finish({ outcome: CLOSED })),
      onReady: (socket) => {
        session = connectHttp2(originOf(endpoint, context), {
          createConnection: () => socket,
          // What comes from the other side is bounded in every way that HTTP/2 has.
          maxHeaderListPairs: 128,
          maxSessionMemory: 10,
          settings: { enablePush: false },
        });
        session.on('error', (error) => finish({ outcome: outcomeOfError(error) }));
        session.on('goaway', (code) => {
          if (code !== constants.NGHTTP2_NO_ERROR) finish({ outcome: ended('connection', code) });
        });
        makeCall(session, request, finish);
      },
    });
  });
}

function originOf({ host, port }: Endpoint, context: SecureContext | undefined): string {
  const authority = host.includes(':') ? `[${host}]` : host;
  return `${context === undefined ? 'http' : 'https'}://${authority}:${port}`;
}

function makeCall(
  session: ClientHttp2Session,
  { method, message = Buffer.alloc(0), largestAnswer = LARGEST_MESSAGE }: GrpcRequest,
  finish: (answer: GrpcAnswer) => void,
): void {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const seen = new SeenCall(largestAnswer);
  stream.on('response', (headers) => seen.take(headers));
  stream.on('trailers', (trailers) => seen.take(trailers));
  stream.on('data', (chunk: Buffer) => {
    if (seen.add(chunk)) return;
    finish({
      outcome: { kind: 'let-in', cause: statusOf('RESOURCE_EXHAUSTED'), working: true },
      status: 'RESOURCE_EXHAUSTED',
    });
  });
  stream.on('error', (error) => finish(failedAnswer(error, stream)));
  // Trailers come before the end; where there are none, the headers were all.
  stream.on('close', () => finish(seen.answer()));
  // A length of four bytes behind a byte that says that nothing is compressed.
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
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

  constructor(largest: number) {
    this.#largest = largest;
  }

  take(headers: Headers): void {
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
      return { outcome: { ...outcomeOfHttpStatus(http), cause }, status };
    }
    const body = Buffer.concat(this.#chunks);
    const message =
      body.length >= 5 && body[0] === 0 ? body.subarray(5, 5 + body.readUInt32BE(1)) : undefined;
    return {
      outcome: REFUSING_STATUSES.has(status)
        ? { kind: 'refused', cause: { ...statusOf(status), refuses: true } }
        : { kind: 'let-in', cause: statusOf(status), working: true },
      status,
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

function failedAnswer(error: NodeJS.ErrnoException, { rstCode }: ClientHttp2Stream): GrpcAnswer {
  if (rstCode !== constants.NGHTTP2_NO_ERROR && error.code === 'ERR_HTTP2_STREAM_ERROR') {
    return { outcome: ended('stream', rstCode) };
  }
  return { outcome: outcomeOfError(error) };
}

function ended(of: 'stream' | 'connection', code: number | undefined): Outcome {
  return { kind: 'refused', cause: { kind: 'reset', of, protocol: 'HTTP/2', code: codeName(code) } };
}

const CODE_NAMES = new Map(
  Object.entries(constants)
    .filter(
      ([name]) =>
        name.startsWith('NGHTTP2_') &&
        /(?:ERROR|CANCEL|REFUSED_STREAM|CALM|SECURITY|REQUIRED|CLOSED|TIMEOUT)/.test(name),
    )
    .map(([name, code]) => [code, name.replace('NGHTTP2_', '')] as const),
);

function codeName(code: number | undefined): string {
  return CODE_NAMES.get(code as never) ?? String(code);
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
  context: SecureContext | undefined,
  method: string,
  request: {
    readonly type: MessageName;
    readonly value?: Readonly<Record<string, unknown>>;
    readonly largestAnswer?: number;
  },
  timeoutMs: number,
): Promise<GrpcAnswer> {
  const { type, value = {}, largestAnswer } = request;
  const call = {
    method: `${KSERVE_SERVICE}/${method}`,
    message: encodeMessage(MESSAGES[type], value),
    ...(largestAnswer !== undefined && { largestAnswer }),
  };
  return callGrpc(endpoint, context, call, timeoutMs);
}
