import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'plugins/*/test/**/*.test.ts'],
    exclude: ['test/labs/**', 'node_modules/**', 'dist/**'],
    pool: 'forks',
    // Most tests wait most of the time; by default vitest leaves one core alone.
    maxWorkers: '100%',
    // What hangs is found out; what is slow on a busy machine is not called hanging.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/build.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'plugins/**/*.ts'],
      exclude: ['**/test/**'],
      reportOnFailure: true,
    },
  },
});
