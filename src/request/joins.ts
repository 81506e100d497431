// How lists of a configuration file are joined by those of the command line. All values were checked.
import { listServers } from './parse.js';

/** Both lists, each item once. */
export function joinLists(ofFile: unknown, added: unknown): unknown {
  return [...new Set([ofFile, added].flat())];
}

/** Where two are for the same party, the one that was added is the last and holds. */
export function joinByParty(ofFile: unknown, added: unknown): unknown {
  return [ofFile, added].flat();
}

/** Both lists of flaws. `none` that is added takes the place of the file's list, and the file's gives way to a flaw. */
export function joinFlaws(ofFile: unknown, added: unknown): unknown {
  const [flaws, more] = [[ofFile].flat(), [added].flat()];
  if (more.includes('none')) return added;
  return joinLists(
    flaws.filter((flaw) => flaw !== 'none'),
    more,
  );
}

/** Both lists of servers or peers; one that is added takes the place of the one with its id. */
export function joinServers(role: 'server' | 'peer', ofFile: unknown, added: unknown): unknown {
  const servers = [...listServers(role, ofFile), ...listServers(role, added)];
  return [...new Map(servers.map((server) => [server.id, server])).values()];
}
