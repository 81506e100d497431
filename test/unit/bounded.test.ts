import { expect, test } from 'vitest';
import { forEachBounded, runBounded } from '../../src/util/bounded.js';

/** Work that ends when it is told to. */
function work(count: number) {
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const begin = (index: number) => {
    begun.push(index);
    return new Promise<number>((resolve, reject) => {
      ends[index] = (error) => (error === undefined ? resolve(index * 10) : reject(error));
    });
  };
  return { items: Array.from({ length: count }, (_, index) => index), begun, ends, begin };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('no more than the bound goes on at once, and the results keep their order', async () => {
  const { items, begun, ends, begin } = work(4);
  const done = runBounded(
    items.map((index) => () => begin(index)),
    2,
  );
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[2]?.();
  ends[0]?.();
  await turn();
  ends[3]?.();
  expect(await done).toEqual([0, 10, 20, 30]);
});

test('after a failure nothing more is begun, and what goes on is waited for', async () => {
  const { items, begun, ends, begin } = work(4);
  let settled = false;
  const done = forEachBounded(items, 2, begin).finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  await turn();
  ends[0]?.(new Error('no'));
  await turn();
  expect({ begun, settled }).toEqual({ begun: [0, 1], settled: false });
  ends[1]?.();
  await expect(done).rejects.toThrow('no');
  expect(begun).toEqual([0, 1]);
});
