import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSlots, type Share } from '../../src/orders/slots.ts';

/** Jobs run until they are ended by hand; `log` has the shares whose jobs started, in order. */
function setup(total: number, shares: number) {
  const slots = createSlots(total);
  const log: number[] = [];
  const running = Array.from({ length: shares }, () => 0);
  const waiting = Array.from({ length: shares }, () => 0);
  const members: readonly Share[] = Array.from({ length: shares }, () => slots.share());
  const bump = (counts: number[], share: number, by: number): void => {
    counts[share] = (counts[share] ?? 0) + by;
  };
  return {
    log,
    running,
    waiting,
    take: (share: number, times = 1): void => {
      for (let n = 0; n < times; n++) {
        bump(waiting, share, 1);
        members[share]?.take(() => {
          bump(waiting, share, -1);
          bump(running, share, 1);
          log.push(share);
        });
      }
    },
    end: (share: number): void => {
      if (running[share] === 0) return;
      bump(running, share, -1);
      members[share]?.release();
    },
    close: (share: number): void => {
      members[share]?.close();
      waiting[share] = 0;
    },
  };
}

test('a queue alone gets every slot', () => {
  const { take, running } = setup(4, 1);
  take(0, 10);
  expect(running).toEqual([4]);
});

test('a queue whose jobs hang leaves half of the slots to the others', () => {
  const { take, running } = setup(8, 2);
  take(0, 100);
  take(1, 100);
  expect(running).toEqual([4, 4]);
});

test('the first job of a queue runs at once, even when others hold every slot forever', () => {
  const { take, end, running } = setup(4, 4);
  take(0, 10);
  take(1, 10);
  take(2, 10);
  expect(running).toEqual([2, 2, 1, 0]);
  take(3, 2);
  expect(running).toEqual([2, 2, 1, 1]);
  end(3);
  expect(running).toEqual([2, 2, 1, 1]);
});

test('a freed slot goes to whoever has waited longest for a turn, not to who has most to do', () => {
  const { take, end, log } = setup(2, 3);
  take(0, 100);
  take(1, 3);
  take(2, 3);
  log.length = 0;
  for (const share of [0, 1, 2, 0, 1, 2]) end(share);
  expect(log).toEqual([0, 1, 2, 0, 1, 2]);
});

test('a queue that left hands its waiting turns and its slots on', () => {
  const { take, end, close, running } = setup(4, 2);
  take(0, 10);
  take(1, 10);
  close(0);
  expect(running).toEqual([2, 2]);
  end(0);
  end(0);
  expect(running).toEqual([0, 4]);
  take(0);
  expect(running).toEqual([0, 4]);
});

describe('whatever happens', () => {
  const step = fc.record({
    share: fc.nat(4),
    what: fc.oneof(
      { weight: 5, arbitrary: fc.constant('take' as const) },
      { weight: 4, arbitrary: fc.constant('end' as const) },
    ),
  });

  test('no one starves, no one has too much, and no slot stays empty while it could be used', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 200 }),
        (total, shares, steps) => {
          const world = setup(total, shares);
          const most = shares > 1 ? Math.ceil(total / 2) : total;
          for (const { share, what } of steps) {
            world[what](share % shares);
            const all = world.running.reduce((sum, count) => sum + count, 0);
            expect(all).toBeLessThanOrEqual(total + shares - 1);
            for (const [one, count] of world.running.entries()) {
              expect(count).toBeLessThanOrEqual(Math.max(1, most));
              if ((world.waiting[one] ?? 0) === 0) continue;
              expect(count).toBeGreaterThan(0);
              expect(count === most || all >= total).toBe(true);
            }
          }
        },
      ),
    );
  });

  test('a freed slot goes to the queue, of those that may have it, whose turn was longest ago', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.array(fc.nat(4), { maxLength: 200 }), (shares, ends) => {
        const { take, end, log, running } = setup(shares * 2, shares);
        for (let share = 0; share < shares; share++) take(share, 1000);
        const everybody = Array.from({ length: shares }, (_, share) => share);
        for (const given of ends) {
          const ended = given % shares;
          if (running[ended] === 0) continue;
          const left = running.map((count, share) => (share === ended ? count - 1 : count));
          const isFull = left.reduce((sum, count) => sum + count, 0) >= 2 * shares;
          const free = everybody.filter((share) => left[share] === 0 || (!isFull && (left[share] ?? 0) < shares));
          const [due] = free.toSorted((a, b) => log.lastIndexOf(a) - log.lastIndexOf(b));
          const before = log.length;
          end(ended);
          expect(log[before]).toBe(due);
        }
      }),
    );
  });
});
