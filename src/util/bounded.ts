/** Runs work side by side within a bound, and gives the results in its order. */
export async function runBounded<T>(work: readonly (() => Promise<T>)[], bound: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < work.length; index = next++) {
      results[index] = await (work[index] as () => Promise<T>)();
    }
  };
  await Promise.all(Array.from({ length: bound }, worker));
  return results;
}
