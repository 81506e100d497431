import type { TLSSocket } from 'node:tls';
import type { Finding, Subject } from '../../report/finding.js';
import type { TlsVersion } from '../../wire/tls.js';
import type { Attempt } from '../attempt.js';
import type { Case } from '../cases.js';
import type { Opened } from '../proof.js';
import type { Probe } from './probe.js';
import {
  guardedVersions,
  judgeStranger,
  probeFinding,
  speaksHttp,
  strangerOf,
  tryCase,
  tryStranger,
  worstOf,
} from './probed.js';
import { namesToTry } from './server-names.js';

/**
 * A resumed TLS session shows no certificate again (RFC 8446 section 2.2): the server takes the caller for the client that
 * opened the session. A session of a valid client is reported, as a matter of policy; a right server lets no client in by a
 * session that was opened without a certificate, under any name.
 */
export const probeSessions: Probe = async (opened) => {
  const stranger = strangerOf(opened);
  if (stranger === undefined || !speaksHttp(opened)) return [];
  const found = [
    ...opened.versions.map((tls) => ofValid(opened, stranger, tls)),
    ...guardedVersions(opened).map((tls) => ofNobody(opened, stranger, tls)),
  ];
  return (await Promise.all(found)).flat();
};

async function ofValid(opened: Opened, stranger: Case, tls: TlsVersion): Promise<Finding[]> {
  const session = await openSession((onSession) => tryCase(opened, opened.valid, tls, { onSession }));
  const way = { kind: 'session', of: opened.valid.tried } as const;
  const tried = { kind: 'approach', with: stranger.tried, way } as const;
  if (session === undefined) return [noSession(opened, tried, tls)];
  const { done, resumed } = await resume(opened, stranger, tls, session);
  const note = { kind: 'session-without-certificate' } as const;
  const judged = judgeStranger(opened, done, note);
  // Let in by a new session, it is the hole that its own case finds.
  if (judged.verdict === 'wrong' && !resumed) return [];
  // Nothing but the same answer for what it does not have tells less of a session, and that was resumed.
  const letIn = judged.verdict === 'wrong' || (resumed && judged.verdict === 'inconclusive');
  if (!letIn || done.outcome.kind === 'no-answer')
    return [probeFinding(opened, tried, done, { ...judged, policy: true })];
  // The server knows whom it lets in: what that is worth is for its owner to say.
  const finding = probeFinding(opened, tried, done, {
    ...{ verdict: 'right', observed: 'let-in', policy: true },
    note,
  });
  return [{ ...finding, expected: { kind: 'let-in' } }];
}

async function ofNobody(opened: Opened, stranger: Case, tls: TlsVersion): Promise<Finding[]> {
  const way = { kind: 'session', of: null } as const;
  const tried = { kind: 'approach', with: stranger.tried, way } as const;
  const findings = await Promise.all(
    [undefined, ...namesToTry(opened)].map(async (name): Promise<Finding[]> => {
      const under = name === undefined ? {} : { serverName: name };
      const session = await openSession((onSession) =>
        tryStranger(opened, stranger, tls, { ...under, onSession }),
      );
      if (session === undefined) return [];
      const { done, resumed } = await resume(opened, stranger, tls, session);
      const judged = judgeStranger(opened, done, { kind: 'session-without-client' });
      return judged.verdict === 'wrong' && !resumed ? [] : [probeFinding(opened, tried, done, judged)];
    }),
  );
  // One row for all names.
  const worst = worstOf(findings.flat());
  return worst === undefined ? [] : [worst];
}

/** A session that cannot be resumed lets no client in. */
export function noSession(opened: Opened, tried: Subject, tls: TlsVersion): Finding {
  const judged = { verdict: 'right', observed: 'refused', policy: true } as const;
  return { ...probeFinding(opened, tried, { tls, milliseconds: 0 }, judged), by: { kind: 'no-session' } };
}

/** @returns the last session that was offered before the answer */
export async function openSession(
  call: (onSession: (session: Buffer) => void) => Promise<unknown>,
): Promise<Buffer | undefined> {
  let last: Buffer | undefined;
  await call((session) => {
    last = session;
  });
  return last;
}

/** Resumes a session with a client that shows no certificate. */
export async function resume(
  opened: Opened,
  stranger: Case,
  tls: TlsVersion,
  session: Buffer,
): Promise<{ readonly done: Attempt; readonly resumed: boolean }> {
  let resumed = false;
  const onSecure = (socket: TLSSocket) => {
    resumed = socket.isSessionReused();
  };
  const done = await tryStranger(opened, stranger, tls, { session, onSecure });
  return { done, resumed };
}
