import { isIP } from 'node:net';
import type { Opened } from '../proof.js';
import type { Probe } from './probe.js';
import { judgeStranger, probeFinding, speaksHttp, strangerOf, tryStranger } from './probed.js';

/** A name that no server has (RFC 6761 section 6.4). */
export const NO_SERVERS_NAME = 'not-the-name.invalid';

/** Certificates may have very many names. */
const MOST_NAMES = 4;

/**
 * A server that asks for a certificate for some server names alone, or only where there is one, and then serves by the
 * Host header whom it let in by another name: no certificate is tried under other server names, with the guarded Host.
 */
export const probeServerNames: Probe = async (opened) => {
  const stranger = strangerOf(opened);
  if (stranger === undefined || !speaksHttp(opened)) return [];
  const tries = namesToTry(opened).flatMap((name) => opened.versions.map((tls) => [name, tls] as const));
  return Promise.all(
    tries.map(async ([name, tls]) => {
      const done = await tryStranger(opened, stranger, tls, { serverName: name });
      const way = { kind: 'server-name', name } as const;
      const tried = { kind: 'approach', with: stranger.tried, way } as const;
      return probeFinding(opened, tried, done, judgeStranger(opened, done, { kind: 'let-in-by-name' }));
    }),
  );
};

/** None (as where the server is called by its address), one that is nobody's, and the other names of the set's server. */
export function namesToTry({ endpoint, set }: Opened): (string | null)[] {
  const called = endpoint.host;
  const own = set.servers
    .flatMap(({ certificate }) => certificate.subjectAltNames)
    .flatMap((name) => /^DNS:([^*]+)$/.exec(name)?.[1] ?? [])
    .filter((name) => name !== called)
    .slice(0, MOST_NAMES);
  const none = isIP(called) === 0 ? [null] : [];
  return [...none, NO_SERVERS_NAME, ...new Set(own)];
}
