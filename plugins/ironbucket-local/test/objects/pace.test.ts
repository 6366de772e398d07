import { expect, it } from 'vitest';
import { createPace } from '../../objects/pace.ts';

it('is slow for a while after a call that took longer than it may, also one that failed', () => {
  let nowMs = 0;
  const pace = createPace({ monotonicMs: () => nowMs }, { patienceMs: 5, slowMs: 100 });
  const take = (ms: number) => (): number => (nowMs += ms);
  expect(pace.isSlow()).toBe(false);
  expect(pace.time(take(5))).toBe(5);
  expect(pace.isSlow()).toBe(false);
  const failing = (): void =>
    pace.time(() => {
      take(6)();
      throw new Error('EIO');
    });
  expect(failing).toThrow('EIO');
  expect(pace.isSlow()).toBe(true);
  nowMs += 99;
  expect(pace.isSlow()).toBe(true);
  nowMs += 1;
  expect(pace.isSlow()).toBe(false);
});
