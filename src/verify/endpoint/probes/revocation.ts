import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientCredential } from '../../../pki/credential.js';
import { addClients } from '../../../store/add.js';
import { revokeClient } from '../../../store/change.js';
import type { Finding, Subject } from '../../report/finding.js';
import type { TlsVersion } from '../../wire/tls.js';
import { type Attempt, attempt } from '../attempt.js';
import type { Case } from '../cases.js';
import type { RevokeIn } from '../options.js';
import type { Opened } from '../proof.js';
import { judgeStranger, type Probed, probeFinding, speaksHttp, strangerOf } from './probed.js';
import { noSession, openSession, resume } from './sessions.js';

/** What the rows call the client; in the set it is called so with something behind that no other client has. */
const NAME = 'revoke-check';
const SUBJECT: Subject = { kind: 'client', role: 'client', name: NAME, revoked: true };
const BETWEEN_LOOKS_MS = 100;

/**
 * Makes a client in the set's folder, has it let in, revokes it there, waits until the endpoint refuses it, and then resumes
 * its sessions, where its protocol is HTTP. The endpoint must read the new revocation list by itself.
 *
 * @throws {@link GenerateCertsError} as {@link addClients} and {@link revokeClient}
 */
export async function revocationFindings(opened: Opened, { folder, password }: RevokeIn): Promise<Finding[]> {
  const stranger = strangerOf(opened);
  if (stranger === undefined) return [];
  const name = `${NAME}-${randomBytes(4).toString('hex')}`;
  const {
    clients: [client],
  } = await addClients(folder, [name], { password });
  if (client === undefined) return [];
  const made = caseOf(client, opened);
  const sessions: [TlsVersion, Buffer | undefined][] = [];
  const refused: Attempt[] = [];
  try {
    for (const tls of opened.versions) {
      const session = await openSession(async (onSession) => {
        const done = await attempt(opened, made, tls, { onSession });
        if (done.outcome.kind !== 'let-in') refused.push(done);
      });
      sessions.push([tls, session]);
    }
  } finally {
    // It is never left behind valid.
    await revokeClient(folder, name);
  }
  const [unlisted] = refused;
  if (unlisted !== undefined) return [notLetIn(opened, unlisted)];
  const after = await untilRefused(opened, made);
  const finding = await findingAfter(opened, after);
  if (finding.verdict !== 'right' || !speaksHttp(opened)) return [finding];
  return [
    finding,
    ...(await Promise.all(sessions.map(([tls, session]) => resumed(opened, stranger, tls, session)))),
  ];
}

function caseOf(client: ClientCredential, { valid }: Opened): Case {
  const own = client.tlsOptions();
  const ca = valid.material?.ca ?? own.ca;
  return { tried: SUBJECT, expected: 'refused', severity: 'policy', revoked: true, material: { ...own, ca } };
}

async function untilRefused(opened: Opened, made: Case): Promise<Attempt> {
  const [newest = 'TLSv1.2'] = opened.versions;
  const end = performance.now() + opened.timeoutMs;
  for (;;) {
    const done = await attempt(opened, made, newest);
    if (done.outcome.kind === 'refused' || performance.now() >= end) return done;
    await delay(BETWEEN_LOOKS_MS);
  }
}

function notLetIn(opened: Opened, done: Attempt): Finding {
  const note = { kind: 'revoke-check-unlisted' } as const;
  return probeFinding(opened, SUBJECT, done, {
    ...{ verdict: 'inconclusive', observed: 'not-tried', policy: true },
    note,
  });
}

/** A list that keeps everybody out is no revocation of one. */
async function findingAfter(opened: Opened, done: Attempt): Promise<Finding> {
  const { valid, versions } = opened;
  const [newest = 'TLSv1.2'] = versions;
  const judged = (verdict: Finding['verdict'], observed: Probed['observed'], note?: Probed['note']) =>
    probeFinding(opened, SUBJECT, done, { verdict, observed, policy: true, note });
  switch (done.outcome.kind) {
    case 'refused': {
      const { outcome } = await attempt(opened, valid, newest);
      if (outcome.kind === 'let-in') return judged('right', 'refused');
      return judged('inconclusive', 'refused', { kind: 'refuses-all-after' });
    }
    case 'let-in':
      return judged('warning', 'let-in', { kind: 'revoked-not-refused' });
    case 'no-answer':
      return judged('inconclusive', 'no-answer', { kind: 'cause', cause: done.outcome.cause });
    default:
      return judged('inconclusive', 'another-answer', { kind: 'another-answer' });
  }
}

async function resumed(
  opened: Opened,
  stranger: Case,
  tls: TlsVersion,
  session: Buffer | undefined,
): Promise<Finding> {
  const tried = { kind: 'approach', with: stranger.tried, way: { kind: 'session', of: SUBJECT } } as const;
  if (session === undefined) return noSession(opened, tried, tls);
  const { done } = await resume(opened, stranger, tls, session);
  const judged = judgeStranger(opened, done, { kind: 'session-of-revoked' });
  const verdict = judged.verdict === 'wrong' ? 'warning' : judged.verdict;
  return probeFinding(opened, tried, done, { ...judged, verdict, policy: true });
}
