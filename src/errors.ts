/**
 * What kind of failure a code stands for. The command line turns it into its exit status.
 *
 * - `input`: the request was wrong; nothing was done (exit status 2).
 * - `check`: a certificate or an endpoint is not as it must be (exit status 1).
 * - `environment`: disk, permission, a missing program (exit status 3).
 *
 * @example
 * ```ts
 * const status: Record<ErrorKind, number> = { check: 1, input: 2, environment: 3 };
 * ```
 */
export type ErrorKind = 'input' | 'check' | 'environment';

const KIND_OF_CODE = {
  ERR_ADDRESS_INVALID: 'input',
  ERR_BACKEND_EXPOSED: 'check',
  ERR_CACHE_UNSAFE: 'environment',
  ERR_CA_INVALID: 'input',
  ERR_CA_KEY_MISSING: 'input',
  ERR_CLIENT_CONFLICT: 'input',
  ERR_CONFIGURATION_INVALID: 'input',
  ERR_CONFIG_VALUE: 'input',
  ERR_DURATION_INVALID: 'input',
  ERR_ENDPOINT_INVALID: 'input',
  ERR_FILE_IN_THE_WAY: 'input',
  ERR_FILE_SYSTEM: 'environment',
  ERR_FLAW_UNKNOWN: 'input',
  ERR_FOLDER_UNSAFE: 'environment',
  ERR_IDENTITY_INVALID: 'input',
  ERR_INTERRUPTED: 'environment',
  ERR_JOURNAL_INVALID: 'input',
  ERR_KEY_ELSEWHERE: 'input',
  ERR_KEY_FORMAT: 'input',
  ERR_KEY_MODE_INVALID: 'input',
  ERR_KEY_UNREADABLE: 'environment',
  ERR_KEY_TYPE_UNKNOWN: 'input',
  ERR_KEY_TYPE_UNREADABLE: 'input',
  ERR_LAYOUT_UNKNOWN: 'input',
  ERR_MANIFEST_INVALID: 'input',
  ERR_MODEL_UNKNOWN: 'input',
  ERR_NAME_CONSTRAINTS_EMPTY: 'input',
  ERR_NGINX_FAILED: 'environment',
  ERR_NGINX_MISSING: 'environment',
  ERR_NGINX_UNFIT: 'environment',
  ERR_NOT_IN_SET: 'input',
  ERR_ON_RENEW_FAILED: 'environment',
  ERR_OPTION_INVALID: 'input',
  ERR_OUTSIDE_CONSTRAINTS: 'input',
  ERR_OUT_INVALID: 'input',
  ERR_OWNER_INVALID: 'input',
  ERR_PARTY_CONFLICT: 'input',
  ERR_PASSWORD_INVALID: 'input',
  ERR_PASSWORD_WRONG: 'input',
  ERR_PLATFORM: 'environment',
  ERR_PORT_DENIED: 'environment',
  ERR_PORT_INVALID: 'input',
  ERR_PORT_TAKEN: 'environment',
  ERR_PROGRAM_MISSING: 'environment',
  ERR_REPORT_INVALID: 'input',
  ERR_PROTOCOL_UNKNOWN: 'input',
  ERR_REQUEST_INVALID: 'input',
  ERR_SERVER_FLAGS_INVALID: 'input',
  ERR_SET_DAMAGED: 'input',
  ERR_SET_ENDED: 'input',
  ERR_SET_LOCKED: 'environment',
  ERR_SET_NOT_FOUND: 'input',
  ERR_THREAD_FAILED: 'environment',
  ERR_USAGE: 'input',
} as const satisfies Record<string, ErrorKind>;

/**
 * Every code that a {@link GenerateCertsError} may bear. Codes are stable: branch on them, not on messages.
 *
 * @example
 * ```ts
 * const code: ErrorCode = 'ERR_SET_NOT_FOUND';
 * await loadCertificateSet('nowhere').catch((error) => console.log(error.code === code));
 * ```
 */
export type ErrorCode = keyof typeof KIND_OF_CODE;

/**
 * The one error class of this package.
 *
 * The message names the value that was wrong; the hint says what would be right. Neither ever holds
 * key material.
 *
 * @example
 * ```ts
 * try {
 *   await createCertificateSet({ names: ['a.*.test'] });
 * } catch (error) {
 *   if (error instanceof GenerateCertsError) console.error(error.code, error.hint);
 * }
 * ```
 */
export class GenerateCertsError extends Error {
  override readonly name = 'GenerateCertsError';
  readonly code: ErrorCode;
  /** What to do about it: one line, lower case, no full stop. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }

  /** What kind of failure it is; follows from the code. */
  get kind(): ErrorKind {
    return KIND_OF_CODE[this.code];
  }
}

/**
 * Something worth telling that did not stop the work.
 *
 * @example
 * ```ts
 * const { warnings } = await ensureCertificateSet('certs', { validFor: '2d' });
 * for (const { message, hint } of warnings) console.warn(message, hint);
 * ```
 */
export interface Warning {
  readonly message: string;
  readonly hint: string;
}

const LONGEST_QUOTE = 80;

/**
 * A value as it may stand in a message: in quotes, on one line, cut to a readable length, and with
 * everything that a terminal would not show as itself (controls, invisible and direction-changing
 * characters, lone surrogates) escaped.
 */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : describe(value);
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  const shown = escapeInvisible(cut);
  return typeof value === 'string' ? `'${shown}'` : shown;
}

/** Everything that a terminal would not show as itself, escaped. */
function escapeInvisible(text: string): string {
  // The common case first: tables of Unicode take half a millisecond to set up.
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return character === '\n' ? '\\n' : `\\u{${codePoint.toString(16)}}`;
  });
}

/** A path as it may stand in the middle of a line: as it is, and in quotes where it holds what is not seen. */
export function printable(path: string): string {
  return escapeInvisible(path) === path ? path : quote(path);
}

const LONGEST_FOREIGN = 2000;

/**
 * What another program or another side of a connection wrote, as it may stand behind a label: on one line, with
 * everything that a terminal would not show as itself escaped, and cut.
 */
export function foreignText(text: string, longest = LONGEST_FOREIGN): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return escapeInvisible(cut);
}

function describe(value: unknown): string {
  try {
    return describeReadable(value);
  } catch {
    // A proxy may throw whatever is asked of it.
    return 'a value that cannot be read';
  }
}

function describeReadable(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
