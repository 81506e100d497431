import { defineConfig } from 'vitest/config';

// Programs that neither Debian nor npm's lock file has. They are put into a cache folder, which the first run fills.
const TIMEOUT = 120_000;

export default defineConfig({
  test: {
    name: 'field',
    include: ['test/field/**/*.test.ts'],
    globalSetup: ['test/field/setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    maxWorkers: 2,
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
  },
});
