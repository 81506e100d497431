import { GenerateCertsError, quote } from '../errors.js';
import { accessFor, formatMode, type KeyAccess } from './key-access.js';
import type { LayoutRules } from './layout-rules.js';

/** A holder of a key, with the layouts that have it: all of the set's when absent or null. */
interface KeyHolder {
  readonly role: string;
  readonly name: string;
  readonly layouts?: readonly string[] | null | undefined;
}

/**
 * Refuses permissions and owners with which a program would not load its key.
 *
 * @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID`
 */
export function refuseUnfitAccess(
  access: KeyAccess,
  parties: readonly KeyHolder[],
  layouts: readonly LayoutRules[],
): void {
  for (const { name: layout, consumer, keyAccessProblem } of layouts) {
    if (keyAccessProblem === undefined) continue;
    for (const party of parties) {
      if (party.layouts?.includes(layout) === false) continue;
      const { mode, owner } = accessFor(access, party);
      const problem = keyAccessProblem({ mode, uid: owner?.uid ?? process.geteuid?.() });
      if (problem === undefined) continue;
      throw new GenerateCertsError(
        'ERR_KEY_MODE_INVALID',
        `${consumer} does not load the key of ${quote(party.name)} with mode ${formatMode(mode)}: ${problem}`,
        'leave --key-mode out, with --owner for the user who needs the key; for a program that wants another mode make a second set with --ca',
      );
    }
  }
}
