/** The most CAs that may stand between the root and the leaves. */
export const MOST_INTERMEDIATES = 3;

/** Which CAs: those that sign, or those that a rotation will have sign or had sign before. */
export type Generation = 'own' | 'next' | 'previous';

const PREFIXES = { own: '', next: 'next-', previous: 'previous-' } as const;

/** What the CAs of a set are called in its manifest and its files: the root first, then those below it. */
export function authorityNames(generation: Generation, intermediates: number): string[] {
  const prefix = PREFIXES[generation];
  const below = Array.from({ length: intermediates }, (_, index) => `${prefix}intermediate-${index + 1}`);
  return [`${prefix}ca`, ...below];
}

/** Every name that a CA of a set may have. */
export const AUTHORITY_NAMES: readonly string[] = (['own', 'next', 'previous'] as const).flatMap(
  (generation) => authorityNames(generation, MOST_INTERMEDIATES),
);
