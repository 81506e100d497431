import type { Answer, ModelStep } from '../protocols/protocol.js';
import type { Finding } from '../report/finding.js';
import { type ClientMaterial, loadClient, type TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';
import { compare } from './compare.js';
import { findingOf } from './judge.js';
import type { Opened } from './proof.js';
import { asAnswered } from './requests.js';

/** What a model answers the valid client, and whether it answers one without a certificate, too. */
export async function modelFindings(opened: Opened): Promise<Finding[]> {
  const { endpoint, model, timeoutMs, approach, valid, cases, versions } = opened;
  const { tryModel } = endpoint.protocol;
  const [newest] = versions;
  if (model === undefined || tryModel === undefined || newest === undefined) return [];
  const context = contextOf(valid.material, newest);
  if (context === undefined) return [];
  const begun = performance.now();
  const steps = await tryModel(endpoint, { context, timeoutMs, approach }, model);
  const milliseconds = Math.round(performance.now() - begun);
  const rows = steps.map(({ name, outcome }) => {
    const tried = stepCase(valid, name, model);
    return findingOf(endpoint, { tried, tls: newest, outcome, milliseconds });
  });
  const anonymous = cases.find(({ tried }) => tried.kind === 'no-certificate');
  if (anonymous === undefined) return rows;
  const without = await Promise.all(
    versions.flatMap((tls) => steps.map((step) => repeated(opened, anonymous, tls, step, model))),
  );
  return [...rows, ...without.flat()];
}

/** The same request of a client that must be refused. */
async function repeated(
  { endpoint, timeoutMs, approach }: Opened,
  one: Case,
  tls: TlsVersion,
  { name, answer: usual, repeat }: ModelStep,
  model: string,
): Promise<Finding[]> {
  const context = contextOf(one.material, tls);
  if (context === undefined || repeat === undefined || usual === undefined) return [];
  const begun = performance.now();
  const answer = await repeat({ context, timeoutMs, approach });
  const outcome = compare(answered(usual), answer);
  const milliseconds = Math.round(performance.now() - begun);
  return [findingOf(endpoint, { tried: stepCase(one, name, model), tls, outcome, milliseconds })];
}

function answered(answer: Answer): Answer {
  return { ...answer, outcome: asAnswered(answer.outcome) };
}

function stepCase({ tried: client, expected }: Case, step: ModelStep['name'], model: string): Case {
  return { tried: { kind: 'model', client, step, model }, expected, severity: 'must' };
}

function contextOf(material: ClientMaterial | undefined, tls: TlsVersion) {
  const loaded = material === undefined ? undefined : loadClient(material, tls);
  return loaded === undefined || 'outcome' in loaded ? undefined : loaded.context;
}
