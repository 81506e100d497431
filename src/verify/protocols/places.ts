// Where an endpoint is, read from what was typed.
import { GenerateCertsError, quote } from '../../errors.js';

/** Where an endpoint is. */
export interface Place {
  /** The name or address that is called, and that the server's certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** What stands before the path of every call; empty where the protocol has none. */
  readonly basePath: string;
  /** The user that the URL names; what a protocol takes where it names none follows from the certificates. */
  readonly user?: string | undefined;
  /** What the URL names behind the host: a database. */
  readonly database?: string | undefined;
  /** How the URL says that the client is to log in. */
  readonly mechanism?: string | undefined;
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

/** How the URLs of a protocol that is no HTTP are written. */
export interface ServiceUrls {
  /** By scheme, where the URL has no port; null where it must have one. */
  readonly ports: Readonly<Record<string, number | null>>;
  /** Whether a URL may name a user. */
  readonly user?: boolean;
  /** Whether a URL may name a database. */
  readonly database?: boolean;
  /** For hints. */
  readonly example: string;
}

const LONGEST_NAME = 128;

/** @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID` */
export function parseService(typed: string, urls: ServiceUrls): Place {
  const hint = `give a URL such as ${urls.example}`;
  if (!URL.canParse(typed)) throw endpointInvalid(typed, 'is not a URL', hint);
  const url = new URL(typed);
  if (url.password !== '') {
    throw endpointInvalid(
      typed,
      'holds a password',
      'leave it out: every user of this machine sees arguments',
    );
  }
  const usual = urls.ports[url.protocol.slice(0, -1)];
  if (usual === undefined) {
    throw endpointInvalid(typed, `is not ${Object.keys(urls.ports).join(' or ')}`, hint);
  }
  const user = nameIn(url.username);
  const database = nameIn(url.pathname.replace(/^\//, ''));
  if (user === null || (user !== undefined && urls.user !== true)) {
    throw endpointInvalid(typed, urls.user === true ? 'has no valid user name' : 'holds a user name', hint);
  }
  if (database === null || (database !== undefined && urls.database !== true)) {
    throw endpointInvalid(typed, urls.database === true ? 'has no valid database' : 'holds a path', hint);
  }
  if (url.search !== '' || url.hash !== '') throw endpointInvalid(typed, 'holds a query or a fragment', hint);
  if (url.port === '' && usual === null) throw endpointInvalid(typed, 'has no port', hint);
  const host = hostOf(url.hostname);
  if (host === undefined) throw endpointInvalid(typed, 'has no valid host', hint);
  const port = checkPort(typed, url.port === '' ? (usual ?? 0) : Number(url.port), hint);
  return { host, port, basePath: '', user, database };
}

/** @returns undefined for none, null for what no user and no database is called */
function nameIn(encoded: string): string | undefined | null {
  if (encoded === '') return undefined;
  try {
    const name = decodeURIComponent(encoded);
    return name.length <= LONGEST_NAME && !/[\p{C}/]/u.test(name) ? name : null;
  } catch {
    return null;
  }
}

/** As it is in a URL of HTTP: in lower case, and international names as A-labels. */
function hostOf(hostname: string): string | undefined {
  // A URL of HTTP decodes what that of another scheme keeps encoded.
  const asHttp = `http://${hostname}`;
  if (hostname === '' || !URL.canParse(asHttp)) return undefined;
  return new URL(asHttp).hostname.replace(/^\[|\]$/g, '');
}

function checkPort(typed: string, port: number, hint: string): number {
  if (port >= 1 && port <= 65_535) return port;
  throw endpointInvalid(typed, 'has no valid port', hint);
}

export function endpointInvalid(typed: unknown, problem: string, hint: string): GenerateCertsError {
  // A password that was typed is not repeated.
  const shown = typeof typed === 'string' ? typed.replace(/(\/\/[^:@/?#]*):.*@/s, '$1:…@') : typed;
  return new GenerateCertsError('ERR_ENDPOINT_INVALID', `${quote(shown)} ${problem}`, hint);
}
