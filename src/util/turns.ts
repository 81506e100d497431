/** Lets whatever else this thread has to do have its turn: signals, timers, other work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** So many small things are done in one go: a few milliseconds of work. */
const IN_A_TURN = 100;

/**
 * Does some work for every item, one after the other, in turns with whatever else this thread has to do.
 *
 * @param between called after each turn with how many are done
 */
export async function forEachInTurns<T>(
  items: readonly T[],
  work: (item: T, index: number) => void,
  between: (done: number) => void = () => undefined,
): Promise<void> {
  for (const [index, item] of items.entries()) {
    work(item, index);
    if (index % IN_A_TURN !== IN_A_TURN - 1) continue;
    await nextTurn();
    between(index + 1);
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
