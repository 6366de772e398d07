import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/orders/job.ts';
import { createQueue } from '../../src/orders/queue.ts';
import { createSlots } from '../../src/orders/slots.ts';
import { manualClock } from '../fakes/clock.ts';

function setup(slots = 4, limit = 100) {
  const clock = manualClock();
  return { clock, queue: createQueue({ clock, slots: createSlots(slots), limit }) };
}

/** A job that runs until it is released. */
function held(lane: string, id: string, log: string[]): Job & { release: () => void } {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    lane,
    id,
    release: () => release(),
    run: async () => {
      log.push(`run ${id}`);
      await gate;
      return undefined;
    },
    settled: () => log.push(`settled ${id}`),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('jobs of a lane run one after the other, lanes side by side', async () => {
  const log: string[] = [];
  const { queue } = setup();
  const [a1, a2, b1] = [held('a', 'a1', log), held('a', 'a2', log), held('b', 'b1', log)];
  for (const job of [a1, a2, b1]) queue.push(job);
  await turn();
  expect(log).toEqual(['run a1', 'run b1']);
  a1.release();
  await turn();
  expect(log).toEqual(['run a1', 'run b1', 'settled a1', 'run a2']);
  expect([queue.running(), queue.waiting()]).toEqual([2, 0]);
});

test('a hint for a job that still waits is taken into it; both are settled once', async () => {
  const log: string[] = [];
  const { queue } = setup();
  const [first, second, twin] = [held('a', 'x', log), held('a', 'y', log), held('a', 'y', log)];
  for (const job of [first, second, twin]) queue.push(job);
  first.release();
  second.release();
  await turn();
  expect(log).toEqual(['run x', 'settled x', 'run y', 'settled y', 'settled y']);
});

test('a full queue takes nothing and says when there is room', async () => {
  const log: string[] = [];
  const { queue } = setup(1, 1);
  const running = held('a', 'a', log);
  queue.push(running);
  expect(queue.push(held('b', 'b', log))).toBe(true);
  expect(queue.push(held('c', 'c', log))).toBe(false);
  const room = queue.room();
  running.release();
  expect(await room).toBe(true);
});

test('a job that wants to run again keeps its lane, but not its slot', async () => {
  const log: string[] = [];
  const { queue, clock } = setup(1);
  const flaky: Job = {
    lane: 'a',
    id: 'a',
    run: async (attempt) => {
      log.push(`try ${attempt}`);
      return attempt === 0 ? { againAfterMs: 5000 } : undefined;
    },
    settled: () => log.push('settled a'),
  };
  const [behind, other] = [held('a', 'behind', log), held('b', 'other', log)];
  for (const job of [flaky, behind, other]) queue.push(job);
  await turn();
  expect(log).toEqual(['try 0', 'run other']);
  other.release();
  await clock.advance(5000);
  expect(log).toEqual(['try 0', 'run other', 'settled other', 'try 1', 'settled a', 'run behind']);
});

test('what waits, runs or sleeps is known, by its lane and its id', async () => {
  const log: string[] = [];
  const { queue, clock } = setup();
  const known = (): boolean[] => [queue.has('a', 'x'), queue.has('a', 'y'), queue.hasLane('a')];
  expect(known()).toEqual([false, false, false]);
  const [running, waiting] = [held('a', 'x', log), held('a', 'y', log)];
  queue.push(running);
  await turn();
  expect(known()).toEqual([true, false, true]);
  queue.push(waiting);
  expect(known()).toEqual([true, true, true]);
  expect(queue.has('b', 'x')).toBe(false);
  running.release();
  waiting.release();
  await turn();
  expect(known()).toEqual([false, false, false]);

  let tries = 0;
  const run = async () => (tries++ === 0 ? { againAfterMs: 1000 } : undefined);
  queue.push({ lane: 'a', id: 'x', run, settled: () => undefined });
  await turn();
  expect([queue.running(), ...known()]).toEqual([0, true, false, true]);
  await clock.advance(1000);
  expect([tries, ...known()]).toEqual([2, false, false, false]);
});

test('jobs that sleep keep their places: an outage does not let the queue grow without end', async () => {
  const { queue, clock } = setup(4, 10);
  let runs = 0;
  const failing = (id: number): Job => ({
    lane: String(id),
    id: String(id),
    settled: () => undefined,
    run: async () => {
      runs++;
      return { againAfterMs: 30_000 };
    },
  });
  let taken = 0;
  for (let id = 0; id < 1000; id++) {
    if (queue.push(failing(id))) taken++;
    await Promise.resolve();
  }
  await turn();
  // Those that ran when the others came had left their places.
  expect(taken).toBeLessThanOrEqual(10 + 4);
  expect(queue.waiting()).toBe(taken);
  await clock.advance(100_000);
  expect([queue.waiting(), runs]).toEqual([taken, 4 * taken]);
});

describe('what a session offers', () => {
  test('waits for room in the order in which it came, and comes in before what asks again', async () => {
    const log: string[] = [];
    const { queue } = setup(1, 1);
    const jobs = ['a', 'b', 'c', 'd'].map((name) => held(name, name, log));
    for (const job of jobs) queue.offer(job);
    for (const job of jobs) {
      job.release();
      await turn();
    }
    expect(log.filter((line) => line.startsWith('run'))).toEqual(['run a', 'run b', 'run c', 'run d']);
  });

  test('is forgotten with the session: it is delivered again, and what waits in the queue needs no ack', async () => {
    const log: string[] = [];
    const { queue } = setup(1, 1);
    const [running, waiting, offered] = [held('a', 'a', log), held('b', 'b', log), held('c', 'c', log)];
    for (const job of [running, waiting, offered]) queue.offer(job);
    for (let session = 0; session < 100; session++) {
      queue.forgetOffers();
      queue.offer({ ...waiting, settled: () => log.push(`settled b of session ${session}`) });
      queue.offer({ ...offered, settled: () => log.push(`settled c of session ${session}`) });
    }
    for (const job of [running, waiting, offered]) {
      job.release();
      await turn();
    }
    expect(log).toEqual(['run a', 'settled a', 'run b', 'settled b of session 99', 'run c', 'settled c of session 99']);
  });
});

describe('drain', () => {
  test('is over at once when nothing runs, takes nothing more, and has no room', async () => {
    const log: string[] = [];
    const { queue } = setup();
    await queue.drain();
    expect(await queue.room()).toBe(false);
    expect(queue.push(held('a', 'x', log))).toBe(false);
    queue.offer(held('a', 'x', log));
    await turn();
    expect(log).toEqual([]);
  });

  test('tells those that wait for room that there will be none', async () => {
    const log: string[] = [];
    const { queue } = setup(1, 1);
    const running = held('a', 'a', log);
    queue.push(running);
    await turn();
    queue.push(held('b', 'b', log));
    const room = queue.room();
    const drained = queue.drain();
    expect(await room).toBe(false);
    running.release();
    await drained;
    expect(log).toEqual(['run a', 'settled a']);
  });

  test('wakes nothing that sleeps', async () => {
    const { queue, clock } = setup();
    let tries = 0;
    const run = async () => {
      tries++;
      return { againAfterMs: 1000 };
    };
    queue.push({ lane: 'a', id: 'x', run, settled: () => undefined });
    await turn();
    await queue.drain();
    await clock.advance(5000);
    expect(tries).toBe(1);
  });

  test('finishes what runs and drops what waits without settling it', async () => {
    const log: string[] = [];
    const { queue } = setup(1);
    const [running, waiting] = [held('a', 'a', log), held('b', 'b', log)];
    queue.push(running);
    queue.push(waiting);
    const drained = queue.drain();
    expect(queue.push(held('c', 'c', log))).toBe(false);
    expect(await queue.room()).toBe(false);
    running.release();
    await drained;
    await turn();
    expect(log).toEqual(['run a', 'settled a']);
  });
});

test('whatever is pushed: every lane is serial, no more run than there are slots, every push is settled once', async () => {
  const push = fc.record({
    lane: fc.integer({ min: 0, max: 4 }),
    id: fc.integer({ min: 0, max: 3 }),
    turns: fc.nat(3),
    fails: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(push, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (pushes, slots) => {
      const { queue, clock } = setup(slots, 1000);
      const busy = new Set<number>();
      let running = 0;
      const settled = pushes.map(() => 0);
      let violation = '';
      pushes.forEach(({ lane, id, turns, fails }, i) => {
        queue.push({
          lane: String(lane),
          id: String(id),
          settled: () => {
            settled[i] = (settled[i] ?? 0) + 1;
          },
          run: async (attempt) => {
            if (busy.has(lane)) violation = `two jobs in lane ${lane}`;
            if (++running > slots) violation = `${running} jobs in ${slots} slots`;
            busy.add(lane);
            for (let n = 0; n < turns; n++) await Promise.resolve();
            busy.delete(lane);
            running--;
            return attempt < fails ? { againAfterMs: 10 } : undefined;
          },
        });
      });
      for (let n = 0; n < 200 && settled.includes(0); n++) await clock.advance(10);
      expect(violation).toBe('');
      expect(settled.every((count) => count === 1)).toBe(true);
      expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
    }),
    { numRuns: 50 },
  );
});
