import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../protocols/protocol.js';

/** An endpoint at one of the addresses of its name. */
export interface AddressedEndpoint {
  readonly endpoint: Endpoint;
  /** Absent where there is none to tell apart. */
  readonly address?: string;
}

/** A name with more addresses than this is a service with many doors that are one. */
const MOST_ADDRESSES = 8;

/**
 * The endpoint at every address that its name resolves to: what listens on IPv4 and on IPv6 may differ, and so may
 * hosts that share a name. A name that does not resolve stays as it is, for the connection to say so.
 */
export async function addressesOf(endpoint: Endpoint, timeoutMs: number): Promise<AddressedEndpoint[]> {
  const { host, port } = endpoint.connectTo ?? endpoint;
  if (isIP(host) !== 0) return [{ endpoint }];
  const found = await inTime(lookup(host, { all: true }), timeoutMs);
  const addresses = [...new Set(found?.map(({ address }) => address))].slice(0, MOST_ADDRESSES);
  if (addresses.length === 0) return [{ endpoint }];
  return addresses.map((address) => ({
    endpoint: { ...endpoint, connectTo: { host: address, port } },
    address,
  }));
}

/** Nothing where it fails, or is not there in time. */
async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
