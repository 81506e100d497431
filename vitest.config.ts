import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/tools-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Real servers on a busy two-core machine: a bound on what hangs, not a measure of anything.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
