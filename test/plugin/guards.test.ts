import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { CircuitState } from '../../src/plugin/circuit.ts';
import type { Action, Backend, Observed } from '../../src/plugin/contract.ts';
import { createGuards } from '../../src/plugin/guards.ts';
import { protect } from '../../src/plugin/protect.ts';
import { manualClock } from '../fakes/clock.ts';
import { sought } from './absent.ts';

const signal = new AbortController().signal;
const down = new AgentError('down', { code: 'X_DOWN', disposition: 'transient' });
const suspend = (account: string): Action => ({ kind: 'suspend', account, resource: '0'.repeat(32) });
const limits = { concurrency: 8, perSecond: undefined };

/** Two hosts, `a` and `b`; accounts are called `a/1`. Those in `dead` do not answer. */
function hosts(dead: Set<string>, calls: string[] = []): Backend {
  const host = (account: string): string => account.slice(0, 1);
  return {
    check: async () => [],
    part: host,
    apply: async ({ account }) => {
      calls.push(account);
      if (dead.has(host(account))) throw down;
      return { changed: true };
    },
    observe: async function* (accounts): AsyncGenerator<Observed> {
      for (const { account } of accounts === 'all' ? [] : accounts) {
        calls.push(account);
        if (dead.has(host(account))) throw down;
        yield { state: 'absent', account };
      }
    },
    usage: async function* () {},
    close: async () => undefined,
  };
}

async function names(items: AsyncIterable<Observed>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { account } of items) seen.push(account);
  return seen.sort();
}

test('a part that is down stops only itself', async () => {
  const calls: string[] = [];
  const changes: string[] = [];
  const onChange = ({ kind }: CircuitState, part: string): void => void changes.push(`${part} ${kind}`);
  const lease = createGuards(manualClock()).lease('x', { offering: 'Files', limits, onChange });
  const backend = protect(hosts(new Set('a'), calls), lease);
  for (let n = 0; n < 5; n++) await expect(backend.apply(suspend('a/1'), signal)).rejects.toThrow('down');
  expect(changes).toEqual(['a open']);
  await expect(backend.apply(suspend('a/1'), signal)).rejects.toMatchObject({ code: 'BACKEND_PAUSED' });
  await expect(backend.apply(suspend('a/1'), signal)).rejects.toThrow(
    'the storage of offering "Files", part a, failed',
  );
  await expect(backend.apply(suspend('b/1'), signal)).resolves.toEqual({ changed: true });
  calls.length = 0;
  expect(await names(backend.observe(sought('a/1', 'b/1', 'b/2'), signal))).toEqual(['b/1', 'b/2']);
  expect(calls).toEqual(['b/1', 'b/2']);
});

test('when no part answers, the failure shows', async () => {
  const lease = createGuards(manualClock()).lease('x', { offering: 'Files', limits, onChange: () => undefined });
  const backend = protect(hosts(new Set('ab')), lease);
  await expect(names(backend.observe(sought('a/1', 'b/1'), signal))).rejects.toThrow('down');
});

test('offerings on one physical backend share its circuit and the strictest limits; others do not', async () => {
  const guards = createGuards(manualClock());
  const heard: string[] = [];
  const lease = (physical: string, offering: string, concurrency: number) =>
    guards.lease(physical, {
      offering,
      limits: { concurrency, perSecond: undefined },
      onChange: ({ kind }) => void heard.push(`${offering} ${kind}`),
    });
  const [one, two, apart] = [lease('x', 'one', 2), lease('x', 'two', 1), lease('y', 'apart', 2)];
  const dead = new Set('a');
  const bare = { ...hosts(dead), part: () => '' };
  for (let n = 0; n < 5; n++)
    await protect(bare, one)
      .apply(suspend('a/1'), signal)
      .catch(() => undefined);
  await expect(protect(bare, two).apply(suspend('a/1'), signal)).rejects.toMatchObject({ code: 'BACKEND_PAUSED' });
  await expect(protect(bare, two).apply(suspend('a/1'), signal)).rejects.toThrow(
    'the storage of offering "one" failed 5 times',
  );
  await expect(protect(bare, apart).apply(suspend('b/1'), signal)).resolves.toEqual({ changed: true });
  expect(heard).toEqual(['one open', 'two open']);
  const order: string[] = [];
  const turn = (name: string): Promise<void> =>
    apart.guard('').throttle.run(false, signal, async () => void order.push(name));
  await Promise.all([turn('first'), turn('second')]);
  expect(order).toEqual(['first', 'second']);
});

test('the lowest rate of the offerings on one physical backend holds, and none holds where none is set', async () => {
  const clock = manualClock();
  const guards = createGuards(clock);
  const lease = (perSecond: number | undefined) =>
    guards.lease('x', { offering: 'Files', limits: { concurrency: 8, perSecond }, onChange: () => undefined });
  const { throttle } = lease(undefined).guard('');
  const starts: number[] = [];
  const calls = (count: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: count }, () => throttle.run(true, signal, async () => starts.push(clock.monotonicMs()))),
    );
  await calls(5);
  expect(starts.splice(0)).toEqual([0, 0, 0, 0, 0]);
  lease(4);
  lease(1);
  const slow = calls(3);
  await clock.advance(2000);
  await slow;
  expect(starts).toEqual([0, 1000, 2000]);
});

test('an offering that leaves takes nothing from those that stay', () => {
  const guards = createGuards(manualClock());
  const lease = (offering: string) => guards.lease('x', { offering, limits, onChange: () => undefined });
  const [one, two] = [lease('one'), lease('two')];
  const guard = two.guard('');
  one.release();
  expect(lease('three').guard('')).toBe(guard);
});

test('what the last offering leaves is forgotten', async () => {
  const guards = createGuards(manualClock());
  const user = { offering: 'one', limits, onChange: () => undefined };
  const before = guards.lease('x', user);
  const guard = before.guard('');
  before.release();
  expect(guards.lease('x', user).guard('')).not.toBe(guard);
});
