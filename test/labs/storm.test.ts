import { beforeAll, expect, test } from 'vitest';
import { buildTests } from './build-tests.ts';
import { type Run, run } from './storm/run.ts';

/**
 * The same orders twice, at the same time: on a calm day and in a storm. `STORM_SEED=n` repeats one, `STORM_ORDERS=n` makes
 * it smaller, `STORM_CREDENTIALS=api_keys` has the keys elsewhere.
 */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const ORDERS_EACH = 10;
const RESOURCES = Number(process.env['STORM_ORDERS'] ?? 5000) / ORDERS_EACH;
const CREDENTIALS = process.env['STORM_CREDENTIALS'] === 'api_keys' ? 'api_keys' : 'metadata';
const RATE = 0.05;
/** What is left after a collection: UUIDs of finished orders, and code that was compiled since. */
const HEAP_GROWTH_MB = 8;
const RSS_GROWTH_MB = 64;
const PATIENCE_MS = 420_000;

beforeAll(buildTests);

test(`a storm over ${RESOURCES * ORDERS_EACH} orders ends as a calm day does (STORM_SEED=${SEED})`, {
  timeout: PATIENCE_MS + 30_000,
}, async () => {
  console.log(`STORM_SEED=${SEED}`);
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  const options = {
    seed: SEED,
    resources: RESOURCES,
    ordersEach: ORDERS_EACH,
    credentials: CREDENTIALS,
    deadline,
  } as const;
  const [calm, storm] = await Promise.all([run({ ...options, rate: 0 }), run({ ...options, rate: RATE })]);
  print('calm', calm);
  print('storm', storm);

  expect(Object.keys(calm.orders)).toHaveLength(RESOURCES * ORDERS_EACH);
  expect(calm.faults).toBe(0);
  expect(storm.faults).toBeGreaterThan(storm.requests * RATE * 0.8);
  expect(storm.orders).toEqual(calm.orders);
  expect(storm.resources).toEqual(calm.resources);
  for (const { strays, violations, resources, base, after } of [calm, storm]) {
    expect(strays).toEqual([]);
    expect(violations).toEqual([]);
    const living = Object.entries(resources).filter(([, { state }]) => state !== 'Terminated');
    expect(living.filter(([, { working }]) => working !== true)).toEqual([]);
    expect(Object.entries(resources).filter(([, { strangers }]) => strangers !== 0 && strangers !== null)).toEqual([]);
    expect(after.heapMb - base.heapMb).toBeLessThan(HEAP_GROWTH_MB);
    expect(after.rssMb - base.rssMb).toBeLessThan(RSS_GROWTH_MB);
    expect(after.handles).toBeLessThanOrEqual(base.handles + 10);
  }
});

function print(name: string, { orders, requests, faults, base, after, seconds }: Run): void {
  const states: Record<string, number> = {};
  for (const state of Object.values(orders)) states[state] = (states[state] ?? 0) + 1;
  const memory = (['heapMb', 'rssMb', 'handles'] as const).map(
    (what) => `${what} ${base[what].toFixed(0)} → ${after[what].toFixed(0)}`,
  );
  console.log(
    `${name}: ${JSON.stringify(states)} in ${seconds.toFixed(1)} s, ${requests} requests, ${faults} faults, ${memory.join(', ')}`,
  );
  const failures = Object.entries(after.messages).filter(([message]) => message.includes(': '));
  console.log(
    failures
      .toSorted(([, a], [, b]) => b - a)
      .map(([message, times]) => `  ${times} x ${message}`)
      .join('\n'),
  );
}
