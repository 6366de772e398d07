import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Action, Backend } from '../../src/plugin/contract.ts';
import { type CallOutcome, instrument } from '../../src/plugin/instrument.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { absent, sought } from './absent.ts';

const resource = '0123456789abcdef0123456789abcdef';
const suspend: Action = { kind: 'suspend', account: 'acc', resource };
const signal = new AbortController().signal;

describe('instrument', () => {
  it('names an action by its kind and measures the time it took', async () => {
    const { backend, clock, outcomes } = world({
      apply: async () => {
        await clock.advance(500);
        return { changed: true };
      },
    });
    expect(await backend.apply(suspend, signal)).toEqual({ changed: true });
    expect(outcomes).toEqual([{ operation: 'suspend', code: 'ok', seconds: 0.5 }]);
  });

  it.each([
    [new AgentError('busy', { code: 'X_BUSY', disposition: 'transient' }), 'X_BUSY'],
    [foreign('THEIR_CODE', 'terminal'), 'THEIR_CODE'],
    [foreign('THEIR_CODE', 'fatal'), 'BUG'],
    [foreign('user 42 not found', 'terminal'), 'BUG'],
    [new TypeError('x is not a function'), 'BUG'],
    ['just text', 'BUG'],
  ])('%s is counted and thrown as %s', async (thrown, code) => {
    const { backend, outcomes } = world({
      check: () => Promise.reject(thrown),
    });
    await expect(backend.check(signal)).rejects.toMatchObject({ name: 'AgentError', code });
    expect(outcomes).toEqual([{ operation: 'check', code, seconds: 0 }]);
  });

  it('says what was being done when a failure is a bug', async () => {
    const { backend } = world({ apply: () => Promise.reject(new TypeError('no')) });
    await expect(backend.apply(suspend, signal)).rejects.toThrow('suspend of demo for offering "Files" failed: no');
  });

  it('ends a call that takes too long, and tells the backend', async () => {
    let told: unknown;
    const { backend, clock, outcomes } = world({
      apply: (_, inner) =>
        new Promise(() => {
          inner.addEventListener('abort', () => {
            told = inner.reason;
          });
        }),
    });
    const applied = backend.apply(suspend, signal);
    const failure = expect(applied).rejects.toMatchObject({ code: 'DEADLINE', disposition: 'transient' });
    await clock.advance(1000);
    await failure;
    expect(told).toMatchObject({ code: 'DEADLINE' });
    expect(outcomes).toEqual([{ operation: 'suspend', code: 'DEADLINE', seconds: 1 }]);
    expect(clock.pending()).toBe(0);
  });

  it('passes on the reason of the caller, whatever the backend makes of it', async () => {
    const stop = new AbortController();
    const { backend, outcomes } = world({
      check: (inner) =>
        new Promise((_, reject) => inner.addEventListener('abort', () => reject(new TypeError('socket hang up')))),
    });
    const checked = backend.check(stop.signal);
    const failure = expect(checked).rejects.toThrow('shutting down');
    stop.abort(new Error('shutting down'));
    await failure;
    expect(outcomes).toEqual([{ operation: 'check', code: 'ABORTED', seconds: 0 }]);
  });

  it.each(['', '..', 'a/../b', 'a b'])('never lets the account %j through', async (account) => {
    const { backend, outcomes } = world({});
    const refusal = { code: 'ACCOUNT_UNSAFE', disposition: 'terminal' };
    await expect(backend.apply({ ...suspend, account }, signal)).rejects.toMatchObject(refusal);
    await expect(collect(backend.observe(sought(account), signal))).rejects.toMatchObject(refusal);
    expect(outcomes.map(({ code }) => code)).toEqual(['ACCOUNT_UNSAFE', 'ACCOUNT_UNSAFE']);
  });

  it('says which account it did not let through', async () => {
    const refused = (account: string) => expect(world({}).backend.apply({ ...suspend, account }, signal)).rejects;
    await refused('').toThrow('The account name is empty.');
    await refused('..').toThrow('The account name ".." is not one this storage could have given.');
  });

  it('leaves an unsafe name out of a list', async () => {
    const { backend } = world({ observe: (accounts) => absent(accounts) });
    expect(await collect(backend.observe(sought('a', '../b', 'c'), signal))).toEqual([
      { state: 'absent', account: 'a' },
      { state: 'absent', account: 'c' },
    ]);
    expect(await collect(backend.observe([], signal))).toEqual([]);
  });
});

describe('streams', () => {
  it('counts the time of the backend, not of the reader', async () => {
    const { backend, clock, outcomes } = world({
      observe: async function* (accounts) {
        for await (const item of absent(accounts)) {
          await clock.advance(100);
          yield item;
        }
      },
    });
    for await (const _ of backend.observe(sought('a', 'b'), signal)) await clock.advance(5000);
    expect(outcomes).toEqual([{ operation: 'observe', code: 'ok', seconds: 0.2 }]);
  });

  it('bounds the wait for each item, and does not wait for a backend that hangs', async () => {
    let ended = false;
    const { backend, clock, outcomes } = world({
      usage: async function* (_, __, inner) {
        inner.addEventListener('abort', () => {
          ended = true;
        });
        yield { account: 'a', measuredAt: new Date(0), quantities: {} };
        await new Promise(() => undefined);
      },
    });
    const window = { from: new Date(0), to: new Date(1) };
    const read = collect(backend.usage(['a'], { metering: 'current', window }, signal));
    const failure = expect(read).rejects.toMatchObject({ code: 'DEADLINE' });
    await clock.advance(1000);
    await failure;
    expect(ended).toBe(true);
    expect(outcomes).toEqual([{ operation: 'usage', code: 'DEADLINE', seconds: 1 }]);
  });

  it('closes the source when the reader stops early', async () => {
    let closed = false;
    const { backend, outcomes } = world({
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
    expect(outcomes).toEqual([{ operation: 'observe', code: 'ok', seconds: 0 }]);
  });

  it('stops with the reason of the caller', async () => {
    const stop = new AbortController();
    const { backend, outcomes } = world({ observe: () => absent(sought('a', 'b')) });
    const read = (async () => {
      for await (const _ of backend.observe('all', stop.signal)) stop.abort(new Error('shutting down'));
    })();
    await expect(read).rejects.toThrow('shutting down');
    expect(outcomes).toEqual([{ operation: 'observe', code: 'ABORTED', seconds: 0 }]);
  });

  it('an outage of the source is an error, not an end', async () => {
    const { backend } = world({
      observe: () => {
        throw new AgentError('down', { code: 'X_DOWN', disposition: 'transient' });
      },
    });
    await expect(collect(backend.observe('all', signal))).rejects.toMatchObject({ code: 'X_DOWN' });
  });
});

describe('serve', () => {
  it('is there only when the backend has it, without a deadline', async () => {
    expect('serve' in world({}).backend).toBe(false);
    const { backend, clock, outcomes } = world({
      serve: (inner) => new Promise((resolve) => inner.addEventListener('abort', () => resolve())),
    });
    const stop = new AbortController();
    const served = backend.serve?.(stop.signal);
    await clock.advance(86_400_000);
    stop.abort();
    await served;
    expect(outcomes).toEqual([{ operation: 'serve', code: 'ok', seconds: 86_400 }]);
  });
});

describe('what a backend may have besides', () => {
  it('is there only when the backend has it', () => {
    expect(Object.keys(world({}).backend).sort()).toEqual(['apply', 'check', 'close', 'observe', 'usage']);
  });

  it('is passed on', async () => {
    const extras: Pick<Backend, 'routes' | 'jobs' | 'part' | 'unstamped'> = {
      routes: [],
      jobs: [],
      part: (account) => account.slice(0, 1),
      unstamped: async function* () {
        yield 'a';
      },
    };
    const { backend, outcomes } = world(extras);
    expect([backend.routes, backend.jobs]).toEqual([extras.routes, extras.jobs]);
    expect(backend.part?.('xyz')).toBe('x');
    expect(await collect<unknown>(backend.unstamped?.(signal) ?? absent([]))).toEqual(['a']);
    expect(outcomes).toEqual([{ operation: 'unstamped', code: 'ok', seconds: 0 }]);
  });
});

function world(parts: Partial<Backend>): { backend: Backend; clock: ManualClock; outcomes: CallOutcome[] } {
  const clock = manualClock();
  const outcomes: CallOutcome[] = [];
  const unexpected = (): never => {
    throw new Error('must not be called');
  };
  const bare: Backend = {
    check: unexpected,
    observe: unexpected,
    apply: unexpected,
    usage: unexpected,
    close: async () => undefined,
    ...parts,
  };
  const deadlines = { check: 1000, observe: 1000, apply: 1000, usage: 1000, close: 1000 };
  const backend = instrument(bare, {
    plugin: 'demo',
    offering: 'Files',
    clock,
    deadlines,
    observe: (outcome) => outcomes.push(outcome),
  });
  return { backend, clock, outcomes };
}

function foreign(code: string, disposition: string): Error {
  return Object.assign(new Error('from elsewhere'), { name: 'AgentError', code, disposition });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
