import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { quote, type Warning } from '../errors.js';
import type { Listen } from './listen.js';
import { canHold } from './ports.js';

/** What a listener is given. */
export interface ResolvedAddresses {
  readonly addresses: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * The addresses that a listener takes on this host: IPv6 only where there is any. Of those in a server's own bind
 * flag the ones that this host has; where it has none of them, all interfaces.
 */
export async function resolveAddresses({ addresses, bindFlag }: Listen): Promise<ResolvedAddresses> {
  if (bindFlag === undefined) return { addresses: await withoutMissingIpv6(addresses), warnings: [] };
  const own: string[] = [];
  const foreign: string[] = [];
  for (const host of addresses) {
    const found = await addressesHere(host);
    if (found.length === 0) foreign.push(host);
    own.push(...found);
  }
  return {
    addresses: own.length === 0 ? await withoutMissingIpv6([]) : [...new Set(own)],
    warnings: foreign.map((host) => ({
      message: `${quote(host)} of ${bindFlag} is not an address of this host`,
      hint:
        own.length === 0
          ? 'all interfaces are listened on; --listen-grpc and --listen-rest <address:port> choose one'
          : 'only the other addresses are listened on',
    })),
  };
}

async function withoutMissingIpv6(addresses: readonly string[]): Promise<readonly string[]> {
  const asked = addresses.length === 0 ? ['0.0.0.0', '::'] : addresses;
  if (await canHold('::1')) return asked;
  // An IPv6 address that was typed is meant: only what this program itself adds is left out.
  const optional = addresses.length === 0 ? ['::'] : addresses.length > 1 ? ['::1'] : [];
  return asked.filter((address) => !optional.includes(address));
}

/** The addresses of this host that a name or an address stands for. */
async function addressesHere(host: string): Promise<string[]> {
  const candidates =
    host === 'localhost'
      ? ['127.0.0.1', '::1']
      : isIP(host) !== 0
        ? [host]
        : (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address);
  const here = await Promise.all(candidates.map((address) => canHold(address)));
  return candidates.filter((_address, index) => here[index]);
}
