import { describe, expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { createPendingWatch } from '../../src/orders/pending-watch.ts';
import type { Observed, Pending, Sought } from '../../src/plugin/contract.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';

const MINUTE = 60_000;
const START = '2026-08-25T10:00:00Z';
const orderOf = (i: number) => ({ order: `o${i}`, resource: `r${i}` });

function pending(i: number, values: Partial<Pending> = {}): Pending {
  const since = new Date(START);
  return { state: 'pending', account: `a${i}`, resource: `r${i}`, since, text: '', againAfterMs: MINUTE, ...values };
}

/** `now` says what the backend shows of an account; what it does not show cannot be read. */
function setup(now: Map<string, Observed>) {
  const clock = manualClock(START);
  const looks: string[] = [];
  const resumed: string[] = [];
  const stop = new AbortController();
  const backend = {
    isDown: false,
    observe: async function* (sought: 'all' | readonly Sought[]): AsyncGenerator<Observed> {
      const names = sought === 'all' ? [] : sought.map(({ account }) => account);
      looks.push(names.join(' '));
      if (backend.isDown) throw new AgentError('down', { code: 'FAKE_DOWN', disposition: 'transient' });
      for (const name of [...names, 'another']) {
        const observed = now.get(name);
        if (observed !== undefined) yield observed;
      }
    },
  };
  const watch = createPendingWatch({
    backend,
    clock,
    log: silentLog(),
    pendingMs: 10 * MINUTE,
  });
  const running = watch.run(({ order, resource }) => void resumed.push(`${order} of ${resource}`), stop.signal);
  return { watch, clock, looks, resumed, stop, running, backend };
}

test('an account is looked at when that is worth it, and its order goes on when it is there', async () => {
  const now = new Map<string, Observed>([['a1', pending(1)]]);
  const { watch, clock, looks, resumed } = setup(now);
  watch.add(orderOf(1), pending(1));
  await clock.advance(MINUTE - 1);
  expect([watch.has('o1'), looks]).toEqual([true, []]);
  await clock.advance(1);
  expect([looks, resumed]).toEqual([['a1'], []]);
  now.set('a1', { state: 'absent', account: 'a1' });
  await clock.advance(MINUTE);
  expect([watch.has('o1'), looks, resumed]).toEqual([false, ['a1', 'a1'], ['o1 of r1']]);
  await clock.advance(60 * MINUTE);
  expect(looks.length).toBe(2);
});

test('an account that is pending for too long is given back to its order, which ends it', async () => {
  const { watch, clock, resumed } = setup(new Map([['a1', pending(1)]]));
  watch.add(orderOf(1), pending(1));
  await clock.advance(10 * MINUTE - 1);
  expect(resumed).toEqual([]);
  await clock.advance(1);
  expect(resumed).toEqual(['o1 of r1']);
});

test('what is due within a second is looked at together', async () => {
  const { watch, clock, looks } = setup(new Map());
  watch.add(orderOf(1), pending(1));
  watch.add(orderOf(2), pending(2, { againAfterMs: MINUTE + 1000 }));
  watch.add(orderOf(3), pending(3, { againAfterMs: MINUTE + 1001 }));
  await clock.advance(MINUTE);
  expect(looks).toEqual(['a1 a2']);
});

test('no backend is asked more than once in a second', async () => {
  const { watch, clock, looks } = setup(new Map([['a1', pending(1, { againAfterMs: 0 })]]));
  watch.add(orderOf(1), pending(1, { againAfterMs: 0 }));
  await clock.advance(5000);
  expect(looks.length).toBe(5);
});

describe('an account that', () => {
  test('cannot be read, or whose backend is down, is looked at again half a minute later', async () => {
    const now = new Map<string, Observed>();
    const { watch, clock, looks, resumed, backend } = setup(now);
    watch.add(orderOf(1), pending(1));
    await clock.advance(MINUTE);
    backend.isDown = true;
    await clock.advance(MINUTE / 2);
    await clock.advance(MINUTE / 2 - 1);
    expect([looks.length, resumed]).toEqual([2, []]);
    await clock.advance(1);
    expect(looks.length).toBe(3);
  });
  test('was not asked for changes nothing', async () => {
    const { watch, clock, resumed } = setup(new Map([['another', { state: 'absent', account: 'another' }]]));
    watch.add(orderOf(1), pending(1));
    await clock.advance(MINUTE);
    expect([watch.has('o1'), resumed]).toEqual([true, []]);
  });
});

test('an order that is added again is looked at once, when the second says', async () => {
  const { watch, clock, looks } = setup(new Map());
  watch.add(orderOf(1), pending(1));
  watch.add(orderOf(1), pending(1, { againAfterMs: 2 * MINUTE }));
  await clock.advance(2 * MINUTE - 1);
  expect(looks).toEqual([]);
  await clock.advance(1);
  expect(looks).toEqual(['a1']);
});

test('ten thousand orders are remembered; more are left to reconciliation', () => {
  const { watch } = setup(new Map());
  for (let i = 0; i <= 10_000; i++) watch.add(orderOf(i), pending(i));
  expect([watch.has('o9999'), watch.has('o10000')]).toEqual([true, false]);
});

test('a stop ends the watch', async () => {
  const { watch, clock, looks, stop, running } = setup(new Map());
  watch.add(orderOf(1), pending(1));
  await clock.advance(1);
  stop.abort();
  await running;
  await clock.advance(60 * MINUTE);
  expect(looks).toEqual([]);
});
