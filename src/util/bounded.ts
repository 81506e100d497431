import pLimit from 'p-limit';

/** Runs work side by side within a bound, and gives the results in its order. */
export function runBounded<T>(work: readonly (() => Promise<T>)[], bound: number): Promise<T[]> {
  return pLimit(bound).map(work, (one) => one());
}

/**
 * Does some work for every item, so many at once. After the first failure no more are begun, and it fails when those
 * under way have ended: whatever takes the work back finds nothing moving under it.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  bound: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const limit = pLimit(bound);
  let failed = false;
  const attempt = async (item: T) => {
    if (failed) return;
    try {
      await work(item);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const results = await Promise.allSettled(items.map((item) => limit(attempt, item)));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
