import type { TLSSocket } from 'node:tls';
import { debug } from '../../util/debug.js';
import type { Answer } from '../protocols/protocol.js';
import type { Crossed, Note } from '../report/finding.js';
import { subjectText } from '../report/wording.js';
import type { Approach } from '../wire/approach.js';
import { keyExchangeOf } from '../wire/key-exchange.js';
import type { Outcome } from '../wire/outcome.js';
import { loadClient, type TlsVersion } from '../wire/tls.js';
import type { Case } from './cases.js';
import { compare, type How, validOutcome } from './compare.js';
import { namesOfCase } from './names.js';
import { MOST_SILENT } from './patience.js';
import type { Opened, Proof } from './proof.js';

/** One case as it was tried, and what came of it. */
export interface Attempt {
  readonly tried: Case;
  readonly tls: TlsVersion | null;
  readonly outcome: Outcome;
  readonly answer?: Answer;
  /** What is known of it beside what follows from its outcome. */
  readonly note?: Note;
  /** What crossed the wire before the outcome; absent where no connection was made. */
  readonly crossed?: Crossed | undefined;
  readonly milliseconds: number;
}

/**
 * Tries one case, with one version of TLS or without TLS. Where the endpoint is open to a valid client, what comes is
 * judged by what that one was answered.
 *
 * @param approach in what the attempt differs from the usual one
 */
export async function attempt(
  proof: Proof | Opened,
  tried: Case,
  tls: TlsVersion | null,
  approach?: Approach,
): Promise<Attempt> {
  if (proof.patience.isOver) {
    const cause = { kind: 'given-up', silent: MOST_SILENT } as const;
    return { tried, tls, outcome: { kind: 'no-answer', cause }, milliseconds: 0 };
  }
  const begun = performance.now();
  let handshake: Crossed['handshake'];
  const onSecure = (socket: TLSSocket) => {
    handshake = handshakeOf(socket);
    approach?.onSecure?.(socket);
  };
  const answer = await answerTo(proof, tried, tls, { ...approach, onSecure });
  // What is to be let in is judged by its own answer.
  const isValid = tried.expected === 'let-in';
  const outcome = isValid
    ? validOutcome(answer)
    : compare(usualAnswer(proof, tls), answer, howOf(proof, tried, tls));
  if (outcome.cause.kind === 'timeout') proof.patience.countSilent();
  const milliseconds = Math.round(performance.now() - begun);
  debug(
    'probe',
    () =>
      `${proof.endpoint.address}: ${subjectText(tried.tried)}, ${tls ?? 'no TLS'}: ${outcome.kind} after ${milliseconds} ms`,
  );
  const crossed = answer.outcome.kind === 'not-loaded' ? undefined : { plaintext: tls === null, handshake };
  return { tried, tls, outcome, answer, crossed, milliseconds };
}

function howOf(proof: Proof | Opened, tried: Case, tls: TlsVersion | null): How {
  if (!('answers' in proof)) return {};
  const { valid, steady } = proof;
  return { plain: tls === null, names: [...namesOfCase(valid), ...namesOfCase(tried)], steady };
}

/** What was agreed on. */
function handshakeOf(socket: TLSSocket): Crossed['handshake'] {
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    keyExchange: keyExchangeOf(socket),
    alpn: socket.alpnProtocol || undefined,
  };
}

/** The valid client's answer with this version of TLS; for an attempt without TLS, its answer with the newest version. */
function usualAnswer(proof: Proof | Opened, tls: TlsVersion | null): Answer | undefined {
  if (!('answers' in proof)) return undefined;
  const version = tls ?? proof.versions[0];
  return version === undefined ? undefined : proof.answers.get(version);
}

async function answerTo(
  { endpoint, request, timeoutMs, client, approach: usual }: Proof,
  { material }: Case,
  tls: TlsVersion | null,
  approach: Approach | undefined,
): Promise<Answer> {
  const loaded = material === undefined || tls === null ? { context: undefined } : loadClient(material, tls);
  if ('outcome' in loaded) return loaded;
  const answer = await endpoint.protocol.call(endpoint, {
    ...{ context: loaded.context, request, timeoutMs, client },
    approach: usual === undefined ? approach : { ...usual, ...approach },
    certificate: material?.cert,
  });
  // A server that answers plaintext in TLS, or in no way that makes sense, serves no client without TLS.
  if (tls === null && answer.outcome.kind === 'wrong-server') {
    return { ...answer, outcome: { kind: 'refused', cause: { kind: 'not-plaintext' } } };
  }
  return answer;
}
