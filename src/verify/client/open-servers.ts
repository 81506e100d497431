import { GenerateCertsError, quote } from '../../errors.js';
import { requireSet } from '../../pki/given-set.js';
import type { CertificateSet } from '../../pki/set.js';
import { readOptions } from '../../util/options.js';
import type { Finding } from '../report/finding.js';
import type { Row, VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import { type Contact, sameness } from './contact.js';
import { certificateFinding, findingOfAttempt, talked } from './judge.js';
import { readCases } from './options.js';
import { servedProtocol, urlOf } from './protocols/index.js';
import { RIGHT, type ServerCase, serverCases } from './servers.js';
import { startWitness, type Witness } from './witness.js';

/**
 * Which servers are kept up for clients that someone else runs.
 *
 * @example
 * ```ts
 * const options: ClientServersOptions = { set, flaws: ['expired'], ports: [9443] };
 * const servers = await openClientServers(options);
 * servers.close();
 * ```
 */
export interface ClientServersOptions {
  readonly set: CertificateSet;
  /**
   * What the servers speak, as in {@link VerifyClientOptions}.
   * @default 'https'
   */
  readonly protocol?: string | undefined;
  /** Flaws that have a server; all when absent. The right server is always there. */
  readonly flaws?: readonly string[] | undefined;
  /** Flaws that it is decided to accept. */
  readonly accepted?: readonly string[] | undefined;
  /** A port for each server, the right one's first; or the first port alone. Free ones when absent. */
  readonly ports?: readonly number[] | undefined;
  /**
   * What is a matter of policy fails too.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /** Called when a connection sends its request, or ends without one. */
  readonly onContact?: ((contact: ClientContact) => void) | undefined;
}

/**
 * What one connection of a client did.
 *
 * @example
 * ```ts
 * const onContact = ({ callerPort, row }: ClientContact) => console.log(callerPort, row.name, row.verdict);
 * const servers = await openClientServers({ set, onContact });
 * servers.close();
 * ```
 */
export interface ClientContact {
  readonly at: Date;
  /** The port that the client called from: it tells clients apart. */
  readonly callerPort: number;
  /** This connection alone, judged. */
  readonly row: Row;
}

/**
 * Servers that are up.
 *
 * @example
 * ```ts
 * const servers: ClientServers = await openClientServers({ set });
 * console.log(servers.servers.map(({ name, url }) => `${name} ${url}`));
 * servers.close();
 * ```
 */
export interface ClientServers {
  /** The right one first. */
  readonly servers: readonly {
    readonly name: string;
    readonly url: string;
    readonly port: number;
    /** What a client must do. */
    readonly expected: string;
  }[];
  /** What was seen so far. A server that was not called proves nothing. */
  readonly report: () => VerifyReport;
  /** Stops the servers. */
  readonly close: () => void;
}

/** What a server has seen: connections that did the same are kept once. */
interface Kept {
  readonly server: ServerCase;
  readonly witness: Witness;
  readonly contacts: Map<string, Contact>;
}

const NAMES = ['set', 'protocol', 'flaws', 'accepted', 'strict', 'ports', 'onContact'];

/**
 * Starts the servers of {@link verifyClient} and keeps them up, for clients that cannot be run from here: browsers,
 * phones, IDEs. They are judged in the same way.
 *
 * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`, `ERR_PROTOCOL_UNKNOWN`, `ERR_PORT_INVALID`, `ERR_PORT_TAKEN` or `ERR_PORT_DENIED`
 * @example
 * ```ts
 * const servers = await openClientServers({ set });
 * for (const { url } of servers.servers) await fetch(url).catch(() => undefined);
 * console.log(servers.report().result);
 * servers.close();
 * ```
 */
export async function openClientServers(given: ClientServersOptions): Promise<ClientServers> {
  const options = readOptions(given, NAMES, '{ set }');
  const set = requireSet(options.set);
  const { strict, onContact } = options;
  const { flaws, accepted } = readCases(options);
  const protocol = servedProtocol(options.protocol);
  const all = await serverCases(set);
  const cases = all.filter(({ name }) => name === RIGHT || flaws === undefined || flaws.includes(name));
  const ports = portsFor(cases.length, options.ports);
  const kept: Kept[] = [];
  const findingOf = (server: ServerCase, contacts: readonly Contact[]) =>
    findingOfAttempt('client', { server, contacts, ...UNKNOWN_END }, accepted.includes(server.name));
  const close = () => {
    for (const { witness } of kept) witness.close();
  };
  try {
    for (const [index, server] of cases.entries()) {
      const contacts = new Map<string, Contact>();
      const witness = await startWitness(server.tls, {
        protocol,
        port: ports?.[index],
        ocspResponse: server.ocspResponse,
        onContact: (contact) => {
          contacts.set(sameness(contact), contact);
          const row = toRow(findingOf(server, [contact]));
          onContact?.({ at: new Date(), callerPort: contact.callerPort, row });
        },
      });
      kept.push({ server, witness, contacts });
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    servers: kept.map(({ server: { name, host }, witness: { port } }) => ({
      name,
      url: urlOf(protocol, host, port),
      port,
      expected: name === RIGHT || accepted.includes(name) ? 'talk to it' : 'refuse it',
    })),
    report: () => reportOf(kept, set, strict, findingOf),
    close,
  };
}

const UNKNOWN_END = {
  end: { succeeded: undefined, cause: { kind: 'not-seen' } },
  milliseconds: 0,
} as const;

function reportOf(
  kept: readonly Kept[],
  set: CertificateSet,
  strict: boolean | undefined,
  findingOf: (server: ServerCase, contacts: readonly Contact[]) => Finding,
): VerifyReport {
  const seen = kept.map(({ server, contacts }) => ({ server, contacts: [...contacts.values()] }));
  const [control, ...flawed] = seen;
  if (control === undefined) throw new TypeError('there is always a right server');
  const attempt = { ...control, ...UNKNOWN_END };
  const findings = [findingOf(control.server, control.contacts)];
  const client = set.clients.find(
    ({ certificate, hasPrivateKey }) => hasPrivateKey && set.revokedAt(certificate) === undefined,
  );
  if (
    client !== undefined &&
    control.contacts.some(({ clientCertificate }) => clientCertificate !== undefined)
  ) {
    findings.push(certificateFinding('client', attempt, client.certificate.sha256));
  }
  for (const { server, contacts } of flawed) {
    const finding = findingOf(server, contacts);
    // A client that talks to no server at all refuses nothing.
    const proved = talked(attempt) || finding.verdict !== 'right';
    findings.push(
      proved ? finding : { ...finding, verdict: 'inconclusive', note: { kind: 'right-not-talked-to' } },
    );
  }
  const silent = seen.every(({ contacts }) => contacts.length === 0) ? ['client'] : [];
  return summarize(findings.map(toRow), { silent, strict });
}

const LARGEST_PORT = 65_535;

/** @throws {@link GenerateCertsError} `ERR_PORT_INVALID` */
function portsFor(count: number, given: readonly number[] | undefined): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const [first = 0] = given;
  const ports = given.length === 1 ? Array.from({ length: count }, (_, index) => first + index) : given;
  const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > LARGEST_PORT);
  if (wrong !== undefined) {
    throw new GenerateCertsError(
      'ERR_PORT_INVALID',
      `${quote(wrong)} is not a port`,
      `give ports from 1 to ${LARGEST_PORT}`,
    );
  }
  if (ports.length !== count || new Set(ports).size !== count) {
    throw new GenerateCertsError(
      'ERR_PORT_INVALID',
      `${given.length} ports are given for ${count} servers, or one of them twice`,
      'give the first port alone, or a different one for each server',
    );
  }
  return ports;
}
