import { closest, distance } from 'fastest-levenshtein';

/** The known word nearest to a mistyped one, or nothing when none is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // The work grows with the product of the lengths, and a word may come from anywhere.
  const typed = word.toLowerCase().slice(0, 64);
  if (typed.length === 0 || known.length === 0) return undefined;
  const begun = typed.length >= 3 ? known.find((candidate) => candidate.startsWith(typed)) : undefined;
  if (begun !== undefined) return begun;
  const candidate = closest(typed, known);
  const tolerated = Math.max(2, Math.floor(candidate.length * 0.4));
  const differing = distance(typed, candidate);
  return differing <= tolerated && differing < candidate.length ? candidate : undefined;
}

/** The hint for a word that is not among the known ones: the nearest first, then all of them. */
export function hintForUnknown(word: string, known: readonly string[]): string {
  const close = nearest(word, known);
  const all = `known: ${known.join(', ')}`;
  return close === undefined ? all : `did you mean '${close}'? ${all}`;
}
