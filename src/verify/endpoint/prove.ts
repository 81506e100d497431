import { runBounded } from '../../util/bounded.js';
import type { Finding } from '../report/finding.js';
import { speaks } from '../wire/connection.js';
import type { Outcome } from '../wire/outcome.js';
import { loadClient, TLS_VERSIONS, type TlsVersion } from '../wire/tls.js';
import { type Attempt, attempt } from './attempt.js';
import type { Case } from './cases.js';
import { findingOf, notTried, serverFinding } from './judge.js';
import { PROBES } from './probes/index.js';
import type { Opened, Proof } from './proof.js';

/** How many cases run side by side. */
const MOST_AT_ONCE = 8;

export interface EndpointFindings {
  readonly findings: readonly Finding[];
  /** Its address, where it gave no answer at all. */
  readonly silent: readonly string[];
}

/** Tries every case at one endpoint. Everything but a valid client counts only where that was let in. */
export async function proveEndpoint(proof: Proof): Promise<EndpointFindings> {
  const { endpoint, cases } = proof;
  const first = cases.find(({ expected }) => expected === 'let-in');
  if (first === undefined) {
    return {
      findings: cases.map((tried) => notTried(endpoint, tried, { kind: 'no-valid-client' })),
      silent: [],
    };
  }
  const openings = await openEndpoint(proof, first);
  const opened = openings.filter(({ outcome }) => outcome.kind === 'let-in');
  const others = cases.filter((tried) => tried !== first);
  if (opened.length === 0) {
    const silent = openings.some(({ outcome }) => outcome.kind === 'no-answer') ? [endpoint.address] : [];
    const told = openings.filter(({ outcome }) => outcome.kind !== 'version');
    const findings = (told.length > 0 ? told : openings)
      .slice(0, 1)
      .map((opening) => findingOf(endpoint, opening));
    const reason = { kind: 'valid-not-let-in' } as const;
    return { findings: [...findings, ...others.map((tried) => notTried(endpoint, tried, reason))], silent };
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
  const answers = new Map(
    opened.flatMap(({ tls, answer }) => (tls && answer ? [[tls, answer] as const] : [])),
  );
  const probed = await probe({ ...proof, valid: first, versions, answers });
  return {
    findings: [
      serverFinding(endpoint),
      ...[...spoken, ...settled].map((done) => findingOf(endpoint, done)),
      ...(await modelFindings(proof, first, versions[0] ?? null)),
      ...probed,
    ],
    silent: [],
  };
}

async function probe(opened: Opened): Promise<Finding[]> {
  return (await Promise.all(PROBES.map((one) => one(opened)))).flat();
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
  const closed = ({ outcome }: Attempt) => outcome.kind === 'refused' && outcome.cause.kind === 'closed';
  const settled: Attempt[] = [];
  for (const done of attempts) {
    settled.push(closed(done) ? await attempt(proof, done.tried, done.tls) : done);
  }
  if (!settled.some(closed)) return settled;
  const after = await Promise.all(versions.map((tls) => attempt(proof, first, tls)));
  const alive = after.every(({ outcome }) => outcome.kind === 'let-in');
  if (alive) return settled;
  const outcome: Outcome = { kind: 'no-answer', cause: { kind: 'closed-for-all' } };
  return settled.map((done) => (closed(done) ? { ...done, outcome } : done));
}

async function modelFindings(
  { endpoint, model, timeoutMs }: Proof,
  { material, tried: client }: Case,
  tls: TlsVersion | null,
): Promise<Finding[]> {
  const { tryModel } = endpoint.protocol;
  if (model === undefined || tryModel === undefined || material === undefined || tls === null) return [];
  const loaded = loadClient(material, tls);
  if ('outcome' in loaded) return [];
  const begun = performance.now();
  const steps = await tryModel(endpoint, { context: loaded.context, timeoutMs }, model);
  const milliseconds = Math.round(performance.now() - begun);
  return steps.map(({ name: step, outcome }) => {
    const tried = { kind: 'model', client, step, model } as const;
    return findingOf(endpoint, {
      tried: { tried, expected: 'let-in', severity: 'must' },
      tls,
      outcome,
      milliseconds,
    });
  });
}
