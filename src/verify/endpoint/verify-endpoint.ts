import { GenerateCertsError, quote } from '../../errors.js';
import { requireSet } from '../../pki/given-set.js';
import type { CertificateSet } from '../../pki/set.js';
import { loadReadableSet } from '../../store/manifest/load.js';
import type { Finding, Subject } from '../report/finding.js';
import type { ReportNote, VerifyReport } from '../report/row.js';
import { summarize } from '../report/summary.js';
import { toRow } from '../report/to-row.js';
import { folderFindings } from '../set/verify-set.js';
import { casesOf, findCallers, keylessOf, leftOut } from './cases.js';
import { clientsLeftOut, clientUnreadable, endpointNotTried } from './judge.js';
import { readEndpointOptions, type VerifyEndpointOptions } from './options.js';
import { Patience } from './patience.js';
import type { Proof } from './proof.js';
import { proveEndpoint } from './prove.js';

/**
 * Proves a live endpoint: makes a real call for the valid clients, for no certificate, without TLS, and
 * for every flaw of the catalogue, and judges what comes of each. A refusal is one only where the valid
 * client was let in by the same endpoint in the same run.
 *
 * @throws {@link GenerateCertsError} `ERR_ENDPOINT_INVALID`, `ERR_OPTION_INVALID`, `ERR_NOT_IN_SET` or
 * `ERR_MODEL_UNKNOWN`; where a folder is given, `ERR_SET_NOT_FOUND` and what {@link verifyCertificateSet} throws; what an
 * endpoint does is never an error but a row
 * @example
 * ```ts
 * const report = await verifyEndpoint({ set, url });
 * if (report.result !== 'right') throw new Error(JSON.stringify(report.rows, null, 2));
 * ```
 */
export async function verifyEndpoint(given: VerifyEndpointOptions): Promise<VerifyReport> {
  const options = readEndpointOptions(given);
  const { endpoints, strict, timeoutMs, model, serverCa, revokeIn } = options;
  const from = typeof options.set === 'string' ? options.set : requireSet(options.set);
  const { set, own, unreadable } = await readSet(from);
  const findings = own.filter(({ verdict }) => verdict !== 'right');
  if (set instanceof Error) {
    // Without the set there is nothing to call with: why is among its own findings.
    const { message } = set;
    const untried = endpoints.map((endpoint) => endpointNotTried(endpoint, { kind: 'error', message }));
    return summarize([...findings, ...untried].map(toRow), { strict });
  }
  const clients = findCallers(set, options.clients);
  const refused = findCallers(set, options.refused);
  checkApart(clients, refused);
  const cases = await casesOf(set, { clients, refused, serverCa });
  const onWork = progressOf(options.onProgress);
  const silent: string[] = [];
  const notes: ReportNote[] = [];
  for (const endpoint of endpoints) {
    const asked = options.requests.get(endpoint.protocol.name) ?? NO_REQUESTS;
    const proof: Proof = {
      endpoint,
      set,
      cases,
      ...asked,
      model,
      timeoutMs,
      revokeIn,
      onWork,
      patience: new Patience(),
    };
    const result = await proveEndpoint(proof);
    findings.push(...result.findings);
    silent.push(...result.silent);
    notes.push(...result.notes.map((text) => ({ subject: endpoint.address, text })));
  }
  const [first] = endpoints;
  const left = leftOut(set, clients);
  if (first !== undefined) {
    findings.push(...unreadable.map(([client, problem]) => clientUnreadable(first, client, problem)));
    if (left !== undefined) findings.push(clientsLeftOut(first, left));
  }
  return summarize(findings.map(toRow), { strict, silent, notes });
}

function checkApart(clients: readonly string[], refused: readonly string[]): void {
  const both = clients.find((name) => refused.includes(name));
  if (both === undefined) return;
  throw new GenerateCertsError(
    'ERR_OPTION_INVALID',
    `${quote(both)} cannot be both let in and refused`,
    "name it as 'client' or as 'refused'",
  );
}

const NO_REQUESTS = { request: '', fallback: undefined, more: [] };

/** A client that cannot be called with, and why. */
type Unreadable = readonly [client: Subject, problem: string];

/** A set to call with, or why there is none, and what its files tell. */
async function readSet(from: CertificateSet | string): Promise<{
  readonly set: CertificateSet | Error;
  readonly own: readonly Finding[];
  readonly unreadable: readonly Unreadable[];
}> {
  if (typeof from !== 'string') return { set: from, own: [], unreadable: keyless(from) };
  const own = await folderFindings(from);
  try {
    const { set, unreadable } = await loadReadableSet(from);
    const parties = unreadable
      .filter(({ role }) => role === 'client' || role === 'peer')
      .map(({ role, name, problem }): Unreadable => [{ kind: 'client', role, name }, problem]);
    return { set, own, unreadable: [...parties, ...keyless(set)] };
  } catch (error) {
    return { set: error as Error, own, unreadable: [] };
  }
}

function keyless(set: CertificateSet): Unreadable[] {
  return keylessOf(set).map((client) => [client, 'this user may not read its key']);
}

function progressOf(onProgress: VerifyEndpointOptions['onProgress']): Proof['onWork'] {
  if (onProgress === undefined) return undefined;
  let done = 0;
  let total = 0;
  return (more, tried) => {
    total += more;
    done += tried;
    onProgress({ of: 'cases', done, total });
  };
}
