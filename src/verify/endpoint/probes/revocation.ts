import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientCredential } from '../../../pki/credential.js';
import { addClients } from '../../../store/add.js';
import { revokeClient } from '../../../store/change.js';
import type { Finding, Subject } from '../../report/finding.js';
import type { TlsVersion } from '../../wire/tls.js';
import { type Attempt, attempt } from '../attempt.js';
import type { Case } from '../cases.js';
import type { Opened } from '../proof.js';
import { judgeStranger, probeFinding, speaksHttp, strangerOf } from './probed.js';
import { openSession, resume } from './sessions.js';

/** What the rows call the client; in the set it is called so with something behind that no other client has. */
const NAME = 'revoke-check';
const SUBJECT: Subject = { kind: 'client', role: 'client', name: NAME, revoked: true };
const BETWEEN_LOOKS_MS = 100;

/**
 * Makes a client in the set's folder, has it let in, revokes it there, waits until the endpoint refuses it, and then resumes
 * its sessions. The endpoint must read the new revocation list by itself.
 *
 * @throws {@link GenerateCertsError} as {@link addClients} and {@link revokeClient}
 */
export async function revocationFindings(opened: Opened, folder: string): Promise<Finding[]> {
  const stranger = strangerOf(opened);
  if (stranger === undefined || !speaksHttp(opened)) return [];
  const name = `${NAME}-${randomBytes(4).toString('hex')}`;
  const {
    clients: [client],
  } = await addClients(folder, [name]);
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
  if (after.outcome.kind !== 'refused') return [notRefused(opened, after)];
  const right = { verdict: 'right', observed: 'refused', policy: true } as const;
  return [
    probeFinding(opened, SUBJECT, after, right),
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

function notRefused(opened: Opened, done: Attempt): Finding {
  const note = { kind: 'revoked-not-refused' } as const;
  return probeFinding(opened, SUBJECT, done, {
    ...{ verdict: 'warning', observed: 'let-in', policy: true },
    note,
  });
}

async function resumed(
  opened: Opened,
  stranger: Case,
  tls: TlsVersion,
  session: Buffer | undefined,
): Promise<Finding> {
  const tried = { kind: 'approach', with: stranger.tried, way: { kind: 'session', of: SUBJECT } } as const;
  if (session === undefined) {
    const nothing = { tls, milliseconds: 0 };
    const note = { kind: 'no-session' } as const;
    return probeFinding(opened, tried, nothing, {
      ...{ verdict: 'right', observed: 'refused', policy: true },
      note,
    });
  }
  const { done } = await resume(opened, stranger, tls, session);
  const judged = judgeStranger(opened, done, { kind: 'session-of-revoked' });
  const verdict = judged.verdict === 'wrong' ? 'warning' : judged.verdict;
  return probeFinding(opened, tried, done, { ...judged, verdict, policy: true });
}
