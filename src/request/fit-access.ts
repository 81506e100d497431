import { GenerateCertsError, quote, type Warning } from '../errors.js';
import { type Access, accessFor, formatMode, type KeyAccess } from './key-access.js';
import type { LayoutRules } from './layout-rules.js';

/** A holder of a key, with the layouts that have it: all of the set's when absent or null. */
interface KeyHolder {
  readonly role: string;
  readonly name: string;
  readonly layouts?: readonly string[] | null | undefined;
}

/**
 * Checks that programs load their keys with these permissions and owners. Where one does not and another layout's does, that
 * one's copy is its owner's alone ({@link fitAccess}).
 *
 * @returns for which programs and parties that is so
 * @throws {@link GenerateCertsError} `ERR_KEY_MODE_INVALID` where none of a party's layouts takes them
 */
export function checkAccess(
  access: KeyAccess,
  parties: readonly KeyHolder[],
  layouts: readonly LayoutRules[],
): Warning[] {
  const warnings = new Map<string, Warning>();
  for (const party of parties) {
    const asked = accessFor(access, party);
    const own = layouts.filter(({ name }) => party.layouts?.includes(name) !== false);
    const unfit = own.flatMap(({ consumer, ...layout }) => {
      const problem = problemOf(asked, layout);
      return problem === undefined ? [] : [{ consumer, problem }];
    });
    const mode = formatMode(asked.mode);
    for (const { consumer, problem } of unfit) {
      const key = `${consumer} does not load the key of ${quote(party.name)} with mode ${mode}`;
      if (unfit.length === own.length) {
        throw new GenerateCertsError(
          'ERR_KEY_MODE_INVALID',
          `${key}: ${problem}`,
          'leave --key-mode out, with --owner for the user who needs the key',
        );
      }
      // Clients by the thousand would say the same.
      if (warnings.has(consumer)) continue;
      warnings.set(consumer, {
        message: `${key}, and its copy keeps mode ${formatMode(OWNER_ALONE)}: ${problem}`,
        hint: `the other layouts have ${mode}; --owner gives the keys to the user who needs them`,
      });
    }
  }
  return [...warnings.values()];
}

/** Who may read a layout's copy of a key: as asked for, or its owner alone where the program would not load it then. */
export function fitAccess(asked: Access, layout: Pick<LayoutRules, 'keyAccessProblem'>): Access {
  return problemOf(asked, layout) === undefined ? asked : { ...asked, mode: OWNER_ALONE };
}

const OWNER_ALONE = 0o600;

function problemOf(
  { mode, owner }: Access,
  { keyAccessProblem }: Pick<LayoutRules, 'keyAccessProblem'>,
): string | undefined {
  return keyAccessProblem?.({ mode, uid: owner?.uid ?? process.geteuid?.() });
}
