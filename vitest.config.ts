import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Files are as real there as anywhere, and nobody waits for a disk: a third of the time would be that. */
const MEMORY = '/dev/shm';
const ENOUGH = 4e9;

// Where it would be anyway: what daemons compile at their start stays for the next run.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');

/** All that the tests write, gone when they end. Who sets TMPDIR has it there. */
const files = mkdtempSync(join(!process.env['TMPDIR'] && hasRoom(MEMORY) ? MEMORY : tmpdir(), 'chargegate-tests-'));
process.env['TMPDIR'] = files;
process.on('exit', () => rmSync(files, { recursive: true, force: true }));

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize > ENOUGH;
  } catch {
    return false;
  }
}

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
