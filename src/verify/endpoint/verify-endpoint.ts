import { GenerateCertsError, quote } from '../../errors.js';
import type { CertificateSet } from '../../pki/set.js';
import { parseGrpcEndpoint, parseRestEndpoint } from '../protocols/endpoint.js';
import { KSERVE_SERVICE } from '../protocols/kserve/messages.js';
import type { VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import { casesOf, leftOut } from './cases.js';
import { clientsLeftOut } from './judge.js';
import { proveEndpoint, type Request } from './prove.js';

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
  /** The set that the endpoint trusts, with its CA. */
  readonly set: CertificateSet;
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
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`, `ERR_OPTION_INVALID` or `ERR_MODEL_UNKNOWN`;
 * what an endpoint does is never an error but a row
 * @example
 * ```ts
 * const report = await verifyEndpoint({ set, rest: url });
 * if (report.result !== 'right') throw new Error(JSON.stringify(report.rows, null, 2));
 * ```
 */
export async function verifyEndpoint(options: VerifyEndpointOptions): Promise<VerifyReport> {
  const { timeoutMs = 5000, strict = false } = options;
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT)) {
    throw optionInvalid(
      `the time limit ${quote(timeoutMs)} is no time for a call`,
      'give milliseconds, such as 5000, up to an hour',
    );
  }
  const endpoints = [
    ...list(options.grpc).map(parseGrpcEndpoint),
    ...list(options.rest).map(parseRestEndpoint),
  ];
  if (endpoints.length === 0) throw optionInvalid('there is no endpoint to verify', 'give grpc: or rest:');
  const request = requestOf(options);
  const cases = await casesOf(options.set);
  const unseen = leftOut(options.set);
  const results = [];
  for (const endpoint of endpoints)
    results.push(await proveEndpoint({ endpoint, cases, request, timeoutMs }));
  const [first] = endpoints;
  const findings = [
    ...results.flatMap((result) => result.findings),
    ...(unseen === undefined || first === undefined ? [] : [clientsLeftOut(first, unseen)]),
  ];
  return summarize(findings.map(toRow), { strict, silent: results.flatMap(({ silent }) => silent) });
}

function requestOf({ path = '/v2/health/live', method, model }: VerifyEndpointOptions): Request {
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw optionInvalid(
      `${quote(path)} is not a path`,
      'a path begins with /, its odd characters percent-encoded',
    );
  }
  // gRPC itself writes it with a slash before the service.
  const called = method?.replace(/^\//, '') ?? `${KSERVE_SERVICE}/ServerLive`;
  if (!/^[\w.]+\/\w+$/.test(called)) {
    throw optionInvalid(
      `${quote(called)} is not a gRPC method`,
      'give service/method, such as grpc.health.v1.Health/Check',
    );
  }
  return { path, method: called, model };
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function optionInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
