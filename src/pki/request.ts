import type { FlawName, ServerFlawName } from './flaws/flaws.js';
import type { Authority } from './issue/authority.js';
import type { KeyType } from './keys/key-types.js';
import type { PublicKey } from './keys/keys.js';
import type { Identity } from './names/identity.js';

/**
 * What a set is made from: checked, canonical, every default filled in. Stands in the manifest.
 *
 * @example
 * ```ts
 * const { names, key, validFor }: SetRequest = set.request;
 * ```
 */
export interface SetRequest {
  /**
   * The names of the server called `server`. The first is its CN; all stand in its SAN. Empty where the set has only
   * servers with an id.
   */
  readonly names: readonly string[];
  readonly layouts: readonly string[];
  /** The servers with an id, beside the one called `server`. */
  readonly servers: readonly ServerRequest[];
  /** The parties that are server and client at once. */
  readonly peers: readonly ServerRequest[];
  readonly clients: readonly string[];
  readonly untrusted: readonly FlawName[];
  readonly untrustedServers: readonly ServerFlawName[];
  readonly key: KeyType;
  readonly caKey: KeyType;
  /** As typed: `1d`. */
  readonly validFor: string;
  /** How long before it is made everything begins, as typed: `5m`. */
  readonly backdate: string;
  /** Whether clients without a name for the SAN get one. */
  readonly plainSan: boolean;
  readonly nameConstraints: boolean;
  /** How many CAs stand between the root and the leaves. */
  readonly intermediates: number;
  /** The folder of the CA that signs, absolute; null where the set has a CA of its own. */
  readonly ca: string | null;
  /** Whether a consumer gets what it needs to sign as the set's CA does. */
  readonly issuer: boolean;
}

/**
 * A server or a peer, as the manifest has it.
 *
 * @example
 * ```ts
 * const [api]: readonly ServerRequest[] = set.request.servers;
 * ```
 */
export interface ServerRequest {
  /** The name of its files, and of the party in the set. */
  readonly id: string;
  readonly names: readonly string[];
  /** The layouts that have its files; null for all of the set's. */
  readonly layouts: readonly string[] | null;
}

/** A request with what was read out of it. */
export interface ParsedRequest {
  readonly request: SetRequest;
  /** The first is the one that stands for the set: the one called `server` where there is one. */
  readonly servers: readonly ParsedServer[];
  readonly peers: readonly ParsedServer[];
  readonly clients: readonly ParsedClient[];
  /** The set's life in seconds. */
  readonly lifetime: number;
  /** How long before it is made everything begins, in seconds. */
  readonly backdate: number;
  /** File names, without the extension and in lower case, that no client may take. */
  readonly reservedNames: readonly string[];
  /** The root that signs, where it is not the set's own. */
  readonly root?: Authority | undefined;
  /** Whether the keys may be those of an earlier set of the same request. */
  readonly reuseKeys: boolean;
}

/** What every holder of a key to be issued has. */
interface ParsedPartyFields {
  /** Of its files, without the extension. */
  readonly fileName: string;
  /** Where its private key is someone else's and the set has only this. */
  readonly publicKey?: PublicKey | undefined;
}

export interface ParsedServer extends ParsedPartyFields {
  readonly role: 'server' | 'peer';
  /** `server`, or its id. */
  readonly name: string;
  readonly names: readonly Identity[];
  /** The layouts that have its files; null for all of the set's. */
  readonly layouts: readonly string[] | null;
}

export interface ParsedClient extends ParsedPartyFields {
  readonly role: 'client';
  readonly name: string;
  readonly identity: Identity;
}

/** One holder of a key that is to be trusted. */
export type ParsedParty = ParsedServer | ParsedClient;
