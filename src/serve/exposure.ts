import { GenerateCertsError, type Warning } from '../errors.js';
import { isLoopback, listeningSockets, membersOf, socketInodes } from '../util/proc.js';
import { bracket } from './listen.js';

/** Where a server listens that others than this host can reach, without the front. */
export interface Exposure {
  /** `address:port`, on a port that NGINX passes calls on to. */
  readonly backend: readonly string[];
  /** `address:port` of its other listeners. */
  readonly others: readonly string[];
}

/**
 * Looks at the listening sockets of a server and of what it has started. Only Linux tells; elsewhere, and of processes
 * that this user may not look at, nothing is found.
 *
 * @param group the process group of the server
 * @param ports those that NGINX passes calls on to
 */
export function exposureOf(group: number, ports: readonly number[]): Exposure {
  const members = membersOf(group);
  const inodes = new Set(members.flatMap(socketInodes));
  const open = listeningSockets(members[0] ?? 'self').filter(
    ({ address, inode }) => inodes.has(inode) && !isLoopback(address),
  );
  const shown = (sockets: typeof open) => [
    ...new Set(sockets.map(({ address, port }) => `${bracket(address)}:${port}`)),
  ];
  return {
    backend: shown(open.filter(({ port }) => ports.includes(port))),
    others: shown(open.filter(({ port }) => !ports.includes(port))),
  };
}

/**
 * Refuses a server that clients can reach around the front, and warns of its other listeners.
 *
 * @param allowed whether such a server is only warned of
 * @throws {@link GenerateCertsError} `ERR_BACKEND_EXPOSED`
 */
export function checkExposure({ backend, others }: Exposure, allowed: boolean): Warning[] {
  const message = `the server listens on ${backend.join(' and ')}: clients can reach it without TLS, around NGINX`;
  const hint = 'name its flag for the address with --bind-flag';
  if (backend.length > 0 && !allowed) {
    throw new GenerateCertsError(
      'ERR_BACKEND_EXPOSED',
      message,
      `${hint}, or allow it with --allow-exposed-backend`,
    );
  }
  return [
    ...(backend.length > 0 ? [{ message, hint }] : []),
    ...(others.length > 0
      ? [
          {
            message: `the server also listens on ${others.join(' and ')}, which NGINX is not in front of`,
            hint: 'turn that listener off, or keep others from reaching it',
          },
        ]
      : []),
  ];
}
