import { foreignText } from '../../errors.js';

/**
 * What a case was judged to be.
 *
 * @example
 * ```ts
 * const { rows } = await verifyEndpoint({ set, rest: url });
 * const verdicts: Verdict[] = rows.map(({ verdict }) => verdict);
 * ```
 */
export type Verdict =
  /** As it must be. */
  | 'right'
  /** Not as it must be: a hole, or a server that is not what it should be. */
  | 'wrong'
  /** Not as one would wish, but a matter of policy: wrong where strictness is asked for. */
  | 'warning'
  /** Nothing can be said. */
  | 'inconclusive';

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
  /** `grpc`, `rest`, `set`, or `client` where the client is what is proved. */
  readonly protocol: 'grpc' | 'rest' | 'set' | 'client';
  /** What was tried: `client alice`, `no certificate`, `untrusted expired`, `server.pem`. */
  readonly name: string;
  /** The version of TLS, where the case has one. */
  readonly tls: 'TLSv1.2' | 'TLSv1.3' | null;
  /** Whether it must be so, or depends on how the endpoint is set up. */
  readonly severity: 'must' | 'policy';
  /** What must come of it, in words. */
  readonly expected: string;
  /** What came of it, in words. */
  readonly observed: string;
  /** By what it was told: a TLS alert, an HTTP or gRPC status, an error. */
  readonly by: string;
  readonly verdict: Verdict;
  /** Why, or what it means; empty where the verdict says it all. */
  readonly note: string;
  readonly milliseconds: number;
  /** The flaw that was tried; absent where the case is none of them. */
  readonly flaw?: string | undefined;
  /** What each connection of a client did, a line each; absent where an endpoint is what is proved. */
  readonly wire?: readonly string[] | undefined;
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

/**
 * Sums rows up.
 *
 * @param options.strict whether what is a matter of policy counts as wrong
 */
export function summarize(
  rows: readonly Row[],
  {
    silent = [],
    strict = false,
  }: { readonly silent?: readonly string[]; readonly strict?: boolean | undefined } = {},
): VerifyReport {
  const shown = rows.map(withForeignTextShown);
  const judged = strict
    ? shown.map((row) => (row.verdict === 'warning' ? { ...row, verdict: 'wrong' as const } : row))
    : shown;
  const counts = { right: 0, wrong: 0, warning: 0, inconclusive: 0 };
  for (const { verdict } of judged) counts[verdict]++;
  return { rows: judged, counts, silent, result: resultOf(judged, silent, strict) };
}

/** What an endpoint wrote may stand in these: no report in any form holds it as it came. */
function withForeignTextShown(row: Row): Row {
  return {
    ...row,
    subject: foreignText(row.subject),
    name: foreignText(row.name),
    observed: foreignText(row.observed, LONGEST_TEXT),
    by: foreignText(row.by, LONGEST_TEXT),
    note: foreignText(row.note),
    ...(row.wire !== undefined && { wire: row.wire.map((line) => foreignText(line, LONGEST_TEXT)) }),
  };
}

const LONGEST_TEXT = 300;

function resultOf(rows: readonly Row[], silent: readonly string[], strict: boolean): VerifyReport['result'] {
  // That this side cannot load a certificate is nothing that the endpoint could mend; that it did not
  // answer is.
  const required = ({ severity, observed }: Row) =>
    severity === 'must' || (strict && observed !== NOT_LOADED && observed !== NOT_TRIED);
  const unproved = (row: Row) =>
    row.verdict === 'inconclusive' && required(row) && !silent.includes(row.subject);
  if (rows.some((row) => row.verdict === 'wrong' || unproved(row))) return 'wrong';
  return silent.length > 0 ? 'no-answer' : 'right';
}

/** What was observed of a case that was not tried, because nothing could have come of it. */
export const NOT_TRIED = 'not tried';

/** What was observed of a certificate that this side's own TLS library would not load. */
export const NOT_LOADED = 'nothing was sent';
