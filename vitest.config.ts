import { defineConfig } from 'vitest/config';

/** Where a machine-readable report is wanted as well: .ci/run counts from it. */
const report = process.env['CHARGEGATE_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'node_modules/**'],
    globals: false,
    pool: 'forks',
    // No module holds state, so that files may share a process: a third of the time.
    isolate: false,
    // One more than the two cores that this is made for: a third of the time is waiting for clocks, disks and browsers.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['gateway/**', 'adapters/**', 'config/**'],
      exclude: ['adapters/console/page/**'],
    },
  },
});
