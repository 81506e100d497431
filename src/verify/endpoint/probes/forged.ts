import { X509Certificate } from 'node:crypto';
import type { Answer } from '../../protocols/protocol.js';
import type { Finding } from '../../report/finding.js';
import type { TlsVersion } from '../../wire/tls.js';
import type { Attempt } from '../attempt.js';
import type { Case } from '../cases.js';
import type { Opened } from '../proof.js';
import { type ForgedIdentity, forgedHeaders } from './identity-headers.js';
import type { Probe } from './probe.js';
import {
  judgeStranger,
  namesOf,
  type Probed,
  probeFinding,
  speaksHttp,
  strangerOf,
  tryCase,
  worstOf,
} from './probed.js';

/** Who the valid client claims to be: nothing else in an answer is called so. */
const FORGED_NAME = 'forged-by-verify';
/** A header that says nothing: where an answer shows this one, it shows them all. */
const HARMLESS = { name: 'x-verify-harmless', value: 'harmless-by-verify' };

/**
 * A backend that believes the headers by which proxies tell who called believes whatever a client writes, unless the front
 * drops them: they are sent without a certificate, in the name of the valid client, by the clients that must be refused, and
 * by the valid client in another name.
 */
export const probeForgedHeaders: Probe = async (opened) => {
  const stranger = strangerOf(opened);
  const [tls] = opened.versions;
  if (stranger === undefined || tls === undefined || !speaksHttp(opened)) return [];
  const unlisted = opened.cases.filter(
    ({ tried, expected, revoked }) => tried.kind === 'client' && expected === 'refused' && revoked !== true,
  );
  const asValid = forgedHeaders(identityOf(opened));
  const asAnother = forgedHeaders({ name: FORGED_NAME });
  const findings = await Promise.all([
    ...[stranger, ...unlisted].map((one) => inNameOfValid(opened, one, tls, asValid)),
    inAnotherName(opened, tls, asAnother),
  ]);
  return findings.flat();
};

function identityOf(opened: Opened): ForgedIdentity {
  const [name = ''] = namesOf(opened);
  const pem = opened.valid.material?.cert;
  if (pem === undefined) return { name };
  const { raw, fingerprint256, serialNumber } = new X509Certificate(pem);
  const own = /-----BEGIN[\s\S]*?-----END CERTIFICATE-----\r?\n?/.exec(pem)?.[0] ?? pem;
  const fingerprint = fingerprint256.replaceAll(':', '');
  const common = /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1];
  return { name: common ?? name, certificate: { pem: own, der: raw, fingerprint, serial: serialNumber } };
}

/** Who must be refused is not let in for claiming to be who is let in. */
async function inNameOfValid(
  opened: Opened,
  caller: Case,
  tls: TlsVersion,
  groups: readonly Record<string, string>[],
): Promise<Finding[]> {
  const usual = await tryCase(opened, caller, tls);
  // Let in all the same: that is what its own case finds.
  if (usual.outcome.kind === 'let-in') return [];
  const tries = await Promise.all(
    groups.map(async (headers) => {
      const done = await tryCase(opened, caller, tls, { headers });
      return { done, judged: judgeForged(opened, done, headers) };
    }),
  );
  const tried = { kind: 'approach', with: caller.tried, way: { kind: 'forged-headers' } } as const;
  return oneRow(tries.map(({ done, judged }) => probeFinding(opened, tried, done, judged)));
}

function judgeForged(opened: Opened, done: Attempt, headers: Readonly<Record<string, string>>): Probed {
  const hole = { kind: 'headers-believed', headers: Object.keys(headers) } as const;
  const judged = judgeStranger(opened, done, hole);
  // It was refused without them, and is given what others are: the headers made the difference.
  const worked = done.outcome.kind === 'let-in' && done.outcome.working === true;
  return worked ? { verdict: 'wrong', observed: 'let-in', note: hole } : judged;
}

/** The answer to a valid client must not name another one. */
async function inAnotherName(
  opened: Opened,
  tls: TlsVersion,
  groups: readonly Record<string, string>[],
): Promise<Finding[]> {
  const tries = await Promise.all(
    groups.map(async (headers) => {
      const sent = { ...headers, [HARMLESS.name]: HARMLESS.value };
      const done = await tryCase(opened, opened.valid, tls, { headers: sent });
      return { done, judged: judgeAnotherName(done, headers) };
    }),
  );
  const tried = { kind: 'approach', with: opened.valid.tried, way: { kind: 'forged-headers' } } as const;
  const findings = oneRow(tries.map(({ done, judged }) => probeFinding(opened, tried, done, judged)));
  return findings.map((finding): Finding => ({ ...finding, expected: { kind: 'not-believed' } }));
}

function judgeAnotherName({ outcome, answer }: Attempt, headers: Readonly<Record<string, string>>): Probed {
  const shown = shownIn(answer);
  if (shown.includes(FORGED_NAME)) {
    if (shown.includes(HARMLESS.value)) {
      const note = { kind: 'headers-shown' } as const;
      return { verdict: 'inconclusive', observed: 'let-in', policy: true, note };
    }
    const note = { kind: 'headers-believed', headers: Object.keys(headers) } as const;
    return { verdict: 'wrong', observed: 'let-in', note };
  }
  if (outcome.kind === 'let-in') return { verdict: 'right', observed: 'let-in' };
  if (outcome.kind === 'no-answer') {
    const note = { kind: 'cause', cause: outcome.cause } as const;
    return { verdict: 'inconclusive', observed: 'no-answer', policy: true, note };
  }
  // To refuse who claims to be somebody else is right as well.
  return { verdict: 'right', observed: 'refused' };
}

function shownIn(answer: Answer | undefined): string {
  const { headers = {}, body = '' } = answer ?? {};
  return `${body}\n${Object.values(headers).join('\n')}`;
}

/** One row for all groups of headers. */
function oneRow(findings: readonly Finding[]): Finding[] {
  const worst = worstOf(findings);
  return worst === undefined ? [] : [worst];
}
