import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { liveness } from '../../src/monitor/health.ts';
import type { OfferingContext } from '../../src/offering/context.ts';
import { createReconcile } from '../../src/offering/reconcile.ts';
import type { Intake } from '../../src/orders/intake.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';
import { hinderedIn, quietStanding } from '../fakes/standing.ts';

interface Intervals {
  readonly intervalMs: number;
  readonly pollIntervalMs: number;
}

function setup(reconcile: Intervals, failure: (n: number) => Error | undefined = () => undefined, connected = false) {
  const clock = manualClock();
  const stop = new AbortController();
  const standing = quietStanding();
  let lists = 0;
  const list = async function* () {
    const error = failure(++lists);
    if (error !== undefined) throw error;
    yield* [];
  };
  const metrics = { error: () => undefined, reconciled: () => undefined };
  const peers = { offering: offeringConfig(), waldur: { orders: { list } } };
  const context = {
    ...peers,
    clock,
    log: silentLog(),
    random: () => 0.5,
    standing,
    metrics,
    config: { reconcile },
  } as unknown as OfferingContext;
  const link = { connected: () => connected, changed: () => false };
  const made = createReconcile(context, { intake: {} as Intake, link, done: () => undefined }, stop.signal);
  void made.loop.run(stop.signal);
  return { clock, stop, standing, lists: () => lists, ...made };
}

test.each<[string, Intervals, boolean]>([
  ['polling once an hour', { intervalMs: 600_000, pollIntervalMs: 3_600_000 }, false],
  ['polling more seldom than reconciling', { intervalMs: 60_000, pollIntervalMs: 300_000 }, false],
  ['hurrying', { intervalMs: 1000, pollIntervalMs: 1000 }, true],
])('a healthy loop is alive at any time: %s', async (_, intervals, connected) => {
  const { clock, stop, supervisor } = setup(intervals, undefined, connected);
  for (let minute = 0; minute <= 180; minute++) {
    const supervisors = [supervisor()];
    const snapshot = { state: 'running', nowMs: clock.monotonicMs(), supervisors, orders: [], offerings: [] } as const;
    expect(liveness(snapshot).ok, `minute ${minute}`).toBe(true);
    await clock.advance(60_000);
  }
  stop.abort();
});

const outage = new AgentError('502', { code: 'WALDUR_FAILED', disposition: 'transient' });
const refused = new AgentError('401', { code: 'WALDUR_UNAUTHORIZED', disposition: 'operator' });
const HOURLY = { intervalMs: 3_600_000, pollIntervalMs: 3_600_000 };

test('one outage of a moment is no hindrance, and is over within a minute', async () => {
  const { clock, stop, standing, lists } = setup(HOURLY, (n) => (n === 2 ? outage : undefined));
  await clock.advance(3_600_000);
  expect([lists(), hinderedIn(standing)]).toEqual([2, []]);
  await clock.advance(60_000);
  expect([lists(), hinderedIn(standing)]).toEqual([3, []]);
  await clock.advance(60_000);
  expect(lists()).toBe(3);
  stop.abort();
});

test.each([
  ['the first pass of all fails', 1, 0, outage],
  ['a second pass in a row fails', 2, 3_660_000, outage],
  ['Waldur refuses us', 2, 3_600_000, refused],
])('the offering cannot read its orders when %s', async (_, from, afterMs, error) => {
  const { clock, stop, standing } = setup(HOURLY, (n) => (n >= from && n < from + 3 ? error : undefined));
  await clock.advance(afterMs);
  expect(hinderedIn(standing)).toEqual([`orders: ${error.code}`]);
  await clock.advance(240_000);
  expect(hinderedIn(standing)).toEqual([]);
  stop.abort();
});
