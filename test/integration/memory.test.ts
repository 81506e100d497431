// A thousand sets made and dropped in one process leave the heap where it was after the first ten.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, runBeside } from '../support/program.js';

// The compiler's work on code that runs often stands on the heap too and levels off: it is left out.
const PROGRAM = `
const { getHeapCodeStatistics } = require('node:v8');
const { createCertificateSet } = require(${JSON.stringify(join(REPOSITORY, 'dist', 'index.cjs'))});
const heap = () => {
  for (let times = 0; times < 3; times++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external - getHeapCodeStatistics().code_and_metadata_size;
};
(async () => {
  const sizes = [];
  for (let made = 1; made <= 1000; made++) {
    await createCertificateSet({ layouts: ['grpc'] });
    if ([10, 500, 1000].includes(made)) sizes.push(heap());
  }
  console.log(JSON.stringify(sizes));
})();
`;

test('a thousand sets made and dropped', async () => {
  const { stdout, stderr, status } = await runBeside(process.execPath, ['--expose-gc', '-e', PROGRAM]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [ten, half, all] = JSON.parse(stdout) as [number, number, number];
  // A set is some 100 kB: not one in fifty may have stayed, and in the second half none.
  expect(all - ten).toBeLessThan(2_000_000);
  expect(all - half).toBeLessThan(500_000);
});
