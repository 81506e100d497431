import { GenerateCertsError, quote } from '../errors.js';
import { readOptions } from '../util/options.js';
import type { PartyCredential } from './issue/party.js';

/** What a signed request may be a certificate for. */
export const SIGNED_ROLES = ['client', 'server', 'peer'] as const;

/**
 * How a request is signed.
 *
 * @example
 * ```ts
 * const options: SignOptions = { as: 'server', name: 'api' };
 * ```
 */
export interface SignOptions {
  /**
   * What the certificate is for.
   * @default 'client'
   */
  readonly as?: (typeof SIGNED_ROLES)[number] | undefined;
  /**
   * What the party is called in the set: a client's identity, which stands in the place of the request's subject, or
   * the id of a server or peer.
   * @default the request's subject; for a server or peer its first name
   */
  readonly name?: string | undefined;
}

/**
 * A certificate for a key that someone else holds.
 *
 * @example
 * ```ts
 * const make = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=dora'];
 * const request = execFileSync('openssl', make, { stdio: ['ignore', 'pipe', 'ignore'] });
 * const { credential, leftOut }: SignedRequest = await set.sign(request);
 * console.log(credential.name, leftOut);
 * ```
 */
export interface SignedRequest {
  /** Its `privateKey` throws `ERR_KEY_ELSEWHERE`. */
  readonly credential: PartyCredential;
  /** What the request asked for and the certificate does not have, each in a few words. */
  readonly leftOut: readonly string[];
}

/** @throws {@link GenerateCertsError} `ERR_OPTION_INVALID` */
export function parseSignOptions(options: SignOptions): {
  readonly as: (typeof SIGNED_ROLES)[number];
  readonly name: string | undefined;
} {
  const { as = 'client', name } = readOptions(options, ['as', 'name'], "{ as: 'client' }");
  if (!SIGNED_ROLES.includes(as)) {
    throw new GenerateCertsError(
      'ERR_OPTION_INVALID',
      `a request cannot be signed as ${quote(as)}`,
      `use ${SIGNED_ROLES.join(', ')}`,
    );
  }
  return { as, name };
}
