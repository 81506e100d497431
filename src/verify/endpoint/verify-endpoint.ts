import { GenerateCertsError, quote } from '../../errors.js';
import type { CertificateSet } from '../../pki/set.js';
import { loadCertificateSet } from '../../store/manifest/load.js';
import { checkFlag, readOptions } from '../../util/options.js';
import { requireSet } from '../given-set.js';
import { PROTOCOLS, parseEndpoints } from '../protocols/index.js';
import type { Endpoint } from '../protocols/protocol.js';
import type { Finding } from '../report/finding.js';
import type { VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import { folderFindings } from '../set/verify-set.js';
import { casesOf, leftOut } from './cases.js';
import { clientsLeftOut, endpointNotTried } from './judge.js';
import { proveEndpoint } from './prove.js';

/**
 * What is to be proved, and how.
 *
 * @example
 * ```ts
 * const options: VerifyEndpointOptions = { set, rest: url, strict: true, timeoutMs: 2000 };
 * const report = await verifyEndpoint(options);
 * ```
 */
export interface VerifyEndpointOptions {
  /**
   * The set that the endpoint trusts, with its CA; or its folder, and then what is not right with the set is in the
   * report too.
   */
  readonly set: CertificateSet | string;
  /** Endpoints as URLs, such as `https://localhost:8000` or `grpc://localhost:9178`. */
  readonly endpoints?: string | readonly string[] | undefined;
  /** gRPC endpoints, as `host:port`. */
  readonly grpc?: string | readonly string[] | undefined;
  /** REST endpoints, as URLs. */
  readonly rest?: string | readonly string[] | undefined;
  /** A KServe v2 model: its metadata is asked for, and an inference with zeros of its inputs made. */
  readonly model?: string | undefined;
  /**
   * The path of the REST request.
   * @default '/v2/health/live'
   */
  readonly path?: string | undefined;
  /**
   * The gRPC method that is called, as `service/method`, with an empty message.
   * @default 'inference.GRPCInferenceService/ServerLive'
   */
  readonly method?: string | undefined;
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
}

/** The longest time limit, in milliseconds: an hour. */
const LONGEST_TIMEOUT = 3_600_000;

/**
 * Proves a live endpoint: makes a real call for the valid clients, for no certificate, without TLS, and
 * for every flaw of the catalogue, and judges what comes of each. A refusal is one only where the valid
 * client was let in by the same endpoint in the same run.
 *
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`, `ERR_OPTION_INVALID` or `ERR_MODEL_UNKNOWN`; where a
 * folder is given, `ERR_SET_NOT_FOUND` and what {@link verifyCertificateSet} throws; what an endpoint does is never an error but a row
 * @example
 * ```ts
 * const report = await verifyEndpoint({ set, rest: url });
 * if (report.result !== 'right') throw new Error(JSON.stringify(report.rows, null, 2));
 * ```
 */
export async function verifyEndpoint(given: VerifyEndpointOptions): Promise<VerifyReport> {
  const options = readOptions(given, NAMES, "{ set, grpc: 'localhost:9178' }");
  const from = typeof options.set === 'string' ? options.set : requireSet(options.set);
  const { timeoutMs = 5000 } = options;
  const strict = checkFlag('strict', options.strict ?? false);
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT)) {
    throw optionInvalid(
      `the time limit ${quote(timeoutMs)} is no time for a call`,
      'give milliseconds, such as 5000, up to an hour',
    );
  }
  const endpoints = parseEndpoints(options);
  if (endpoints.length === 0) {
    throw optionInvalid('there is no endpoint to verify', 'give endpoints:, grpc: or rest:');
  }
  const requests = new Map(
    PROTOCOLS.map(
      ({ name, request }) => [name, request?.parse(textOption(options, request.name)) ?? ''] as const,
    ),
  );
  const { set, own } = await readSet(from);
  const findings = own.filter(({ verdict }) => verdict !== 'right');
  if (set instanceof Error) {
    // Without the set there is nothing to call with: why is among its own findings.
    const { message } = set;
    const untried = endpoints.map((endpoint) => endpointNotTried(endpoint, { kind: 'error', message }));
    return summarize([...findings, ...untried].map(toRow), { strict });
  }
  const cases = await casesOf(set);
  const silent: string[] = [];
  for (const endpoint of endpoints) {
    const request = requests.get(endpoint.protocol.name) ?? '';
    const proof = { endpoint, set, cases, request, model: options.model, timeoutMs };
    const result = await proveEndpoint(proof);
    findings.push(...result.findings);
    silent.push(...result.silent);
  }
  findings.push(...leftOutOf(set, endpoints));
  return summarize(findings.map(toRow), { strict, silent });
}

const NAMES = [
  ...['set', 'endpoints', 'model', 'timeoutMs', 'strict'],
  ...PROTOCOLS.flatMap(({ name, request }) => (request === undefined ? [name] : [name, request.name])),
];

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` */
function textOption(options: VerifyEndpointOptions, name: 'path' | 'method'): string | undefined {
  const value: unknown = options[name];
  if (value === undefined || typeof value === 'string') return value;
  throw optionInvalid(`the option '${name}' is ${quote(value)}, not text`, `give a ${name} as text`);
}

/** A set to call with, or why there is none, and what its files tell. */
async function readSet(
  from: CertificateSet | string,
): Promise<{ readonly set: CertificateSet | Error; readonly own: readonly Finding[] }> {
  if (typeof from !== 'string') return { set: from, own: [] };
  const own = await folderFindings(from);
  const set = await loadCertificateSet(from).catch((error: unknown) => error as Error);
  return { set, own };
}

function leftOutOf(set: CertificateSet, [first]: readonly Endpoint[]): Finding[] {
  const left = leftOut(set);
  return left === undefined || first === undefined ? [] : [clientsLeftOut(first, left)];
}

function optionInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
