/**
 * What a finding is about. The words of its message may change; its kind does not.
 *
 * @example
 * ```ts
 * const kind: FindingKind = 'key-mismatch';
 * const { findings } = await checkServerFlags(['ovms', '--grpc_key_path=server.key']);
 * console.log(findings.some((finding) => finding.kind === kind));
 * ```
 */
export type FindingKind =
  | 'server-unknown'
  | 'no-tls'
  | 'served'
  | 'no-client-certificate'
  | 'value-missing'
  | 'value-invalid'
  | 'given-twice'
  | 'pair-incomplete'
  | 'ca-alone'
  | 'ca-missing'
  | 'flag-ignored'
  | 'rest-tls-refused'
  | 'rest-plaintext'
  | 'port-missing'
  | 'file-missing'
  | 'file-irregular'
  | 'file-empty'
  | 'file-too-large'
  | 'file-unreadable'
  | 'config-invalid'
  | 'byte-order-mark'
  | 'utf-16'
  | 'der'
  | 'key-encrypted'
  | 'key-invalid'
  | 'key-readable-by-others'
  | 'key-mismatch'
  | 'key-type'
  | 'certificate-invalid'
  | 'chain-order'
  | 'intermediate-missing'
  | 'issuer-unknown'
  | 'ended'
  | 'not-begun'
  | 'wrong-usage'
  | 'not-a-ca';

/**
 * One thing found about a model server's TLS flags.
 *
 * @example
 * ```ts
 * const { findings } = await checkServerFlags(['ovms', '--grpc_key_path', 'certs/grpc/server.key']);
 * const wrong: FlagFinding[] = findings.filter(({ verdict }) => verdict === 'wrong');
 * ```
 */
export interface FlagFinding {
  /** What it is about, in a word that stays the same. */
  readonly kind: FindingKind;
  /** The flag it is about; empty for the command line as a whole. */
  readonly flag: string;
  readonly verdict: 'right' | 'wrong' | 'warning';
  readonly message: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly hint: string;
}

export function wrong(kind: FindingKind, flag: string, message: string, hint: string): FlagFinding {
  return { kind, flag, verdict: 'wrong', message, hint };
}

export function warning(kind: FindingKind, flag: string, message: string, hint: string): FlagFinding {
  return { kind, flag, verdict: 'warning', message, hint };
}

/** How a side of a server is served. */
export type ServedMode = 'plaintext' | 'tls' | 'mutual-tls';

/** That a side is served as its flags say, and what is to be said of TLS without client certificates. */
export function servedFindings(
  side: string,
  mode: Exclude<ServedMode, 'plaintext'>,
  flag: string,
  caFlag: string,
): FlagFinding[] {
  const found: FlagFinding = {
    kind: 'served',
    flag,
    verdict: 'right',
    message: `${side} will be served with ${mode === 'tls' ? 'TLS' : 'mutual TLS'}`,
    hint: '',
  };
  if (mode === 'mutual-tls') return [found];
  const message = `without ${caFlag} no client certificate is asked for: anybody gets in`;
  return [found, warning('no-client-certificate', caFlag, message, `give ${caFlag} for mutual TLS`)];
}
