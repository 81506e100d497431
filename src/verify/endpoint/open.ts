import { runBounded } from '../../util/bounded.js';
import type { Answer } from '../protocols/protocol.js';
import { speaks } from '../wire/connection.js';
import type { Outcome } from '../wire/outcome.js';
import { loadClient, TLS_VERSIONS } from '../wire/tls.js';
import { type Attempt, attempt } from './attempt.js';
import type { Case } from './cases.js';
import { isMiss } from './judge.js';
import { likenessOf } from './likeness.js';
import { namesOfCase } from './names.js';
import { MOST_AT_ONCE, type Opened, type Proof } from './proof.js';

/** How a valid client fared. */
export interface Opening {
  /** With each version of TLS. */
  readonly attempts: readonly Attempt[];
  /** Absent where no valid client was let in. */
  readonly opened?: Opened;
}

/**
 * Finds a way in for a valid client: with each version of TLS, in the protocol's other way where its usual one does not
 * open it, with another client where the first is turned away, and by another request where the usual one leads nowhere.
 */
export async function openEndpoint(proof: Proof, first: Case): Promise<Opening> {
  const usual = await enter(proof, first);
  const opening = usual.opened === undefined ? ((await otherwise(proof, first, usual)) ?? usual) : usual;
  const { opened } = opening;
  if (opened === undefined || proof.fallback === undefined || !leadsNowhere(opening)) return opening;
  const { approach, client } = opened;
  const elsewhere = await enter({ ...proof, approach, client, request: proof.fallback }, opened.valid);
  return elsewhere.opened === undefined || leadsNowhere(elsewhere) ? opening : elsewhere;
}

async function otherwise(proof: Proof, first: Case, usual: Opening): Promise<Opening | undefined> {
  const { alternative } = proof.endpoint.protocol;
  if (usual.attempts.every(({ outcome }) => isEndpointsOwn(outcome))) return undefined;
  if (alternative !== undefined) {
    const other = await enter({ ...proof, approach: alternative }, first);
    if (other.opened !== undefined) return other;
  }
  const clients = proof.cases.filter((one) => one.expected === 'let-in' && one !== first);
  const versions = TLS_VERSIONS.flatMap((tls) => clients.map((one) => () => attempt(proof, one, tls)));
  const attempts = await runBounded(versions, MOST_AT_ONCE);
  const letIn = clients.find((one) => attempts.some((done) => done.tried === one && isLetIn(done)));
  if (letIn !== undefined) return enter(proof, letIn);
  // HTTP 400 may be the front's word on the certificate, and the application's on the request.
  if (proof.fallback === undefined || !usual.attempts.some(isBadRequest)) return undefined;
  const elsewhere = await enter({ ...proof, request: proof.fallback }, first);
  return elsewhere.opened === undefined || leadsNowhere(elsewhere) ? undefined : elsewhere;
}

function isBadRequest({ outcome: { cause } }: Attempt): boolean {
  return cause.kind === 'http' && cause.status === 400 && cause.reason === undefined;
}

/** What no other client and no other protocol changes: it is not there, or its certificate is not trusted. */
function isEndpointsOwn({ kind, cause }: Outcome): boolean {
  return kind === 'no-answer' || kind === 'version' || cause.kind === 'server-certificate';
}

/** Tries a valid client with each version of TLS, and tells which the endpoint speaks. */
async function enter(given: Proof, valid: Case): Promise<Opening> {
  const proof = { ...given, client: valid.tried.kind === 'client' ? valid.tried.name : undefined };
  const entered = await Promise.all(TLS_VERSIONS.map((tls) => attempt(proof, valid, tls)));
  if (!entered.some(isLetIn)) return { attempts: entered };
  const attempts = await Promise.all(entered.map((one) => withVersion(proof, valid, one)));
  const letIn = attempts.filter(isLetIn);
  const versions = letIn.flatMap(({ tls }) => tls ?? []);
  const answers = new Map(
    letIn.flatMap(({ tls, answer }) => (tls && answer ? [[tls, answer] as const] : [])),
  );
  return {
    attempts: attempts.map((one) => withPostHandshake(one, attempts)),
    opened: {
      ...proof,
      valid,
      versions,
      answers,
      steady: areSame([...answers.values()], namesOfCase(valid)),
    },
  };
}

/**
 * Where one version is spoken, another may be turned away without the alert that says so; and a server that takes one
 * connection at a time turns away what comes beside it.
 */
async function withVersion(proof: Proof, valid: Case, first: Attempt): Promise<Attempt> {
  const { tls } = first;
  const { material } = valid;
  if (first.outcome.kind !== 'refused' || tls === null || material === undefined) return first;
  const opening = first.outcome.cause.kind === 'closed' ? await attempt(proof, valid, tls) : first;
  const { outcome } = opening;
  if (outcome.kind !== 'refused') return opening;
  const loaded = loadClient({ ca: material.ca }, tls);
  if ('outcome' in loaded || (await speaks(proof.endpoint, loaded.context, proof.timeoutMs))) return opening;
  return { ...opening, outcome: { ...outcome, kind: 'version' } };
}

function areSame([first, ...others]: readonly Answer[], names: readonly string[]): boolean {
  return first === undefined || others.every((other) => likenessOf(first, other, names) === 'same');
}

/** A certificate that is asked for after the handshake is asked for again in TLS 1.2, and in 1.3 in a way that few can answer. */
function withPostHandshake(opening: Attempt, all: readonly Attempt[]): Attempt {
  const { cause, kind } = opening.outcome;
  const older = all.some((one) => one.tls === 'TLSv1.2' && isLetIn(one));
  if (opening.tls !== 'TLSv1.3' || kind !== 'refused' || cause.kind !== 'http' || !older) return opening;
  if (cause.status !== 403) return opening;
  return { ...opening, note: { kind: 'valid-refused', why: 'post-handshake' } };
}

function isLetIn({ outcome }: Attempt): boolean {
  return outcome.kind === 'let-in';
}

/** Whether the application has nothing of what was asked for. */
export function leadsNowhere({ attempts }: Pick<Opening, 'attempts'>): boolean {
  const letIn = attempts.filter(isLetIn);
  return letIn.length > 0 && letIn.every(({ outcome }) => isMiss(outcome.cause));
}
