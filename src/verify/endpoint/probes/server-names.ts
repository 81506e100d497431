import { isIP } from 'node:net';
import { authorityOf } from '../../protocols/calls/authority.js';
import type { Finding } from '../../report/finding.js';
import type { TlsVersion } from '../../wire/tls.js';
import type { Case } from '../cases.js';
import type { Opened } from '../proof.js';
import type { Probe } from './probe.js';
import {
  guardedVersions,
  judgeStranger,
  probeFinding,
  speaksHttp,
  strangerOf,
  tryStranger,
  worstOf,
} from './probed.js';

/** A name that no server has (RFC 6761 section 6.4). */
export const NO_SERVERS_NAME = 'not-the-name.invalid';

/** Certificates may have very many names. */
const MOST_NAMES = 4;

/**
 * A server that asks for a certificate for some server names alone, or only where there is one, may serve whom it let in by
 * another name all the same: no certificate is tried under other server names, each with the guarded Host and with its own.
 */
export const probeServerNames: Probe = async (opened) => {
  const stranger = strangerOf(opened);
  if (stranger === undefined || !speaksHttp(opened)) return [];
  const tries = namesToTry(opened).flatMap((name) =>
    guardedVersions(opened).map((tls) => [name, tls] as const),
  );
  return Promise.all(tries.map(([name, tls]) => underName(opened, stranger, name, tls)));
};

async function underName(
  opened: Opened,
  stranger: Case,
  name: string | null,
  tls: TlsVersion,
): Promise<Finding> {
  const hosts = [undefined, ownHost(opened, name)];
  const findings = await Promise.all(
    hosts.map(async (host) => {
      const headers = host === undefined ? {} : { headers: { host } };
      const done = await tryStranger(opened, stranger, tls, { serverName: name, ...headers });
      const tried = { kind: 'approach', with: stranger.tried, way: { kind: 'server-name', name } } as const;
      return probeFinding(opened, tried, done, judgeStranger(opened, done, { kind: 'let-in-by-name' }));
    }),
  );
  return worstOf(findings) as Finding;
}

/** The Host of who calls the server by this name, or by its address. */
function ownHost({ endpoint }: Opened, name: string | null): string {
  const { host } = endpoint.connectTo ?? endpoint;
  const address = isIP(host) === 0 ? '127.0.0.1' : host;
  return authorityOf({ ...endpoint, host: name ?? address }, 443);
}

/** None (as where the server is called by its address), one that no server has, and the other names of the set's server. */
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
