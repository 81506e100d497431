import { createSecureContext } from 'node:tls';
import { GenerateCertsError, quote } from '../../errors.js';
import type { CertificateSet } from '../../pki/set.js';
import type { Progress } from '../../pki/workers/work.js';
import { parsePassword } from '../../request/password.js';
import { checkFlag, readOptions, readTexts } from '../../util/options.js';
import { PROTOCOLS, parseEndpoints, SHORT_PROTOCOLS } from '../protocols/index.js';
import { parseHostPort } from '../protocols/places.js';
import type { Endpoint, Protocol } from '../protocols/protocol.js';

/**
 * What is to be proved, and how.
 *
 * @example
 * ```ts
 * const options: VerifyEndpointOptions = { set, url, strict: true, timeoutMs: 2000 };
 * const report = await verifyEndpoint(options);
 * ```
 */
export interface VerifyEndpointOptions {
  /**
   * The set that the endpoint trusts, with its CA; or its folder, and then what is not right with the set is in the
   * report too, and a client whose files cannot be read is left out by name.
   */
  readonly set: CertificateSet | string;
  /** Endpoints as URLs, such as `https://localhost:8000`, `grpc://localhost:9178` or `postgres://localhost`. */
  readonly url?: string | readonly string[] | undefined;
  /** gRPC endpoints, as `host:port`. */
  readonly grpc?: string | readonly string[] | undefined;
  /** REST endpoints, as URLs. */
  readonly rest?: string | readonly string[] | undefined;
  /** A KServe v2 model: its metadata is asked for, and an inference with zeros of its inputs made. */
  readonly model?: string | undefined;
  /**
   * Paths to ask a REST endpoint for. Every case is tried at the first; at the others the valid client, no certificate
   * and `unknown-ca`.
   * @default '/v2/health/live', and `/` where a server does not have it
   */
  readonly path?: string | readonly string[] | undefined;
  /** Requests to make of a REST endpoint, after those of `path`, each a method and a path: `POST /v2/models/m/infer`. */
  readonly request?: string | readonly string[] | undefined;
  /**
   * gRPC methods to call with an empty message, as `service/method`; tried as paths are.
   * @default 'inference.GRPCInferenceService/ServerLive', and the health check of gRPC where a server does not have it
   */
  readonly method?: string | readonly string[] | undefined;
  /**
   * The name that is called (SNI, `Host`, `:authority`) and that the server's certificate must be for.
   * @default the URL's host
   */
  readonly serverName?: string | undefined;
  /**
   * Where connections are made to, as `host:port`, whatever the URL says: for a server that its name does not lead to yet.
   * With one endpoint alone.
   */
  readonly connectTo?: string | undefined;
  /**
   * CA certificates in PEM that the server's certificate is checked against.
   * @default the set's own CA
   */
  readonly serverCa?: string | undefined;
  /**
   * The valid clients and peers to try, by their names in the set.
   * @default all, up to 20 of each
   */
  readonly client?: string | readonly string[] | undefined;
  /** Valid clients that the endpoint must refuse all the same: those that are not on its list of names. */
  readonly refused?: string | readonly string[] | undefined;
  /**
   * The bound on each case, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether policy flaws that are let in make the result wrong.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether to make a client in the set's folder, revoke it there, and see whether the endpoint refuses it within
   * {@link VerifyEndpointOptions.timeoutMs} and takes its sessions no more. `set` is then the folder, which has the CA's
   * key, and the endpoint reads its new revocation list by itself. The client stays in the set, revoked.
   * @default false
   */
  readonly revokeCheck?: boolean | undefined;
  /** What the keystores of the set have, where {@link VerifyEndpointOptions.revokeCheck} makes one more; `changeit` when absent. */
  readonly password?: string | undefined;
  /** Told now and then how many cases have been tried. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The longest time limit, in milliseconds: an hour. */
const LONGEST_TIMEOUT = 3_600_000;

/** What the caller asked for, checked. */
export interface EndpointOptions
  extends Pick<VerifyEndpointOptions, 'set' | 'model' | 'serverCa' | 'onProgress'> {
  readonly endpoints: readonly Endpoint[];
  readonly requests: ReadonlyMap<string, Requests>;
  readonly clients: readonly string[];
  readonly refused: readonly string[];
  readonly timeoutMs: number;
  readonly strict: boolean;
  readonly revokeIn: RevokeIn | undefined;
}

/** Where a client is to be made and revoked. */
export interface RevokeIn {
  /** The set's folder. */
  readonly folder: string;
  /** What its keystores have; the default when absent. */
  readonly password: string | undefined;
}

/** What is asked of the endpoints of a protocol. */
export interface Requests {
  readonly request: string;
  readonly fallback: string | undefined;
  readonly more: readonly string[];
}

/** @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID` or `ERR_OPTION_INVALID` */
export function readEndpointOptions(given: VerifyEndpointOptions): EndpointOptions {
  const options = readOptions(given, NAMES, "{ set, url: 'https://localhost:8000' }");
  const { set, model, timeoutMs = 5000, serverCa, onProgress } = options;
  const strict = checkFlag('strict', options.strict ?? false);
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT)) {
    throw optionInvalid(
      `the time limit ${quote(timeoutMs)} is no time for a call`,
      'give milliseconds, such as 5000, up to an hour',
    );
  }
  const parsed = parseEndpoints(options);
  if (parsed.length === 0) throw optionInvalid('there is no endpoint to verify', 'give url:, grpc: or rest:');
  checkRequests(parsed, options);
  if (serverCa !== undefined) checkServerCa(serverCa);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw optionInvalid(`the option 'onProgress' is ${quote(onProgress)}, not a function`, 'give a function');
  }
  return {
    ...{ set, model, serverCa, onProgress, strict, timeoutMs },
    revokeIn: revokeFolder(options),
    endpoints: placed(parsed, options),
    requests: new Map(PROTOCOLS.map((protocol) => [protocol.name, requestsOf(protocol, options)])),
    clients: texts('client', options.client, 'alice'),
    refused: texts('refused', options.refused, 'bob'),
  };
}

function revokeFolder({ set, revokeCheck = false, password }: VerifyEndpointOptions): RevokeIn | undefined {
  if (password !== undefined) parsePassword(password);
  if (!checkFlag('revokeCheck', revokeCheck)) return undefined;
  if (typeof set === 'string') return { folder: set, password };
  throw optionInvalid(
    "the option 'revokeCheck' is given with a set that is in no folder",
    'give the folder that the endpoint reads its revocation list from, as set:',
  );
}

const NAMES: readonly string[] = [
  ...['set', 'url', 'model', 'timeoutMs', 'strict', 'revokeCheck', 'password', 'onProgress'],
  ...['serverName', 'connectTo', 'serverCa', 'client', 'refused'],
  ...SHORT_PROTOCOLS.map(({ name }) => name),
  ...PROTOCOLS.flatMap(({ requests }) => (requests?.options ?? []).map(({ name }) => name)),
];

/** What says what to ask for is passed over in silence where no endpoint is asked by it. */
function checkRequests(endpoints: readonly Endpoint[], options: VerifyEndpointOptions): void {
  const { model } = options;
  if (model !== undefined && (typeof model !== 'string' || model === '')) {
    throw optionInvalid(`${quote(model)} is not a model`, 'give its name');
  }
  const named = [
    ...PROTOCOLS.flatMap((protocol) =>
      (protocol.requests?.options ?? []).map(({ name }) => [name, [protocol]] as const),
    ),
    ['model', PROTOCOLS.filter(({ tryModel }) => tryModel !== undefined)] as const,
  ];
  for (const [name, protocols] of named) {
    if (options[name] === undefined || endpoints.some(({ protocol }) => protocols.includes(protocol)))
      continue;
    throw optionInvalid(
      `'${name}' was given, and no endpoint that it is for`,
      `add one such as ${protocols.map(({ example }) => example).join(' or ')}, or leave it out`,
    );
  }
}

function requestsOf({ requests }: Protocol, options: VerifyEndpointOptions): Requests {
  if (requests === undefined) return { request: '', fallback: undefined, more: [] };
  const [request, ...more] = new Set(
    requests.options.flatMap(({ name, parse, value }) => texts(name, options[name], value).map(parse)),
  );
  if (request === undefined) return { request: requests.usual, fallback: requests.fallback, more: [] };
  return { request, fallback: undefined, more };
}

/** The endpoints under the name, and at the place, that were given for them. */
function placed(
  endpoints: readonly Endpoint[],
  { serverName, connectTo }: VerifyEndpointOptions,
): readonly Endpoint[] {
  if (connectTo !== undefined && endpoints.length > 1) {
    throw optionInvalid(
      `${endpoints.length} endpoints cannot all be at ${quote(connectTo)}`,
      'give one endpoint with connectTo',
    );
  }
  const place = connectTo === undefined ? undefined : parseHostPort(connectTo);
  if (serverName !== undefined) checkServerName(serverName);
  return endpoints.map((endpoint) => {
    const { host, port } = endpoint;
    const moved = place ?? (serverName === undefined ? undefined : { host, port });
    return {
      ...endpoint,
      host: serverName ?? host,
      ...(moved !== undefined && { connectTo: { host: moved.host, port: moved.port } }),
    };
  });
}

function checkServerName(name: unknown): void {
  if (
    typeof name === 'string' &&
    name.length <= 253 &&
    /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(name)
  ) {
    return;
  }
  throw optionInvalid(`${quote(name)} is not a server's name`, 'give a DNS name, such as api.test');
}

function checkServerCa(pem: unknown): void {
  const hint = 'give certificates in PEM';
  if (typeof pem !== 'string' || !pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw optionInvalid("the option 'serverCa' holds no certificate", hint);
  }
  try {
    createSecureContext({ ca: pem });
  } catch {
    throw optionInvalid("the option 'serverCa' cannot be read", hint);
  }
}

function texts(name: string, value: unknown, example: string): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : readTexts(`the option '${name}'`, value, `['${example}']`);
}

function optionInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
