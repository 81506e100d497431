import { debug } from '../../util/debug.js';
import type { Answer } from '../protocols/protocol.js';
import { subjectText } from '../report/wording.js';
import type { Approach } from '../wire/approach.js';
import type { Outcome } from '../wire/outcome.js';
import { loadClient, type TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';
import type { Proof } from './proof.js';

/** One case as it was tried, and what came of it. */
export interface Attempt {
  readonly tried: Case;
  readonly tls: TlsVersion | null;
  readonly outcome: Outcome;
  readonly answer?: Answer;
  readonly milliseconds: number;
}

/**
 * Tries one case, with one version of TLS or without TLS.
 *
 * @param approach in what the attempt differs from the usual one
 */
export async function attempt(
  proof: Proof,
  tried: Case,
  tls: TlsVersion | null,
  approach?: Approach,
): Promise<Attempt> {
  const begun = performance.now();
  const answer = await answerTo(proof, tried, tls, approach);
  const { outcome } = answer;
  const milliseconds = Math.round(performance.now() - begun);
  debug(
    'probe',
    () =>
      `${proof.endpoint.address}: ${subjectText(tried.tried)}, ${tls ?? 'no TLS'}: ${outcome.kind} after ${milliseconds} ms`,
  );
  return { tried, tls, outcome, answer, milliseconds };
}

async function answerTo(
  { endpoint, request, timeoutMs, cases }: Proof,
  { material }: Case,
  tls: TlsVersion | null,
  approach: Approach | undefined,
): Promise<Answer> {
  const loaded = material === undefined || tls === null ? { context: undefined } : loadClient(material, tls);
  if ('outcome' in loaded) return loaded;
  const answer = await endpoint.protocol.call(endpoint, {
    ...{ context: loaded.context, request, timeoutMs, approach },
    client: nameOf(cases),
    certificate: material?.cert,
  });
  // A server that answers plaintext in TLS, or in no way that makes sense, serves no client without TLS.
  if (tls === null && answer.outcome.kind === 'wrong-server') {
    return { ...answer, outcome: { kind: 'refused', cause: { kind: 'not-plaintext' } } };
  }
  return answer;
}

/** The name of the client that the endpoint is opened with. */
function nameOf(cases: readonly Case[]): string | undefined {
  const first = cases.find(({ expected }) => expected === 'let-in')?.tried;
  return first?.kind === 'client' ? first.name : undefined;
}
