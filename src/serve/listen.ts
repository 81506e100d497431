import { isIP } from 'node:net';
import { GenerateCertsError, quote } from '../errors.js';
import { isHost } from '../util/hosts.js';

/** Where NGINX listens. */
export interface Listen {
  /** IP addresses; none for all interfaces, in IPv4 and, where the host has it, IPv6. */
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * The server's own flag that these came from. They may be host names then, and what this host does not have is
   * left out with a warning.
   */
  readonly bindFlag?: string | undefined;
}

/** @throws {@link GenerateCertsError} `ERR_PORT_INVALID` */
export function parsePort(typed: string, where: string): number {
  const port = /^\d{1,5}$/.test(typed) ? Number(typed) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new GenerateCertsError(
    'ERR_PORT_INVALID',
    `${quote(typed)} of ${where} is not a port`,
    'a port is a number from 1 to 65535',
  );
}

/**
 * Reads the addresses to listen on: IP addresses and `localhost`, with commas between them, as a model
 * server's bind flags take them.
 *
 * @throws {@link GenerateCertsError} `ERR_ADDRESS_INVALID`
 */
export function parseAddresses(typed: string, where: string): readonly string[] {
  return typed.split(',').flatMap((part) => {
    const address = part.trim().replace(/^\[(.*)\]$/, '$1');
    if (address === 'localhost') return ['127.0.0.1', '::1'];
    // A zone (fe80::1%eth0) is nothing that NGINX's listen takes.
    if (isIP(address) !== 0 && !address.includes('%')) return [address];
    throw new GenerateCertsError(
      'ERR_ADDRESS_INVALID',
      `${quote(part)} of ${where} is not an IP address`,
      'give the address of an interface, such as 127.0.0.1, 0.0.0.0 or ::',
    );
  });
}

/**
 * Reads the value of a server's own bind flag: IP addresses and host names, with commas between them.
 *
 * @throws {@link GenerateCertsError} `ERR_ADDRESS_INVALID`
 */
export function parseBindHosts(typed: string, where: string): readonly string[] {
  return typed.split(',').map((part) => {
    const host = part.trim().replace(/^\[(.*)\]$/, '$1');
    if (isHost(host)) return host;
    throw new GenerateCertsError(
      'ERR_ADDRESS_INVALID',
      `${quote(part)} of ${where} is not an IP address or a host name`,
      'give the address of an interface, such as 127.0.0.1, 0.0.0.0 or ::',
    );
  });
}

/**
 * Reads `port` or `address:port`.
 *
 * @throws {@link GenerateCertsError} `ERR_PORT_INVALID` or `ERR_ADDRESS_INVALID`
 */
export function parseListen(typed: string, where: string): Listen {
  const colon = typed.lastIndexOf(':');
  const port = parsePort(typed.slice(colon + 1), where);
  return { port, addresses: colon < 0 ? [] : parseAddresses(typed.slice(0, colon), where) };
}

/** An address as it stands before a port. */
export function bracket(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
