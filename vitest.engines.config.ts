import { defineConfig } from 'vitest/config';

/** `npm run test:engines`: what needs a product of somebody else's, one after the other. */
export default defineConfig({
  test: {
    include: ['test/**/*.external.ts'],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    pool: 'forks',
  },
});
