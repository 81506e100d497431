import { GenerateCertsError, quote } from '../../errors.js';

/** A live listener to be proved. */
export interface Endpoint {
  readonly protocol: 'grpc' | 'rest';
  /** As typed. */
  readonly address: string;
  /** The name or address that is called, and that the server's certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** What stands before the path of every REST call. */
  readonly basePath: string;
}

/** @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID` */
export function parseGrpcEndpoint(typed: unknown): Endpoint {
  const hint = 'give host:port, such as localhost:9178 or [::1]:9178';
  if (typeof typed !== 'string') throw invalid(typed, 'is not text', hint);
  if (typed.includes('://')) throw invalid(typed, 'is a URL', hint);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})$/.exec(typed);
  if (match === null) throw invalid(typed, /:\d*$/.test(typed) ? 'is not host:port' : 'has no port', hint);
  return {
    protocol: 'grpc',
    address: typed,
    host: match[1] ?? match[2] ?? '',
    port: checkPort(typed, Number(match[3]), hint),
    basePath: '',
  };
}

/** @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID` */
export function parseRestEndpoint(typed: unknown): Endpoint {
  const hint = 'give a URL such as https://localhost:8000';
  if (typeof typed !== 'string') throw invalid(typed, 'is not text', hint);
  if (!URL.canParse(typed)) throw invalid(typed, 'is not a URL', hint);
  const url = new URL(typed);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw invalid(typed, 'is not http or https', hint);
  if (url.username !== '' || url.password !== '') throw invalid(typed, 'holds a user name', hint);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return {
    protocol: 'rest',
    address: typed,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: checkPort(typed, port, hint),
    basePath: url.pathname.replace(/\/$/, ''),
  };
}

function checkPort(typed: string, port: number, hint: string): number {
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(typed, 'has no valid port', hint);
}

function invalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_ENDPOINT_INVALID', `${quote(typed)} ${problem}`, hint);
}
