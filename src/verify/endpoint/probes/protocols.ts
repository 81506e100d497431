import { callRest } from '../../protocols/calls/rest.js';
import type { Answer } from '../../protocols/protocol.js';
import type { Finding } from '../../report/finding.js';
import type { Approach } from '../../wire/approach.js';
import type { Outcome } from '../../wire/outcome.js';
import { loadClient, type TlsVersion } from '../../wire/tls.js';
import type { Case } from '../cases.js';
import type { Opened } from '../proof.js';
import type { Probe } from './probe.js';
import {
  guardedVersions,
  judgeStranger,
  type Probed,
  probeFinding,
  strangerOf,
  targetOf,
  tryCase,
  tryStranger,
} from './probed.js';

/**
 * A server may ask for a certificate in one protocol alone: what it offers in TLS beside the usual one (RFC 7301) is tried
 * with and without a certificate; HTTP/3, which this program does not speak, is named where the server offers it.
 */
export const probeProtocols: Probe = async (opened) => {
  const stranger = strangerOf(opened);
  if (stranger === undefined) return [];
  switch (opened.endpoint.protocol.name) {
    case 'rest':
      return [
        ...(await Promise.all(opened.versions.map((tls) => otherHttp(opened, stranger, tls)))).flat(),
      ].concat(http3(opened));
    case 'grpc':
      return (await Promise.all(guardedVersions(opened).map((tls) => notGrpc(opened, stranger, tls)))).flat();
    default:
      return [];
  }
};

/** The version of HTTP that the other cases are not tried with, where the server agrees on it. */
async function otherHttp(opened: Opened, stranger: Case, tls: TlsVersion): Promise<Finding[]> {
  const name = targetOf(opened).protocol.alpn.includes('h2') ? 'http/1.1' : 'h2';
  let agreed: string | false | null = null;
  const approach: Approach = {
    alpn: [name],
    onSecure: ({ alpnProtocol }) => {
      agreed = alpnProtocol;
    },
  };
  const valid = await tryCase(opened, opened.valid, tls, approach);
  if (agreed !== name) return [];
  const way = { kind: 'alpn', name } as const;
  const tried = { kind: 'approach', with: opened.valid.tried, way } as const;
  const letIn = valid.outcome.kind === 'let-in';
  const finding: Finding = {
    ...probeFinding(opened, tried, valid, {
      verdict: letIn ? 'right' : 'warning',
      observed: letIn ? 'let-in' : 'refused',
      policy: true,
      ...(!letIn && { note: { kind: 'other-over-protocol' } as const }),
    }),
    expected: { kind: 'let-in' },
  };
  if (!guardedVersions(opened).includes(tls)) return [finding];
  const done = await tryStranger(opened, stranger, tls, { alpn: [name] });
  const judged = judgeStranger(opened, done, { kind: 'let-in-by-alpn' });
  return [finding, probeFinding(opened, { ...tried, with: stranger.tried }, done, judged)];
}

/** HTTP/1.1 at a gRPC server, and HTTP/2 that was not agreed on. */
async function notGrpc(opened: Opened, stranger: Case, tls: TlsVersion): Promise<Finding[]> {
  const found = async (name: string | null) => {
    const { tried } = stranger;
    const subject = { kind: 'approach', with: tried, way: { kind: 'alpn', name } } as const;
    if (name === null) {
      const done = await tryStranger(opened, stranger, tls, { alpn: [] });
      const letIn = done.outcome.kind === 'let-in';
      const judged = letIn
        ? judgeStranger(opened, done, { kind: 'let-in-by-alpn' })
        : judgeUnspoken(done.outcome);
      return probeFinding(opened, subject, done, judged);
    }
    const begun = performance.now();
    const answer = await callOverHttp1(opened, stranger, tls);
    const milliseconds = Math.round(performance.now() - begun);
    const { outcome } = answer;
    return probeFinding(opened, subject, { tls, outcome, milliseconds }, judgeHttp1(answer));
  };
  return Promise.all([found('http/1.1'), found(null)]);
}

async function callOverHttp1(
  { endpoint, request, timeoutMs }: Opened,
  { material }: Case,
  tls: TlsVersion,
): Promise<Answer> {
  if (material === undefined) throw new TypeError('a client without a certificate has TLS');
  const loaded = loadClient(material, tls);
  if ('outcome' in loaded) return loaded;
  const headers = { 'content-type': 'application/grpc', te: 'trailers' };
  const approach = { alpn: ['http/1.1'], anyServer: true, headers };
  const call = { context: loaded.context, timeoutMs, approach };
  return callRest(endpoint, call, { method: 'POST', path: `/${request}` });
}

function judgeHttp1({ outcome, status = 0, headers = {} }: Answer): Probed {
  if (outcome.kind !== 'let-in') return judgeUnspoken(outcome);
  if (headers['grpc-status'] !== undefined || /^application\/grpc/.test(headers['content-type'] ?? '')) {
    return { verdict: 'wrong', observed: 'let-in', note: { kind: 'let-in-by-alpn' } };
  }
  if (status >= 300) return { verdict: 'right', observed: 'another-answer' };
  const note = { kind: 'answers-other-protocol' } as const;
  return { verdict: 'warning', observed: 'another-answer', policy: true, note };
}

/** A protocol that is not spoken there lets no client in. */
function judgeUnspoken({ kind, cause }: Outcome): Probed {
  if (kind !== 'no-answer') return { verdict: 'right', observed: 'refused' };
  return { verdict: 'inconclusive', observed: 'no-answer', policy: true, note: { kind: 'cause', cause } };
}

function http3(opened: Opened): Finding[] {
  const offered = [...opened.answers.values()].some(({ headers }) =>
    /(?:^|[,\s])h3(?:-\d+)?=/.test(headers?.['alt-svc'] ?? ''),
  );
  if (!offered) return [];
  const tried = { kind: 'http3' } as const;
  const note = { kind: 'http3' } as const;
  const nothing = { tls: null, milliseconds: 0 };
  return [
    probeFinding(opened, tried, nothing, {
      verdict: 'inconclusive',
      observed: 'not-tried',
      policy: true,
      note,
    }),
  ];
}
