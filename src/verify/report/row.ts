import type { ProtocolName } from '../protocols/index.js';

/**
 * What a case was judged to be.
 *
 * @example
 * ```ts
 * const { rows } = await verifyEndpoint({ set, rest: url });
 * const verdicts: Verdict[] = rows.map(({ verdict }) => verdict);
 * ```
 */
export type Verdict = (typeof VERDICTS)[number];

export const VERDICTS = [
  /** As it must be. */
  'right',
  /** Not as it must be: a hole, or a server that is not what it should be. */
  'wrong',
  /** Not as one would wish, but a matter of policy: wrong where strictness is asked for. */
  'warning',
  /** Nothing can be said. */
  'inconclusive',
] as const;

/**
 * What came of a case.
 *
 * @example
 * ```ts
 * const { rows } = await verifyEndpoint({ set, rest: url });
 * const letIn = rows.filter(({ kind }) => kind === ('let-in' satisfies RowKind));
 * ```
 */
export type RowKind = (typeof ROW_KINDS)[number];

export const ROW_KINDS = [
  /** Of an endpoint, for a client; `another-answer` where it is not what the valid client is answered. */
  ...([
    'let-in',
    'refused',
    'another-answer',
    'not-trusted',
    'no-answer',
    'not-loaded',
    'version-not-spoken',
  ] as const),
  /** Of the endpoint's own certificate. */
  'trusted',
  /** The case was not tried, because nothing could have come of it. */
  'not-tried',
  /** Of the set by itself. */
  ...(['unchanged', 'damaged', 'as-expected', 'not-as-expected', 'time-left'] as const),
  /** Of a client, beside `refused`. */
  ...(['talked-to', 'never-connected', 'shown', 'not-shown', 'another-shown'] as const),
] as const;

/**
 * One case tried, and what came of it: a line of the table, a test case of the JUnit file.
 *
 * @example
 * ```ts
 * const { rows } = await verifyEndpoint({ set, rest: url });
 * const bad = rows.filter((row: Row) => row.verdict === 'wrong');
 * ```
 */
export interface Row {
  /** The endpoint's address, or `set` for the set by itself. */
  readonly subject: string;
  /** The endpoint's, such as `grpc` or `rest`; `set`, or `client` where the client is what is proved. */
  readonly protocol: ProtocolName | 'set' | 'client';
  /** What was tried, in words: `client alice`, `no certificate`, `untrusted expired`, `server.pem`. */
  readonly name: string;
  /** The version of TLS, where the case has one. */
  readonly tls: 'TLSv1.2' | 'TLSv1.3' | null;
  /** Whether it must be so, or depends on how the endpoint is set up. */
  readonly severity: 'must' | 'policy';
  /** What came of it. Branch on this, not on the words. */
  readonly kind: RowKind;
  /** What must come of it, in words. */
  readonly expected: string;
  /** What came of it, in words. */
  readonly observed: string;
  /** By what it was told, in words: a TLS alert, an HTTP or gRPC status, an error. */
  readonly by: string;
  readonly verdict: Verdict;
  /** Why, or what it means, in words; empty where the verdict says it all. */
  readonly note: string;
  readonly milliseconds: number;
  /** The flaw that was tried; absent where the case is none of them. */
  readonly flaw?: string | undefined;
  /** What crossed the wire, a line for each connection; absent where there was none. */
  readonly wire?: readonly string[] | undefined;
}

/**
 * What is said of an endpoint beside its rows.
 *
 * @example
 * ```ts
 * const { notes = [] } = await verifyEndpoint({ set, rest: url });
 * const texts = notes.map(({ subject, text }: ReportNote) => `${subject}: ${text}`);
 * ```
 */
export interface ReportNote {
  /** The endpoint's address, as in {@link Row.subject}. */
  readonly subject: string;
  /** For people: `looked at GET /v2/health/live alone`. */
  readonly text: string;
}

/**
 * All that was found.
 *
 * @example
 * ```ts
 * const report: VerifyReport = await verifyEndpoint({ set, rest: url });
 * console.log(report.result);
 * ```
 */
export interface VerifyReport {
  readonly rows: readonly Row[];
  readonly counts: Readonly<Record<Verdict, number>>;
  /** What was looked at, and what was not, in words; absent where there is nothing to say. */
  readonly notes?: readonly ReportNote[] | undefined;
  /** Endpoints that gave no answer at all. */
  readonly silent: readonly string[];
  /**
   * - `right`: everything that must be right is.
   * - `wrong`: something is not, or could not be told.
   * - `no-answer`: an endpoint gave none, and nothing else was wrong.
   */
  readonly result: 'right' | 'wrong' | 'no-answer';
  /** The command that made it, a word each; absent where the library was called. */
  readonly command?: readonly string[] | undefined;
}
