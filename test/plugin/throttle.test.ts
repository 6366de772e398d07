import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createThrottle } from '../../src/plugin/throttle.ts';
import { manualClock } from '../fakes/clock.ts';

const signal = new AbortController().signal;

test('no more calls at once than it was told, in the order in which they came', async () => {
  const clock = manualClock();
  const throttle = createThrottle({ clock, limits: () => ({ concurrency: 2, perSecond: undefined }) });
  const log: number[] = [];
  const calls = [30, 10, 10, 10].map((ms, n) =>
    throttle.run(true, signal, async () => {
      log.push(n);
      await clock.sleep(ms, signal);
    }),
  );
  await clock.advance(9);
  expect(log).toEqual([0, 1]);
  await clock.advance(1);
  expect(log).toEqual([0, 1, 2]);
  await clock.advance(10);
  expect(log).toEqual([0, 1, 2, 3]);
  await clock.advance(10);
  await Promise.all(calls);
});

test('who gives up while waiting leaves the line, and a failure frees its place', async () => {
  const clock = manualClock();
  const throttle = createThrottle({ clock, limits: () => ({ concurrency: 1, perSecond: undefined }) });
  const held = throttle.run(true, signal, () => clock.sleep(10, signal));
  const stop = new AbortController();
  const given = throttle.run(true, stop.signal, async () => 'never');
  const failing = throttle.run(true, signal, () => Promise.reject(new Error('no')));
  const last = throttle.run(true, signal, async () => 'last');
  stop.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  const failed = expect(failing).rejects.toThrow('no');
  await clock.advance(10);
  await Promise.all([held, failed]);
  expect(await last).toBe('last');
  await expect(throttle.run(true, stop.signal, async () => 'never')).rejects.toThrow('enough');
});

test('a second holds as many calls as the rate says; what belongs to a call that was counted waits for nothing', async () => {
  const clock = manualClock();
  const throttle = createThrottle({ clock, limits: () => ({ concurrency: 100, perSecond: 4 }) });
  const starts: number[] = [];
  for (let n = 0; n < 10; n++) {
    void throttle.run(true, signal, async () => {
      starts.push(clock.monotonicMs());
    });
  }
  await clock.advance(0);
  expect(starts).toEqual([0, 0, 0, 0]);
  expect(await throttle.run(false, signal, async () => 'at once')).toBe('at once');
  await clock.advance(10_000);
  expect(starts).toEqual([0, 0, 0, 0, 250, 500, 750, 1000, 1250, 1500]);
});

test('a call within the rate waits for no timer', async () => {
  const clock = manualClock();
  const throttle = createThrottle({ clock, limits: () => ({ concurrency: 1, perSecond: 1 }) });
  expect(await throttle.run(true, signal, async () => 'at once')).toBe('at once');
  expect(clock.pending()).toBe(0);
});

test('whenever calls come, none is lost and neither bound is broken', async () => {
  const call = fc.record({ at: fc.nat(3000), takes: fc.nat(400), patience: fc.option(fc.nat(500), { freq: 4 }) });
  const options = fc.record({
    concurrency: fc.integer({ min: 1, max: 4 }),
    perSecond: fc.integer({ min: 1, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(options, fc.array(call, { maxLength: 40 }), async ({ concurrency, perSecond }, calls) => {
      const clock = manualClock();
      const throttle = createThrottle({ clock, limits: () => ({ concurrency, perSecond }) });
      const starts: number[] = [];
      let running = 0;
      let most = 0;
      let settled = 0;
      for (const { at, takes, patience } of calls) {
        clock.after(at, () => {
          const stop = new AbortController();
          if (patience !== null) clock.after(patience, () => stop.abort(new Error('enough')));
          const done = throttle.run(true, stop.signal, async () => {
            starts.push(clock.monotonicMs());
            most = Math.max(most, ++running);
            await clock.sleep(takes, signal);
            running--;
          });
          void done.catch(() => undefined).finally(() => settled++);
        });
      }
      await clock.advance(120_000);
      expect(settled).toBe(calls.length);
      expect(most).toBeLessThanOrEqual(concurrency);
      for (const [n, at] of starts.entries()) {
        const before = starts[n - perSecond];
        // Ten calls a second: the eleventh is a second later than the first, but for the burst it may have saved up.
        if (before !== undefined && n >= 2 * perSecond) {
          expect(at - (starts[n - 2 * perSecond] ?? 0)).toBeGreaterThanOrEqual(1000 - 1);
        }
      }
    }),
    { numRuns: 30 },
  );
});
