import { type ClientRequest, type RequestOptions, request as requestHttp } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ConnectionEvents, openSocket } from '../../wire/connection.js';
import { CLOSED, type Outcome, outcomeOfError, outcomeOfHttpStatus, timedOut } from '../../wire/outcome.js';
import type { Answer, Call, Endpoint } from '../protocol.js';
import { authorityOf } from './authority.js';
import { requestHttp2, startHttp2, textHeaders } from './http2.js';

/** As much of an answer as is read: enough for a model's metadata, and no more of an endless one. */
const LARGEST_BODY = 1024 * 1024;

/** How a call is made; what is asked for is {@link RestRequest}. */
export type RestCall = Omit<Call, 'request'>;

export interface RestRequest {
  readonly method?: string;
  /** Absolute, below the endpoint's own path. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Makes one HTTP call on a connection of its own: HTTP/1.1, or HTTP/2 where that was offered and agreed on. */
export function callRest(endpoint: Endpoint, call: RestCall, request: RestRequest): Promise<Answer> {
  const { context, timeoutMs, approach } = call;
  return new Promise((resolve) => {
    let end: (() => void) | undefined;
    const seen = new SeenAnswer();
    const finish = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
      end?.();
      opening.destroy();
    };
    const fail = (outcome: Outcome) => finish({ outcome });
    // An answer whose body never ends has answered all the same: its status says it.
    const timer = setTimeout(
      () => finish(seen.answer() ?? { outcome: timedOut(timeoutMs, opening.stage()) }),
      timeoutMs,
    );
    const handlers: Handlers = { seen, finish: () => finish(seen.answer() ?? { outcome: CLOSED }), fail };
    const events: ConnectionEvents = {
      // Once a request is under way, it tells how it ended.
      onError: (error) => end === undefined && fail(outcomeOfError(error)),
      onClose: () => end === undefined && setImmediate(() => fail(CLOSED)),
      onReady: (socket) => {
        const protocol = (socket as Partial<TLSSocket>).alpnProtocol;
        if (protocol === 'h2') {
          const session = startHttp2(endpoint, call, socket, fail);
          end = () => session.destroy();
          askHttp2(session, endpoint, call, request, handlers);
        } else {
          const asked = askHttp(socket, endpoint, call, request, handlers);
          end = () => asked.destroy();
        }
      },
    };
    const opening = openSocket(endpoint, context, events, approach);
  });
}

interface Handlers {
  readonly seen: SeenAnswer;
  /** What was seen is all. */
  readonly finish: () => void;
  readonly fail: (outcome: Outcome) => void;
}

function askHttp(
  socket: Socket,
  endpoint: Endpoint,
  { context, approach }: RestCall,
  { method = 'GET', path, body }: RestRequest,
  { seen, finish, fail }: Handlers,
): ClientRequest {
  const json = jsonOf(body);
  const options: RequestOptions = {
    method,
    path: `${endpoint.basePath}${path}`,
    createConnection: () => socket,
    headers: {
      host: authorityOf(endpoint, context === undefined ? 80 : 443),
      connection: 'close',
      ...json?.headers,
      ...approach?.headers,
    },
  };
  const call = requestHttp(options);
  call.on('error', (error) => fail(outcomeOfError(error)));
  call.on('close', finish);
  call.on('response', (response) => {
    seen.take({ ...response.headers, ':status': response.statusCode });
    // Whatever comes after this much changes nothing of what the status said.
    response.on('data', (chunk: Buffer) => seen.add(chunk) || finish());
    response.on('end', finish);
    response.on('error', (error) => fail(outcomeOfError(error)));
  });
  call.end(json?.text);
  return call;
}

function askHttp2(
  session: ClientHttp2Session,
  endpoint: Endpoint,
  { approach }: RestCall,
  { method = 'GET', path, body }: RestRequest,
  { seen, finish, fail }: Handlers,
): void {
  const json = jsonOf(body);
  requestHttp2(session, approach, {
    headers: { ':method': method, ':path': `${endpoint.basePath}${path}`, ...json?.headers },
    ...(json !== undefined && { body: Buffer.from(json.text) }),
    onHeaders: (headers) => seen.take(headers),
    onData: (chunk) => seen.add(chunk) || finish(),
    onFailure: fail,
    onEnd: finish,
  });
}

function jsonOf(body: unknown) {
  if (body === undefined) return undefined;
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return { text, headers: { 'content-type': 'application/json', 'content-length': length } };
}

/** What came of a call so far. */
class SeenAnswer {
  #headers: Record<string, string> = {};
  readonly #chunks: Buffer[] = [];
  #length = 0;

  take(headers: Parameters<typeof textHeaders>[0]): void {
    this.#headers = { ...this.#headers, ...textHeaders(headers) };
  }

  /** @returns false where there is more than is read */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this.#length <= LARGEST_BODY;
  }

  /** Nothing before the status has come. */
  answer(): Answer | undefined {
    const status = Number(this.#headers[':status']);
    if (Number.isNaN(status)) return undefined;
    const body = Buffer.concat(this.#chunks).toString('utf8');
    const { ':status': _status, ...headers } = this.#headers;
    const { location } = headers;
    return { outcome: outcomeOfHttpStatus(status, reasonIn(status, body), location), status, headers, body };
  }
}

/** What NGINX, Apache and Go write where a certificate is what they turn away, or its absence, or a call without TLS. */
function reasonIn(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  const reason = REASONS.map((pattern) => pattern.exec(body)?.[1]).find((text) => text !== undefined);
  return reason === undefined || reason.startsWith('nginx') ? undefined : reason;
}

const REASONS = [
  /<center>([^<]{1,100})<\/center>/,
  /\bReason: ([^<]{1,100}?)\.?(?:<|\n|$)/,
  /^(Client sent an HTTP request to an HTTPS server)/,
];
