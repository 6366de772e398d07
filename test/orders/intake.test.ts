import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Ending } from '../../src/orders/close.ts';
import { createIntake } from '../../src/orders/intake.ts';
import { createQueue } from '../../src/orders/queue.ts';
import { createSlots } from '../../src/orders/slots.ts';
import type { Pending } from '../../src/plugin/contract.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { ORDER, order, RESOURCE } from '../fakes/offering.ts';

const hint = { order: ORDER, resource: RESOURCE, state: 'pending-provider' } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const PENDING: Pending = {
  state: 'pending',
  account: 'a',
  resource: RESOURCE,
  since: new Date(0),
  text: 'Being made.',
  againAfterMs: 1000,
};

/** An intake whose orders end as `endings` say, one after the other; an error is thrown. */
function setup(endings: (Ending | Error)[], limit = 10, lookups: Error[] = []) {
  const waits = new Map<string, string>();
  const clock = manualClock();
  const stop = new AbortController();
  const queue = createQueue({ clock, slots: createSlots(4), limit });
  const handled: string[] = [];
  const failures: string[] = [];
  const intake = createIntake(
    {
      queue,
      clock,
      random: () => 0.5,
      log: silentLog(),
      deadlineMs: 60_000,
      handle: async (uuid) => {
        handled.push(uuid);
        const ending = endings.shift() ?? 'skipped';
        if (ending instanceof Error) throw ending;
        return { ending, order: order(), ...(ending === 'pending' && { pending: PENDING }) };
      },
      locate: async () => {
        located++;
        const failure = lookups.shift();
        if (failure !== undefined) throw failure;
        return RESOURCE;
      },
      finished: () => undefined,
      failed: ({ code }) => failures.push(code),
      isHeldBack: () => heldBack,
      pending: {
        add: (of, { text }) => void waits.set(of.order, `${of.resource}: ${text}`),
        has: (uuid) => waits.has(uuid),
      },
    },
    stop.signal,
  );
  let heldBack = false;
  let located = 0;
  let acks = 0;
  const hear = (given: Parameters<typeof intake.hear>[0]): void => intake.hear(given, () => acks++);
  const holdBack = (): void => {
    heldBack = true;
  };
  return {
    clock,
    queue,
    intake,
    hear,
    handled,
    failures,
    acks: () => acks,
    located: () => located,
    holdBack,
    stop,
    waits,
  };
}

test('the echoes of our own transitions cost nothing and are acknowledged', async () => {
  const { hear, handled, acks } = setup(['done']);
  hear(hint);
  hear({ ...hint, state: 'executing' });
  await turn();
  hear({ ...hint, state: 'done' });
  await turn();
  expect([handled.length, acks()]).toEqual([1, 3]);
});

test('an order that was erred and retried is handled again', async () => {
  const { hear, handled } = setup(['done', 'done']);
  hear(hint);
  await turn();
  hear({ ...hint, state: 'erred' });
  await turn();
  hear({ ...hint, state: 'executing' });
  await turn();
  expect(handled.length).toBe(2);
});

test('an order that was erred is over: its event is acknowledged and costs nothing', async () => {
  const { hear, handled, acks } = setup([]);
  hear({ ...hint, state: 'erred' });
  await turn();
  expect([handled.length, acks()]).toEqual([0, 1]);
});

test('what reconciliation lists is looked at even if it was done before', async () => {
  const { hear, intake, handled } = setup(['done', 'skipped']);
  hear(hint);
  await turn();
  await intake.reconcile(hint, () => undefined);
  await turn();
  expect(handled.length).toBe(2);
});

const transient = (retryAfterMs?: number): AgentError =>
  new AgentError('down', { code: 'WALDUR_UNREACHABLE', disposition: 'transient', retryAfterMs });

test('a transient failure is tried again after a pause, and acknowledged in the end', async () => {
  const { clock, hear, handled, acks } = setup([transient(), 'done']);
  hear(hint);
  await turn();
  expect([handled.length, acks()]).toEqual([1, 0]);
  await clock.advance(1000);
  expect([handled.length, acks()]).toEqual([2, 1]);
});

test('the server decides how long the pause is, and a very long one is left to reconciliation', async () => {
  const patient = setup([transient(30_000), 'done']);
  patient.hear(hint);
  await patient.clock.advance(29_000);
  expect(patient.handled.length).toBe(1);
  await patient.clock.advance(1000);
  expect(patient.handled.length).toBe(2);

  const hopeless = setup([transient(3_600_000)]);
  hopeless.hear(hint);
  await turn();
  expect([hopeless.handled.length, hopeless.acks()]).toEqual([1, 1]);
});

test('it gives up after four tries; an operator error after one', async () => {
  const { clock, hear, handled, failures, acks } = setup([transient(), transient(), transient(), transient(), 'done']);
  hear(hint);
  await clock.advance(60_000);
  expect([handled.length, failures.length, acks()]).toEqual([4, 4, 1]);

  const refused = setup([new AgentError('no', { code: 'WALDUR_FORBIDDEN', disposition: 'operator' }), 'done']);
  refused.hear(hint);
  await refused.clock.advance(60_000);
  expect([refused.handled.length, refused.acks()]).toEqual([1, 1]);
});

test('while the backend is not called no order is tried again: all are taken up together', async () => {
  const { clock, hear, handled, acks, holdBack } = setup([transient(), 'done']);
  holdBack();
  hear(hint);
  await clock.advance(120_000);
  expect([handled.length, acks()]).toEqual([1, 1]);
});

test('an unexpected exception is a bug, and the order is left alone', async () => {
  const { hear, failures, acks } = setup([new TypeError('x is not a function')]);
  hear(hint);
  await turn();
  expect([failures, acks()]).toEqual([['BUG'], 1]);
});

test('a hint without its resource finds it out first and then takes its place in the lane', async () => {
  const { hear, handled, acks } = setup(['done']);
  hear({ ...hint, resource: undefined });
  await turn();
  await turn();
  expect([handled.length, acks()]).toEqual([1, 1]);
});

const forbidden = new AgentError('no', { code: 'WALDUR_FORBIDDEN', disposition: 'operator' });
test.each<[string, Error[], number, number, number]>([
  ['is not acknowledged before the next try', [transient()], 500, 1, 0],
  ['is acknowledged with its order once it is found', [transient(), transient()], 60_000, 3, 1],
  ['is acknowledged after the last of four tries', Array.from({ length: 9 }, () => transient()), 60_000, 4, 1],
  ['is acknowledged at once when trying again is no use', [forbidden], 500, 1, 1],
])('a hint whose resource is not found %s', async (_, lookups, ms, located, acks) => {
  const made = setup(['done'], 10, lookups);
  made.hear({ ...hint, resource: undefined });
  await made.clock.advance(ms);
  await turn();
  expect([made.located(), made.acks()]).toEqual([located, acks]);
});

test('an order whose account is being made waits in the watch, and reconciliation leaves it there', async () => {
  const { hear, intake, handled, waits, acks } = setup(['pending']);
  hear(hint);
  await turn();
  expect([[...waits], acks()]).toEqual([[[ORDER, `${RESOURCE}: Being made.`]], 1]);
  await intake.reconcile(hint, () => undefined);
  await turn();
  expect(handled.length).toBe(1);
});

test('an order that ends waits nowhere', async () => {
  const { hear, waits } = setup(['done']);
  hear(hint);
  await turn();
  expect([...waits]).toEqual([]);
});

test('reconciliation leaves what is queued already', async () => {
  const { hear, intake, handled } = setup([transient(), 'done', 'done']);
  hear(hint);
  await turn();
  await intake.reconcile(hint, () => undefined);
  await turn();
  expect(handled.length).toBe(1);
});

test('an order that a stop interrupts has not failed', async () => {
  const { hear, stop, failures, handled } = setup([transient()]);
  hear(hint);
  stop.abort();
  await turn();
  expect([handled.length, failures]).toEqual([1, []]);
});

test('only the last ten thousand orders that are done are remembered', async () => {
  const { hear, handled, acks } = setup(Array<Ending>(10_002).fill('done'), 20_000);
  const uuids = Array.from({ length: 10_001 }, (_, i) => String(i).padStart(32, '0'));
  for (const uuid of uuids) hear({ order: uuid, resource: uuid, state: 'pending-provider' });
  while (acks() < uuids.length) await turn();
  for (const uuid of [uuids[1] ?? '', uuids[0] ?? '']) hear({ order: uuid, resource: uuid, state: 'executing' });
  await turn();
  expect(handled.slice(uuids.length)).toEqual([uuids[0]]);
});

test('what a stop interrupts is neither a failure nor acknowledged without its resource', async () => {
  const { hear, stop, failures, acks } = setup([], 10, [new Error('aborted')]);
  hear({ ...hint, resource: undefined });
  stop.abort();
  await turn();
  expect([failures, acks()]).toEqual([[], 0]);
});

test('with a full queue hints wait unacknowledged and none is lost', async () => {
  const { hear, handled, acks } = setup([], 1);
  for (let i = 0; i < 20; i++)
    hear({ order: String(i).padStart(32, '0'), resource: String(i).padStart(32, '0'), state: undefined });
  for (let i = 0; i < 50; i++) await turn();
  expect([new Set(handled).size, acks()]).toEqual([20, 20]);
});

test('a list that waits for room says that it is alive', async () => {
  const { hear, intake, handled } = setup([], 1);
  const uuids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((digit) => digit.repeat(32));
  for (const order of uuids) hear({ order, resource: order, state: undefined });
  let signs = 0;
  await intake.reconcile({ order: ORDER, resource: RESOURCE, state: undefined }, () => signs++);
  await turn();
  expect(signs).toBeGreaterThan(0);
  expect(handled).toContain(ORDER);
});
