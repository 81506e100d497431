import { type ClientRequest, request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { SecureContext } from 'node:tls';
import { CLOSED, type Outcome, outcomeOfError, outcomeOfHttpStatus, timedOut } from '../../wire/outcome.js';
import { connectionOptions } from '../../wire/tls.js';
import type { Endpoint } from '../protocol.js';

/** As much of an answer as is read: enough for a model's metadata, and no more of an endless one. */
const LARGEST_BODY = 1024 * 1024;

export interface RestRequest {
  readonly method?: 'GET' | 'POST';
  /** Absolute, below the endpoint's own path. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RestAnswer {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly body?: string;
}

/**
 * Makes one HTTP call on a connection of its own.
 *
 * @param context this side's TLS; plaintext when absent
 */
export function callRest(
  endpoint: Endpoint,
  context: SecureContext | undefined,
  { method = 'GET', path, body }: RestRequest,
  timeoutMs: number,
): Promise<RestAnswer> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    method,
    path: `${endpoint.basePath}${path}`,
    agent: false,
    headers: {
      connection: 'close',
      ...(json !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      }),
    },
  };
  const { host, port } = endpoint;
  return new Promise((resolve) => {
    let call: ClientRequest | undefined;
    const finish = (answer: RestAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      call?.destroy();
    };
    // An answer whose body never ends has answered all the same: its status says it.
    let atLimit = (): RestAnswer => ({ outcome: timedOut(timeoutMs) });
    const timer = setTimeout(() => finish(atLimit()), timeoutMs);
    try {
      call =
        context === undefined
          ? plainRequest({ ...options, host, port })
          : request({ ...options, ...connectionOptions(endpoint, context) });
    } catch (error) {
      finish({ outcome: outcomeOfError(error) });
      return;
    }
    call.on('error', (error) => finish({ outcome: outcomeOfError(error) }));
    call.on('close', () => finish({ outcome: CLOSED }));
    call.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let length = 0;
      atLimit = () => {
        const text = Buffer.concat(chunks).toString('utf8');
        return { outcome: outcomeOfHttpStatus(status, reasonIn(status, text)), status, body: text };
      };
      const answer = () => finish(atLimit());
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        // Whatever comes after this much changes nothing of what the status said.
        if (length > LARGEST_BODY) answer();
      });
      response.on('end', answer);
      response.on('error', (error) => finish({ outcome: outcomeOfError(error) }));
    });
    call.end(json);
  });
}

/** The reason in the page of an NGINX refusal (`No required SSL certificate was sent` and its like). */
function reasonIn(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  const reason = /<center>([^<]{1,100})<\/center>/.exec(body)?.[1];
  return reason === undefined || reason.startsWith('nginx') ? undefined : reason;
}
