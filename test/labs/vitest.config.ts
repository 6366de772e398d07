import { defineConfig } from 'vitest/config';

/** Tests against real servers; the script beside each test starts one and runs this. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // The rules of the broker are the same for ours and for RabbitMQ.
    include: ['test/labs/**/*.test.ts', 'test/sandbox/broker/rules.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    // Of what says that it can run side by side.
    maxConcurrency: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
