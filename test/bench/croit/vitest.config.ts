import { defineConfig } from 'vitest/config';

/** npx vitest run --config test/bench/croit/vitest.config.ts */
export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['test/bench/croit/*.bench.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
