import type { Warning } from '../errors.js';
import type { ParsedRequest } from '../pki/request.js';
import type { KeyAccess } from '../request/key-access.js';
import type { StorePassword } from '../request/password.js';
import type { CheckedRequest } from '../request/request.js';
import type { Damage } from './manifest/damages.js';
import type { Shortfall } from './manifest/freshness.js';
import type { Manifest } from './manifest/manifest.js';

/**
 * What `ensureCertificateSet` did, or would do with `dryRun`.
 *
 * @example
 * ```ts
 * const { outcome, made, removed }: EnsureResult = await ensureCertificateSet('certs', { clients: ['bob'] });
 * console.log(outcome, made, removed);
 * ```
 */
export interface EnsureResult {
  readonly manifest: Manifest;
  /**
   * - `unchanged`: the set that is there serves the request.
   * - `created`: there was no set, or `new` was asked for.
   * - `updated`: by the same CA, what was missing, damaged or newly asked for was made.
   * - `renewed`: everything was issued for a new life, by a CA of the same key and name.
   * - `replaced`: everything that was in the set was issued by a new CA.
   */
  readonly outcome: 'unchanged' | 'created' | 'updated' | 'renewed' | 'replaced';
  /** Whether anything was written, or would be. */
  readonly changed: boolean;
  /** Why the set that was there did not serve as it was; empty where there was none. */
  readonly reasons: readonly string[];
  /** Files that were written, relative to the set's folder. The manifest itself is in none of the three lists. */
  readonly made: readonly string[];
  /** Files of the set that were not touched. */
  readonly kept: readonly string[];
  /** Files that were removed: of layouts that are no longer asked for, and those that moved. */
  readonly removed: readonly string[];
  readonly warnings: readonly Warning[];
}

/** What a look into the folder found. */
export interface SetFound {
  readonly old: Manifest | undefined;
  readonly damages: ReadonlyMap<string, Damage>;
  /** What is asked for, with what is recorded. */
  readonly checked: CheckedRequest;
  readonly access: KeyAccess;
  /** What keystores are written with. */
  readonly password: StorePassword;
  /** Every client that the set is to have: those that were added to it, too. */
  readonly parsed: () => ParsedRequest;
  /** Nothing where the set serves the request. */
  readonly shortfall: Shortfall | { readonly reissue: 'all'; readonly reasons: readonly [] } | undefined;
}

/** The result where the set that is there serves. */
export function unchanged(manifest: Manifest): Omit<EnsureResult, 'warnings'> {
  const kept = manifest.files.map(({ path }) => path).sort();
  return { manifest, outcome: 'unchanged', changed: false, reasons: [], made: [], kept, removed: [] };
}
