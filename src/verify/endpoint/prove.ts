import { runBounded } from '../../util/bounded.js';
import type { Finding } from '../report/finding.js';
import type { TlsVersion } from '../wire/tls.js';
import { type AddressedEndpoint, addressesOf } from './addresses.js';
import { type Attempt, attempt } from './attempt.js';
import type { Case } from './cases.js';
import { findingOf, notTried, serverFinding } from './judge.js';
import { modelFindings } from './model.js';
import { notesOf } from './notes.js';
import { type Opening, openEndpoint } from './open.js';
import { Patience } from './patience.js';
import { PROBES } from './probes/index.js';
import { revocationFindings } from './probes/revocation.js';
import { MOST_AT_ONCE, type Opened, type Proof } from './proof.js';
import { explained } from './refusal.js';
import { requestFindings } from './requests.js';
import { settle } from './settle.js';

export interface EndpointFindings {
  readonly findings: readonly Finding[];
  /** Its address, where it gave no answer at all. */
  readonly silent: readonly string[];
  /** What is said of it beside its rows. */
  readonly notes: readonly string[];
}

/** An endpoint's address, and how a valid client fared there. */
interface Door extends AddressedEndpoint {
  readonly opening: Opening;
}

/** Tries every case at one endpoint. Everything but a valid client counts only where that was let in. */
export async function proveEndpoint(proof: Proof): Promise<EndpointFindings> {
  const { endpoint, cases } = proof;
  const first = cases.find(({ expected }) => expected === 'let-in');
  if (first === undefined) {
    const findings = cases.map((tried) => notTried(endpoint, tried, { kind: 'no-valid-client' }));
    return { findings, silent: [], notes: [] };
  }
  const places = await addressesOf(endpoint, proof.timeoutMs);
  const doors = await Promise.all(
    places.map(async (place): Promise<Door> => {
      const here = { ...proof, endpoint: place.endpoint, patience: new Patience() };
      return { ...place, opening: await openEndpoint(here, first) };
    }),
  );
  const main = doors.find(({ opening }) => opening.opened) ?? doors.find(isThere) ?? doors[0];
  const opened = main?.opening.opened;
  if (main === undefined || opened === undefined) {
    return closedFindings({ ...proof, endpoint: main?.endpoint ?? endpoint }, first, main?.opening);
  }
  const others = doors.filter((door) => door !== main);
  const table = await wholeTable(opened, main.opening.attempts);
  const elsewhere = await Promise.all(others.filter(isThere).map(fewFindings));
  return {
    findings: [...table, ...elsewhere.flat()],
    silent: [],
    notes: notesOf(
      proof,
      opened,
      main,
      others.filter(isThere),
      others.filter((door) => !isThere(door)),
    ),
  };
}

/** Whether anything at all listens there. */
function isThere({ opening }: Door): boolean {
  return !opening.attempts.every(({ outcome: { cause } }) => {
    return cause.kind === 'unreachable' || (cause.kind === 'timeout' && cause.after === 'nothing');
  });
}

async function closedFindings(
  proof: Proof,
  first: Case,
  opening: Opening | undefined,
): Promise<EndpointFindings> {
  const { endpoint, cases } = proof;
  const attempts = opening?.attempts ?? [];
  const silent = attempts.some(({ outcome }) => outcome.kind === 'no-answer') ? [endpoint.address] : [];
  const told = attempts.filter(({ outcome }) => outcome.kind !== 'version');
  const [worst] = told.length > 0 ? told : attempts;
  const findings = worst === undefined ? [] : [findingOf(endpoint, await explained(proof, worst))];
  const others = cases.filter((tried) => tried !== first);
  const reason = { kind: 'valid-not-let-in' } as const;
  return {
    findings: [...findings, ...others.map((tried) => notTried(endpoint, tried, reason))],
    silent,
    notes: [],
  };
}

async function wholeTable(opened: Opened, openings: readonly Attempt[]): Promise<Finding[]> {
  const { endpoint } = opened;
  const others = opened.cases.filter((tried) => tried !== opened.valid);
  const spoken = openings.filter(({ outcome }) => outcome.kind !== 'version');
  const attempts = await tryCases(opened, others);
  const openVersions = new Set(attempts.filter(isOpen).flatMap(({ tls }) => tls ?? []));
  return [
    serverFinding(endpoint),
    ...[...spoken, ...attempts].map((done) => findingOf(endpoint, done)),
    ...(await requestFindings(opened)),
    ...(await modelFindings(opened)),
    ...(await probe({ ...opened, openVersions })),
  ];
}

function isOpen({ tried, outcome }: Attempt): boolean {
  return tried.tried.kind === 'no-certificate' && outcome.kind === 'let-in' && outcome.missed !== true;
}

async function probe(opened: Opened): Promise<Finding[]> {
  opened.onWork?.(PROBES.length, 0);
  const found = PROBES.map(async (one) => {
    const rows = await one(opened);
    opened.onWork?.(0, 1);
    return rows;
  });
  const findings = (await Promise.all(found)).flat();
  const { revokeIn } = opened;
  return revokeIn === undefined ? findings : [...findings, ...(await revocationFindings(opened, revokeIn))];
}

/** What is tried at every further address: a listener of its own may ask for nothing. */
function isTriedEverywhere({ tried }: Case): boolean {
  return (
    tried.kind === 'no-certificate' ||
    tried.kind === 'no-tls' ||
    (tried.kind === 'flaw' && tried.flaw === 'unknown-ca')
  );
}

async function fewFindings({ endpoint, address = '', opening }: Door): Promise<Finding[]> {
  const { opened, attempts } = opening;
  const spoken = attempts.filter(({ outcome }) => outcome.kind !== 'version');
  const few = opened?.cases.filter(isTriedEverywhere) ?? [];
  const tried = opened === undefined ? [] : await tryCases(opened, few);
  return [...(spoken.length > 0 ? spoken : attempts), ...tried].map((done) => {
    const finding = findingOf(endpoint, done);
    return { ...finding, tried: { kind: 'elsewhere', of: finding.tried, at: address } };
  });
}

/** Tries cases with every version of TLS that the endpoint speaks, or without TLS. */
async function tryCases(opened: Opened, cases: readonly Case[]): Promise<Attempt[]> {
  const work = cases.flatMap((tried): [Case, TlsVersion | null][] =>
    tried.material === undefined ? [[tried, null]] : opened.versions.map((tls) => [tried, tls]),
  );
  opened.onWork?.(work.length, 0);
  const attempts = await runBounded(
    work.map(([tried, tls]) => async () => {
      const done = await attempt(opened, tried, tls);
      opened.onWork?.(0, 1);
      return done;
    }),
    MOST_AT_ONCE,
  );
  return settle(opened, attempts);
}
