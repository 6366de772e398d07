import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentError, type Disposition } from '../../src/lib/errors.ts';
import { type Backoff, backoffMs, type RetryOptions, retry } from '../../src/lib/retry.ts';
import { manualClock } from '../fakes/clock.ts';

const POLICY: Backoff = { firstMs: 100, factor: 2, capMs: 1000, jitter: 0.25 };
const MIDDLE = (): number => 0.5;
const SIGNAL = new AbortController().signal;

function failure(disposition: Disposition, retryAfterMs?: number): AgentError {
  return new AgentError('no', { code: 'X', disposition, retryAfterMs });
}

describe('backoffMs', () => {
  it.each([
    [0, 100],
    [1, 200],
    [3, 800],
    [4, 1000],
    [50, 1000],
    [5000, 1000],
  ])('grows up to the cap: attempt %i waits %i ms', (attempt, expected) => {
    expect(backoffMs(POLICY, attempt, MIDDLE)).toBe(expected);
  });

  it('treats what the server asked for as a lower bound', () => {
    expect(backoffMs(POLICY, 0, MIDDLE, 7000)).toBe(7000);
    expect(backoffMs(POLICY, 0, MIDDLE, 1)).toBe(100);
  });

  it('stays within the jitter around the plain delay', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (attempt, dice) => {
          const plain = Math.min(1000, 100 * 2 ** attempt);
          const wait = backoffMs(POLICY, attempt, () => dice);
          expect(wait).toBeGreaterThanOrEqual(plain * 0.75);
          expect(wait).toBeLessThanOrEqual(plain * 1.25);
        },
      ),
    );
  });
});

describe('retry', () => {
  /** Runs work that fails with `failures`, then succeeds; advances time until it is over. */
  async function run(failures: readonly unknown[], options: Partial<RetryOptions> = {}) {
    const clock = manualClock();
    const attempts: number[] = [];
    const result = retry(
      { clock, random: MIDDLE, backoff: POLICY, attempts: 4, ...options },
      SIGNAL,
      async (attempt) => {
        attempts.push(attempt);
        if (attempt < failures.length) throw failures[attempt];
        return 'done';
      },
    ).catch((error: unknown) => error);
    await clock.advance(100_000);
    return { result: await result, attempts, ended: clock.pending() === 0 };
  }

  it('repeats what failed for the moment', async () => {
    expect(await run([failure('transient'), failure('transient')])).toEqual({
      result: 'done',
      attempts: [0, 1, 2],
      ended: true,
    });
  });

  it.each<Disposition>(['terminal', 'operator', 'bug'])(
    'gives up at once when the failure is %s',
    async (disposition) => {
      const error = failure(disposition);
      expect(await run([error])).toMatchObject({ result: error, attempts: [0] });
    },
  );

  it('takes an unclassified error for a bug', async () => {
    const error = new TypeError('x');
    expect(await run([error])).toMatchObject({ result: error, attempts: [0] });
  });

  it('throws the last failure when the attempts are spent', async () => {
    const errors = Array.from({ length: 9 }, () => failure('transient'));
    const { result, attempts } = await run(errors);
    expect(attempts).toEqual([0, 1, 2, 3]);
    expect(result).toBe(errors[3]);
  });

  it('reports the failure instead of waiting longer than allowed', async () => {
    const error = failure('transient', 60_000);
    expect(await run([error], { longestWaitMs: 30_000 })).toMatchObject({ result: error, attempts: [0] });
    expect(await run([error], { longestWaitMs: 60_000 })).toMatchObject({ result: 'done', attempts: [0, 1] });
  });

  it('waits as long as the server asked for', async () => {
    const clock = manualClock();
    let calls = 0;
    const result = retry({ clock, random: MIDDLE, backoff: POLICY, attempts: 2 }, SIGNAL, async (attempt) => {
      calls++;
      if (attempt === 0) throw failure('transient', 5000);
    });
    await clock.advance(4999);
    expect(calls).toBe(1);
    await clock.advance(1);
    await result;
    expect(calls).toBe(2);
  });

  it('ends with the reason of the signal while it waits', async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const result = retry({ clock, random: MIDDLE, backoff: POLICY, attempts: 4 }, stop.signal, () =>
      Promise.reject(failure('transient')),
    );
    const outcome = expect(result).rejects.toThrow('stopping');
    await clock.advance(10);
    stop.abort(new Error('stopping'));
    await outcome;
    expect(clock.pending()).toBe(0);
  });

  it('does not begin another attempt after the signal fired during one', async () => {
    const stop = new AbortController();
    const error = failure('transient');
    let calls = 0;
    const options = { clock: manualClock(), random: MIDDLE, backoff: POLICY, attempts: 4 };
    const result = retry(options, stop.signal, async () => {
      calls++;
      stop.abort(new Error('stopping'));
      throw error;
    });
    await expect(result).rejects.toBe(error);
    expect(calls).toBe(1);
  });
});
