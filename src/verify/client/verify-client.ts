import { basename } from 'node:path';
import { GenerateCertsError, printable, quote } from '../../errors.js';
import type { ClientCredential } from '../../pki/credential.js';
import type { CertificateSet } from '../../pki/set.js';
import { runBounded } from '../../util/bounded.js';
import type { Finding } from '../report/finding.js';
import type { VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import type { Caller } from './command.js';
import {
  type CallEnd,
  type ClientAttempt,
  certificateFinding,
  findingOfAttempt,
  NOT_IN_TIME,
  notTriedFinding,
  talked,
} from './judge.js';
import { checkClientOptions, type VerifyClientOptions } from './options.js';
import { urlOf } from './protocols/index.js';
import type { ServedProtocol } from './protocols/protocol.js';
import { quoteSaid } from './said.js';
import { type ServerCase, serverCases } from './servers.js';
import { startWitness } from './witness.js';

/**
 * Proves that a client talks to the right server and refuses the bad ones: one for each flaw of
 * {@link SERVER_FLAWS}, one that speaks TLS 1.1 and one that speaks no TLS, all on loopback. It is judged by what
 * crossed the wire: a request that was sent after the handshake was meant for that server. How a call ends is
 * evidence only. Until the right server was talked to, everything is inconclusive.
 *
 * @throws {@link GenerateCertsError} `ERR_OPTION_INVALID`, `ERR_FLAW_UNKNOWN`, `ERR_NOT_IN_SET`,
 * `ERR_PROTOCOL_UNKNOWN`, `ERR_PROGRAM_MISSING` or `ERR_PORT_TAKEN`
 * @example
 * ```ts
 * const { result, rows } = await verifyClient({
 *   set,
 *   call: ({ url, ca }) => undici.fetch(url, { dispatcher: new undici.Agent({ connect: { ca } }) }),
 * });
 * console.log(result, rows.filter(({ verdict }) => verdict === 'wrong'));
 * ```
 */
export async function verifyClient(options: VerifyClientOptions): Promise<VerifyReport> {
  const checked = checkClientOptions(options);
  const { set } = checked;
  const client = set.clients.find(
    ({ certificate, hasPrivateKey }) => hasPrivateKey && set.revokedAt(certificate) === undefined,
  );
  if (checked.mutual && client === undefined) {
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      'the set has no client whose certificate could be shown',
      "make one: generate-certs client alice, or clients: ['alice']",
    );
  }
  const [right, ...flawed] = await serverCases(set);
  const tried = flawed.filter(({ name }) => checked.flaws === undefined || checked.flaws.includes(name));
  const { call, remove } = await callerOf(checked, set, client);
  const subject =
    checked.command === undefined ? 'client' : `client ${printable(basename(checked.command[0] ?? ''))}`;
  const attempt = (server: ServerCase) =>
    attemptOf(server, call, { set, client, timeoutMs: checked.timeoutMs, protocol: checked.protocol });
  const findingOf = (done: ClientAttempt) =>
    findingOfAttempt(subject, done, checked.accepted.includes(done.server.name));
  try {
    const control = await attempt(right);
    const findings: Finding[] = [findingOf(control)];
    if (!talked(control)) {
      const untried = tried.map((server) => notTriedFinding(subject, server));
      const silent = control.contacts.length === 0 ? [subject] : [];
      return summarize([...findings, ...untried].map(toRow), { silent, strict: checked.strict });
    }
    const shown = control.contacts.some(({ clientCertificate }) => clientCertificate !== undefined);
    if (client !== undefined && (shown || checked.mutual)) {
      findings.push(certificateFinding(subject, control, client.certificate.sha256));
    }
    const attempts = await runBounded(
      tried.map((server) => () => attempt(server)),
      checked.jobs,
    );
    return summarize([...findings, ...attempts.map(findingOf)].map(toRow), { strict: checked.strict });
  } finally {
    await remove();
  }
}

async function callerOf(
  { call, command }: ReturnType<typeof checkClientOptions>,
  set: CertificateSet,
  client: ClientCredential | undefined,
): Promise<{ call: Caller; remove: () => Promise<void> }> {
  if (command !== undefined) {
    // Only who runs commands loads what watches over them.
    const { commandCaller } = await import('./command.js');
    return commandCaller(command, set, client);
  }
  return {
    call: async (target, signal) => {
      try {
        await call?.({ ...target, signal });
        return { succeeded: true, cause: { kind: 'done' } };
      } catch (error) {
        return { succeeded: false, cause: { kind: 'failed', said: describeError(error) } };
      }
    },
    remove: async () => undefined,
  };
}

/** A client's own words for its failure; the reason stands in its cause, as `fetch` has it. */
function describeError(error: unknown): string {
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string') return printable(code);
  if (cause !== undefined && cause !== null) return describeError(cause);
  return typeof message === 'string' ? quoteSaid(message) : quote(error);
}

/** How long a call whose time is over may take to end, in milliseconds. */
const LAST_MOMENTS = 2000;

/** What every call is made with. */
interface Calling {
  readonly set: CertificateSet;
  readonly client: ClientCredential | undefined;
  readonly timeoutMs: number;
  readonly protocol: ServedProtocol;
}

async function attemptOf(
  server: ServerCase,
  call: Caller,
  { set, client, timeoutMs, protocol }: Calling,
): Promise<ClientAttempt> {
  const witness = await startWitness(server.tls, { protocol, ocspResponse: server.ocspResponse });
  const abort = new AbortController();
  const timers = [setTimeout(() => abort.abort(), timeoutMs)];
  const begun = performance.now();
  try {
    const { host } = server;
    const { port } = witness;
    const ca = set.trustedPem;
    const tlsOptions = client === undefined ? { ca } : client.tlsOptions();
    const late = new Promise<CallEnd>((resolve) => {
      timers.push(setTimeout(() => resolve(NOT_IN_TIME), timeoutMs + LAST_MOMENTS));
    });
    const target = { url: urlOf(protocol, host, port), host, port, ca, tlsOptions };
    const end = await Promise.race([call(target, abort.signal), late]);
    const milliseconds = Math.round(performance.now() - begun);
    await witness.settle();
    return { server, contacts: [...witness.contacts], end, milliseconds };
  } finally {
    timers.forEach(clearTimeout);
    witness.close();
  }
}
