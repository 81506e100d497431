// Where an endpoint is, read from what was typed.
import { GenerateCertsError, quote } from '../../errors.js';

/** Where an endpoint is. */
export interface Place {
  /** The name or address that is called, and that the server's certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** What stands before the path of every call; empty where the protocol has none. */
  readonly basePath: string;
}

/** @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID` */
export function parseHostPort(typed: unknown): Place {
  const hint = 'give host:port, such as localhost:9178 or [::1]:9178';
  if (typeof typed !== 'string') throw endpointInvalid(typed, 'is not text', hint);
  if (typed.includes('://')) throw endpointInvalid(typed, 'is a URL', hint);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})$/.exec(typed);
  if (match === null) {
    throw endpointInvalid(typed, /:\d*$/.test(typed) ? 'is not host:port' : 'has no port', hint);
  }
  return {
    host: match[1] ?? match[2] ?? '',
    port: checkPort(typed, Number(match[3]), hint),
    basePath: '',
  };
}

/**
 * @param defaultPorts by scheme, where the URL has no port
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`
 */
export function parseUrl(
  typed: unknown,
  defaultPorts: Readonly<Record<string, number>>,
  hint: string,
): Place {
  if (typeof typed !== 'string') throw endpointInvalid(typed, 'is not text', hint);
  if (!URL.canParse(typed)) throw endpointInvalid(typed, 'is not a URL', hint);
  const url = new URL(typed);
  const usual = defaultPorts[url.protocol.slice(0, -1)];
  if (usual === undefined) {
    throw endpointInvalid(typed, `is not ${Object.keys(defaultPorts).join(' or ')}`, hint);
  }
  if (url.username !== '' || url.password !== '') throw endpointInvalid(typed, 'holds a user name', hint);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: checkPort(typed, url.port === '' ? usual : Number(url.port), hint),
    basePath: url.pathname.replace(/\/$/, ''),
  };
}

function checkPort(typed: string, port: number, hint: string): number {
  if (port >= 1 && port <= 65_535) return port;
  throw endpointInvalid(typed, 'has no valid port', hint);
}

export function endpointInvalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_ENDPOINT_INVALID', `${quote(typed)} ${problem}`, hint);
}
