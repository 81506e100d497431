import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

// Real servers on a busy two-core machine: a bound on what hangs, not a measure of anything.
const TIMEOUT = 120_000;

// It puts a module of its own in the place of one of src/, which files of the same process would see.
const MOCKING = ['test/integration/wording.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Needs nothing installed, and takes seconds.
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: TIMEOUT,
          isolate: false,
        },
      },
      // Runs the built program and real servers.
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/hostile/**/*.test.ts'],
          exclude: MOCKING,
          // A new process for each file costs half a second of start and of loading src/ again.
          isolate: false,
          globalSetup: ['test/support/tools-setup.ts'],
          testTimeout: TIMEOUT,
          hookTimeout: TIMEOUT,
        },
      },
      { test: { name: 'mocking', include: MOCKING, testTimeout: TIMEOUT } },
    ],
  },
});
