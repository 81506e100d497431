import { GenerateCertsError, quote } from '../../errors.js';
import type { CertificateSet } from '../../pki/set.js';
import { runBounded } from '../../util/bounded.js';
import { type Endpoint, parseGrpcEndpoint, parseRestEndpoint } from '../protocols/endpoint.js';
import { callGrpc } from '../protocols/grpc.js';
import { KSERVE_SERVICE } from '../protocols/kserve/messages.js';
import { tryModel } from '../protocols/kserve/model.js';
import { callRest } from '../protocols/rest.js';
import { type Row, summarize, type VerifyReport } from '../report/row.js';
import { CLOSED, type Outcome } from '../wire/outcome.js';
import { loadClient, speaks, TLS_VERSIONS, type TlsVersion } from '../wire/tls.js';
import { type Case, casesOf, leftOut } from './cases.js';
import { type Attempt, notTried, rowOf, serverRow, unseenRow } from './judge.js';

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

/** How many cases run side by side. */
const MOST_AT_ONCE = 8;

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
  return summarize(
    [
      ...results.flatMap(({ rows }) => rows),
      ...(unseen === undefined ? [] : [unseenRow(endpoints[0], unseen)]),
    ],
    { strict, silent: results.flatMap(({ silent }) => silent) },
  );
}

interface Request {
  readonly path: string;
  readonly method: string;
  readonly model: string | undefined;
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

interface Proof {
  readonly endpoint: Endpoint;
  readonly cases: readonly Case[];
  readonly request: Request;
  readonly timeoutMs: number;
}

async function proveEndpoint(proof: Proof): Promise<{ rows: Row[]; silent: string[] }> {
  const { endpoint, cases } = proof;
  const first = cases.find(({ expected }) => expected === 'let-in');
  if (first === undefined) {
    return {
      rows: cases.map((tried) => notTried(endpoint, tried, 'the set has no valid client')),
      silent: [],
    };
  }
  const openings = await openEndpoint(proof, first);
  const opened = openings.filter(({ outcome }) => outcome.kind === 'let-in');
  const others = cases.filter((tried) => tried !== first);
  if (opened.length === 0) {
    const silent = openings.some(({ outcome }) => outcome.kind === 'no-answer') ? [endpoint.address] : [];
    const told = openings.filter(({ outcome }) => outcome.kind !== 'version');
    const rows = (told.length > 0 ? told : openings).slice(0, 1).map((opening) => rowOf(endpoint, opening));
    const reason = 'the valid client was not let in';
    return { rows: [...rows, ...others.map((tried) => notTried(endpoint, tried, reason))], silent };
  }
  const versions = opened.flatMap(({ tls }) => tls ?? []);
  const work = others.flatMap((tried): [Case, TlsVersion | null][] =>
    tried.material === undefined ? [[tried, null]] : versions.map((tls) => [tried, tls]),
  );
  const attempts = await runBounded(
    work.map(
      ([tried, tls]) =>
        () =>
          attempt(proof, tried, tls),
    ),
    MOST_AT_ONCE,
  );
  const settled = await settleClosed(proof, first, versions, attempts);
  const spoken = openings.filter(({ outcome }) => outcome.kind !== 'version');
  const rows = [...spoken, ...settled].map((done) => rowOf(endpoint, done));
  return {
    rows: [serverRow(endpoint), ...rows, ...(await modelRows(proof, first, versions[0] ?? null))],
    silent: [],
  };
}

/** Tries the first valid client with each version of TLS, and tells which the endpoint speaks. */
async function openEndpoint(proof: Proof, first: Case): Promise<Attempt[]> {
  const openings = await Promise.all(TLS_VERSIONS.map((tls) => attempt(proof, first, tls)));
  if (!openings.some(({ outcome }) => outcome.kind === 'let-in')) return openings;
  // Where one version is spoken, another may be turned away without the alert that says so.
  return Promise.all(
    openings.map(async (opening): Promise<Attempt> => {
      const { outcome, tls } = opening;
      if (outcome.kind !== 'refused' || tls === null || first.material === undefined) return opening;
      const loaded = loadClient({ ca: first.material.ca }, tls);
      if ('outcome' in loaded || (await speaks(proof.endpoint, loaded.context, proof.timeoutMs)))
        return opening;
      return { ...opening, outcome: { ...outcome, kind: 'version' } };
    }),
  );
}

/**
 * A connection that just closes is how some servers refuse, and how all of them fail. Those cases are
 * tried again one at a time, where no limit on connections is in the way, and the valid client after
 * them: if it is not let in any more, the endpoint failed, and its closing says nothing.
 */
async function settleClosed(
  proof: Proof,
  first: Case,
  versions: readonly TlsVersion[],
  attempts: readonly Attempt[],
): Promise<Attempt[]> {
  const closed = ({ outcome }: Attempt) => outcome.kind === 'refused' && outcome.by === CLOSED.by;
  const settled: Attempt[] = [];
  for (const done of attempts) {
    settled.push(closed(done) ? await attempt(proof, done.tried, done.tls) : done);
  }
  if (!settled.some(closed)) return settled;
  const after = await Promise.all(versions.map((tls) => attempt(proof, first, tls)));
  const alive = after.every(({ outcome }) => outcome.kind === 'let-in');
  if (alive) return settled;
  const by = `${CLOSED.by}, and the valid client is not let in any more`;
  return settled.map((done) => (closed(done) ? { ...done, outcome: { kind: 'no-answer', by } } : done));
}

/** Tries one case, with one version of TLS or without TLS. */
async function attempt(proof: Proof, tried: Case, tls: TlsVersion | null): Promise<Attempt> {
  const begun = performance.now();
  const outcome = await outcomeOfCase(proof, tried, tls);
  return { tried, tls, outcome, milliseconds: Math.round(performance.now() - begun) };
}

async function outcomeOfCase(
  { endpoint, request, timeoutMs }: Proof,
  { material }: Case,
  tls: TlsVersion | null,
): Promise<Outcome> {
  const loaded = material === undefined || tls === null ? { context: undefined } : loadClient(material, tls);
  if ('outcome' in loaded) return loaded.outcome;
  const { outcome } =
    endpoint.protocol === 'grpc'
      ? await callGrpc(endpoint, loaded.context, { method: request.method }, timeoutMs)
      : await callRest(endpoint, loaded.context, { path: request.path }, timeoutMs);
  // A server that answers plaintext in TLS, or in no way that makes sense, serves nobody without TLS.
  if (tls === null && outcome.kind === 'wrong-server') return { kind: 'refused', by: 'not plaintext' };
  return outcome;
}

async function modelRows(
  { endpoint, request, timeoutMs }: Proof,
  { material, name }: Case,
  tls: TlsVersion | null,
): Promise<Row[]> {
  if (request.model === undefined || material === undefined || tls === null) return [];
  const loaded = loadClient(material, tls);
  if ('outcome' in loaded) return [];
  const begun = performance.now();
  const steps = await tryModel(endpoint, loaded.context, request.model, timeoutMs);
  const milliseconds = Math.round(performance.now() - begun);
  return steps.map((step) => {
    const tried = {
      name: `${name}, ${step.name} of ${request.model}`,
      expected: 'let-in',
      severity: 'must',
    } as const;
    return rowOf(endpoint, { tried: { ...tried, hole: '' }, tls, outcome: step.outcome, milliseconds });
  });
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function optionInvalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
