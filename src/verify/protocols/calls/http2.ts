// One request over HTTP/2 (RFC 9113), bounded in every way that it has.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { CLOSED, type Outcome, outcomeOfError } from '../../wire/outcome.js';
import type { Call, Endpoint } from '../protocol.js';
import { authorityOf } from './authority.js';

/** Opens HTTP/2 on a connection; what ends it before an answer is told once or more. */
export function startHttp2(
  endpoint: Endpoint,
  { context, approach }: Pick<Call, 'context' | 'approach'>,
  socket: Socket,
  onFailure: (outcome: Outcome) => void,
): ClientHttp2Session {
  const scheme = context === undefined ? 'http' : 'https';
  const session = connectHttp2(`${scheme}://${approach?.headers?.host ?? authorityOf(endpoint, undefined)}`, {
    createConnection: () => socket,
    maxHeaderListPairs: 128,
    maxSessionMemory: 10,
    settings: { enablePush: false },
  });
  session.on('error', (error) => onFailure(outcomeOfError(error)));
  session.on('goaway', (code) => {
    if (code !== constants.NGHTTP2_NO_ERROR) onFailure(ended('connection', code));
  });
  return session;
}

export interface Http2Request {
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** Called with each part of the body; false ends the call. */
  readonly onData: (chunk: Buffer) => void;
  /** Called with the headers, and with the trailers. */
  readonly onHeaders: (headers: Readonly<Record<string, string | string[] | number | undefined>>) => void;
  readonly onFailure: (outcome: Outcome) => void;
  readonly onEnd: () => void;
}

/** Makes a request on it. */
export function requestHttp2(
  session: ClientHttp2Session,
  approach: Call['approach'],
  { headers, body, onData, onHeaders, onFailure, onEnd }: Http2Request,
): void {
  const { host: _authority, ...others } = approach?.headers ?? {};
  const stream = session.request({ ...headers, ...others }, { endStream: body === undefined });
  stream.on('response', onHeaders);
  stream.on('trailers', onHeaders);
  stream.on('data', onData);
  stream.on('error', (error) => onFailure(failureOf(error, stream)));
  // Trailers come before the end; where there are none, the headers were all.
  stream.on('close', onEnd);
  if (body !== undefined) stream.end(body);
}

function failureOf(error: NodeJS.ErrnoException, { rstCode }: ClientHttp2Stream): Outcome {
  if (rstCode !== constants.NGHTTP2_NO_ERROR && error.code === 'ERR_HTTP2_STREAM_ERROR') {
    return ended('stream', rstCode);
  }
  return outcomeOfError(error);
}

function ended(of: 'stream' | 'connection', code: number | undefined): Outcome {
  return { ...CLOSED, cause: { kind: 'reset', of, protocol: 'HTTP/2', code: codeName(code) } };
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

/** Headers as they are handed back: text alone, bounded by what HTTP/2 was allowed to send. */
export function textHeaders(
  headers: Readonly<Record<string, string | readonly string[] | number | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : String(value)]],
    ),
  );
}
