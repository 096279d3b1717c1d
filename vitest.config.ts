import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/build-example.ts',
    testTimeout: 240_000,
    hookTimeout: 300_000,
    // Real engines and child processes share two cores: more workers only make them wait for each other.
    maxWorkers: 2,
    pool: 'forks',
    reporters: process.env.SLUICE_TEST_RESULTS ? ['default', 'json'] : ['default'],
    outputFile: { json: process.env.SLUICE_TEST_RESULTS ?? '' },
  },
});
