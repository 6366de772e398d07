import { defineConfig } from 'vitest/config';

/** Without the build: a mutant is only in the source, and its tests start no program. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // It needs the built package.
    exclude: ['**/node_modules/**', '**/readme.test.ts'],
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 20_000,
  },
});
