import { describe, expect, test } from 'vitest';
import { AgentError, type Disposition } from '../../src/lib/errors.ts';
import { type CircuitState, PAUSE_MS } from '../../src/plugin/circuit.ts';
import type { Action, Backend } from '../../src/plugin/contract.ts';
import { createGuards } from '../../src/plugin/guards.ts';
import { instrument } from '../../src/plugin/instrument.ts';
import { protect } from '../../src/plugin/protect.ts';
import { manualClock } from '../fakes/clock.ts';
import { absent, sought } from './absent.ts';

const signal = new AbortController().signal;
const suspend: Action = { kind: 'suspend', account: 'acc', resource: '0123456789abcdef0123456789abcdef' };
const failure = (disposition: Disposition): AgentError => new AgentError('no', { code: 'X_FAILED', disposition });

function world(parts: Partial<Backend>, concurrency = 8) {
  const clock = manualClock();
  const states: CircuitState['kind'][] = [];
  let calls = 0;
  const unexpected = (): never => {
    throw new Error('must not be called');
  };
  const bare: Backend = {
    check: unexpected,
    observe: unexpected,
    apply: unexpected,
    usage: unexpected,
    close: unexpected,
  };
  const measured = instrument(
    { ...bare, ...parts },
    { plugin: 'demo', offering: 'Files', clock, observe: () => calls++ },
  );
  const onChange = ({ kind }: CircuitState): void => void states.push(kind);
  const limits = { concurrency, perSecond: undefined };
  const backend = protect(measured, createGuards(clock).lease('x', { offering: 'Files', limits, onChange }));
  return { backend, clock, states, calls: () => calls };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a backend that is down is called five times, by whatever method, and then not at all', async () => {
  const { backend, states, calls } = world({
    apply: () => Promise.reject(failure('transient')),
    observe: () => {
      throw failure('transient');
    },
  });
  for (let n = 0; n < 3; n++) await expect(backend.apply(suspend, signal)).rejects.toMatchObject({ code: 'X_FAILED' });
  for (let n = 0; n < 2; n++) {
    await expect(collect(backend.observe('all', signal))).rejects.toMatchObject({ code: 'X_FAILED' });
  }
  expect(states).toEqual(['open']);
  const refusal = { code: 'BACKEND_PAUSED', disposition: 'transient' };
  await expect(backend.apply(suspend, signal)).rejects.toMatchObject(refusal);
  await expect(collect(backend.observe('all', signal))).rejects.toMatchObject(refusal);
  await expect(backend.check(signal)).rejects.toMatchObject(refusal);
  expect(calls()).toBe(5);
});

test.each<[Disposition]>([['terminal'], ['operator'], ['bug']])(
  '%s errors do not stop the calls',
  async (disposition) => {
    const { backend, states } = world({ apply: () => Promise.reject(failure(disposition)) });
    for (let n = 0; n < 10; n++) await expect(backend.apply(suspend, signal)).rejects.toMatchObject({ disposition });
    expect(states).toEqual([]);
  },
);

test('calls that hang open it with their deadlines; those of a stopping agent say nothing', async () => {
  const { backend, clock, states } = world({ apply: () => new Promise(() => undefined) });
  const stop = new AbortController();
  const stopped = Array.from({ length: 8 }, () =>
    backend.apply(suspend, stop.signal).catch((error: Error) => error.message),
  );
  await clock.advance(0);
  stop.abort(new Error('stopping'));
  expect(new Set(await Promise.all(stopped))).toEqual(new Set(['stopping']));
  expect(states).toEqual([]);
  const hanging = Array.from({ length: 8 }, () =>
    backend.apply(suspend, signal).catch((error: AgentError) => error.code),
  );
  await clock.advance(120_000);
  expect(new Set(await Promise.all(hanging))).toEqual(new Set(['DEADLINE']));
  expect(states).toEqual(['open']);
});

test('a caller that gives up between failures does not end their row', async () => {
  const { backend, states } = world({ apply: () => Promise.reject(failure('transient')) });
  const fail = (): Promise<unknown> => backend.apply(suspend, signal).catch(() => undefined);
  for (let n = 0; n < 4; n++) await fail();
  const stop = new AbortController();
  const stopped = backend.apply(suspend, stop.signal).catch((error: Error) => error.message);
  stop.abort(new Error('stopping'));
  await stopped;
  await fail();
  expect(states).toEqual(['open']);
});

test('a check that finds nothing wrong brings the calls back, another one leaves it to the next call', async () => {
  let status: 'ok' | 'failed' = 'failed';
  const { backend, clock, states } = world({
    apply: () => Promise.reject(failure('transient')),
    check: async () => [{ name: 'x', status, detail: '' }],
  });
  for (let n = 0; n < 5; n++) await backend.apply(suspend, signal).catch(() => undefined);
  await clock.advance(PAUSE_MS);
  await backend.check(signal);
  expect(states).toEqual(['open', 'probing', 'open']);
  status = 'ok';
  await backend.check(signal);
  expect(states.slice(3)).toEqual(['probing', 'closed']);
});

describe('streams', () => {
  test('a reader that takes its time holds no place, and may itself call', async () => {
    const { backend } = world({ observe: absent, apply: async () => ({ changed: true }) }, 1);
    const seen: string[] = [];
    for await (const { account } of backend.observe(sought('a', 'b', 'c'), signal)) {
      await backend.apply(suspend, signal);
      seen.push(account);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('the source is closed when the reader stops early', async () => {
    let closed = false;
    const { backend } = world({
      observe: async function* (accounts) {
        try {
          yield* absent(accounts);
        } finally {
          closed = true;
        }
      },
    });
    for await (const _ of backend.observe(sought('a', 'b'), signal)) break;
    expect(closed).toBe(true);
  });

  test('what comes out of a list that was read before is no sign of life, and comes to its end', async () => {
    const { backend, states } = world({ observe: absent, apply: () => Promise.reject(failure('transient')) });
    let seen = 0;
    for await (const _ of backend.observe(sought('a', 'b', 'c', 'd', 'e', 'f'), signal)) {
      seen++;
      await backend.apply(suspend, signal).catch(() => undefined);
    }
    expect([seen, states]).toEqual([6, ['open']]);
  });

  test.each([
    ['a failure like any other', 'transient', ['open']],
    ['with a refusal an answer', 'terminal', []],
  ] as const)('one that breaks off is %s', async (_, disposition, expected) => {
    const { backend, states } = world({
      observe: async function* () {
        yield { state: 'absent', account: 'a' };
        throw failure(disposition);
      },
      apply: () => Promise.reject(failure('transient')),
    });
    await expect(collect(backend.observe('all', signal))).rejects.toMatchObject({ code: 'X_FAILED', disposition });
    for (let n = 0; n < 4; n++) await backend.apply(suspend, signal).catch(() => undefined);
    expect(states).toEqual(expected);
  });
});

test('accounts without a stamp are listed only where the backend can, and a failure there counts as well', async () => {
  expect('unstamped' in world({}).backend).toBe(false);
  const { backend, states } = world({
    unstamped: () => {
      throw failure('transient');
    },
  });
  for (let n = 0; n < 5; n++) {
    await expect(collect<unknown>(backend.unstamped?.(signal) ?? absent([]))).rejects.toMatchObject({
      code: 'X_FAILED',
    });
  }
  expect(states).toEqual(['open']);
});

test('the running part is there only when the backend has it', () => {
  expect('serve' in world({}).backend).toBe(false);
  expect('serve' in world({ serve: async () => undefined }).backend).toBe(true);
});
