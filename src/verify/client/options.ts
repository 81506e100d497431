import { GenerateCertsError, quote } from '../../errors.js';
import type { ClientTlsOptions } from '../../pki/credential-options.js';
import { requireSet } from '../../pki/given-set.js';
import type { CertificateSet } from '../../pki/set.js';
import { checkFlag, readOptions, readTexts, textOf } from '../../util/options.js';
import { hintForUnknown } from '../../util/suggest.js';
import { servedProtocol } from './protocols/index.js';
import { CLIENT_CASE_NAMES } from './servers.js';

/**
 * Where one call goes, and what it may come with.
 *
 * @example
 * ```ts
 * const call = ({ url, ca, signal }: ClientTarget) =>
 *   undici.fetch(url, { dispatcher: new undici.Agent({ connect: { ca } }), signal });
 * await verifyClient({ set, call });
 * ```
 */
export interface ClientTarget {
  /** `https://localhost:40123/`, or with the scheme of the protocol: `postgres://localhost:40123`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The CA to trust, in PEM. */
  readonly ca: string;
  /** The CA, and the certificate and key of the set's first client where it has one. */
  readonly tlsOptions: Partial<ClientTlsOptions> & { ca: string };
  /** Aborted when the call's time is over. */
  readonly signal: AbortSignal;
}

/**
 * How a client is proved. Either `call` or `command` is given.
 *
 * @example
 * ```ts
 * const options: VerifyClientOptions = { set, command: ['curl', '--cacert', '{ca}', '{url}'] };
 * const { result } = await verifyClient(options);
 * ```
 */
export interface VerifyClientOptions {
  readonly set: CertificateSet;
  /** The code under test: makes one request to the server that it is given, and fails where that fails. */
  readonly call?: ((target: ClientTarget) => Promise<unknown>) | undefined;
  /** A program and its arguments, with `{url}`, `{host}`, `{port}`, `{ca}`, `{cert}`, `{key}` in them. */
  readonly command?: readonly string[] | undefined;
  /**
   * What the servers speak: `https` (with gRPC by ALPN), `grpc`, `postgres`, `mysql`, `redis`, `nats`, `ldap`, `ldaps`, `smtp`,
   * `smtps`, `mqtt`, `amqp`, `mongodb`, `kafka`, or `tls` for any other whose TLS comes first.
   * @default 'https'
   */
  readonly protocol?: string | undefined;
  /** Flaws that are tried; all when absent. */
  readonly flaws?: readonly string[] | undefined;
  /** Flaws that it is decided to accept. */
  readonly accepted?: readonly string[] | undefined;
  /**
   * The client must show its certificate. A command that has `{cert}` or `{key}` must in any case.
   * @default false
   */
  readonly mutual?: boolean | undefined;
  /**
   * How many calls are made side by side.
   * @default 4
   */
  readonly jobs?: number | undefined;
  /**
   * The bound on each call, in milliseconds.
   * @default 10000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * What is a matter of policy fails too.
   * @default false
   */
  readonly strict?: boolean | undefined;
}

const NAMES = [
  ...['set', 'call', 'command', 'protocol', 'flaws', 'accepted', 'mutual', 'jobs', 'timeoutMs', 'strict'],
] as const;
const EXAMPLE = "{ set, command: ['curl', '--cacert', '{ca}', '{url}'] }";
const MOST_JOBS = 64;
const LONGEST_TIMEOUT = 3_600_000;

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`, `ERR_FLAW_UNKNOWN` or `ERR_PROTOCOL_UNKNOWN` */
export function checkClientOptions(options: VerifyClientOptions) {
  const given = readOptions(options, NAMES, EXAMPLE);
  const { call, jobs = 4, timeoutMs = 10_000 } = given;
  const command =
    given.command === undefined
      ? undefined
      : readTexts("the option 'command'", given.command, "['curl', '{url}']");
  const { accepted, flaws } = readCases(given);
  if ((call === undefined) === (command === undefined)) {
    throw invalid("give one of the options 'call' and 'command'", `such as ${EXAMPLE}`);
  }
  if (command !== undefined && (command[0] ?? '') === '') {
    throw invalid("the option 'command' is empty", `give a program and its arguments: ${EXAMPLE}`);
  }
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS) {
    throw invalid(`the option 'jobs' is ${quote(jobs)}`, `give a whole number from 1 to ${MOST_JOBS}`);
  }
  if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT)) {
    throw invalid(
      `the time limit ${quote(timeoutMs)} is no time for a call`,
      'give milliseconds, up to an hour',
    );
  }
  if (call !== undefined && typeof call !== 'function') {
    throw invalid(`the option 'call' is ${quote(call)}, not a function`, 'give the code under test');
  }
  const mutual = checkFlag('mutual', given.mutual ?? false);
  const shows = command?.some((word) => /\{(cert|key)\}/.test(word)) === true;
  const strict = checkFlag('strict', given.strict ?? false);
  const protocol = servedProtocol(given.protocol);
  const set = requireSet(given.set);
  return { set, call, command, protocol, flaws, accepted, jobs, timeoutMs, strict, mutual: mutual || shows };
}

/**
 * Which cases are tried, and which may be accepted.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` or `ERR_FLAW_UNKNOWN`
 */
export function readCases(given: { readonly flaws?: unknown; readonly accepted?: unknown }): {
  readonly flaws: readonly string[] | undefined;
  readonly accepted: readonly string[];
} {
  const list = (name: string, value: unknown) => readTexts(`the option '${name}'`, value, "['expired']");
  const flaws = given.flaws === undefined ? undefined : list('flaws', given.flaws);
  const accepted = given.accepted === undefined ? [] : list('accepted', given.accepted);
  checkCaseNames([...(flaws ?? []), ...accepted]);
  return { flaws, accepted };
}

/** @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN` */
function checkCaseNames(names: readonly string[]): void {
  for (const name of names) {
    if (CLIENT_CASE_NAMES.includes(name)) continue;
    const hint = hintForUnknown(textOf(name), CLIENT_CASE_NAMES);
    throw new GenerateCertsError('ERR_FLAW_UNKNOWN', `${quote(name)} is not a server's flaw`, hint);
  }
}

function invalid(message: string, hint: string): GenerateCertsError {
  return new GenerateCertsError('ERR_OPTION_INVALID', message, hint);
}
