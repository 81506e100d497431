import type { FlawName, ServerFlawName } from './flaws/flaws.js';
import type { Authority } from './issue/authority.js';
import type { KeyType } from './keys/key-types.js';
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
  /** The endpoint's names. The first is the server's CN; all stand in its SAN. */
  readonly names: readonly string[];
  readonly layouts: readonly string[];
  readonly clients: readonly string[];
  readonly untrusted: readonly FlawName[];
  readonly untrustedServers: readonly ServerFlawName[];
  readonly key: KeyType;
  readonly caKey: KeyType;
  /** As typed: `1d`. */
  readonly validFor: string;
  readonly nameConstraints: boolean;
  /** How many CAs stand between the root and the leaves. */
  readonly intermediates: number;
  /** The folder of the CA that signs, absolute; null where the set has a CA of its own. */
  readonly ca: string | null;
}

/** A request with what was read out of it. */
export interface ParsedRequest {
  readonly request: SetRequest;
  readonly names: readonly Identity[];
  readonly clients: readonly ParsedClient[];
  /** The set's life in seconds. */
  readonly lifetime: number;
  /** File names, without the extension and in lower case, that no client may take. */
  readonly reservedNames: readonly string[];
  /** The root that signs, where it is not the set's own. */
  readonly root?: Authority | undefined;
  /** Whether the keys may be those of an earlier set of the same request. */
  readonly reuseKeys: boolean;
}

export interface ParsedClient {
  readonly identity: Identity;
  readonly fileName: string;
}
