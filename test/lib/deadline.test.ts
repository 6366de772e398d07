import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../src/lib/deadline.ts';
import { manualClock } from '../fakes/clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('withDeadline', () => {
  it('passes the result through and leaves nothing behind', async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    expect(await withDeadline(clock, signal, 1000, 'work', async () => 7)).toBe(7);
    expect([clock.pending(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });

  it('passes a failure through and leaves nothing behind', async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    const failure = new Error('no');
    await expect(withDeadline(clock, signal, 1000, 'work', () => Promise.reject(failure))).rejects.toBe(failure);
    const throws = (): Promise<never> => {
      throw failure;
    };
    await expect(withDeadline(clock, signal, 1000, 'work', throws)).rejects.toBe(failure);
    expect([clock.pending(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });

  it('ends work that ignores its signal, with a transient error that names it', async () => {
    const clock = manualClock();
    const outcome = expect(
      withDeadline(clock, new AbortController().signal, 1000, 'reading order 1', never),
    ).rejects.toMatchObject({
      code: 'DEADLINE',
      disposition: 'transient',
      message: 'reading order 1 took longer than 1000 ms',
    });
    await clock.advance(1000);
    await outcome;
  });

  it('fires the signal of the work at the deadline, not before', async () => {
    const clock = manualClock();
    let inner: AbortSignal | undefined;
    const result = withDeadline(clock, new AbortController().signal, 1000, 'work', (signal) => {
      inner = signal;
      return never();
    }).catch(() => undefined);
    await clock.advance(999);
    expect(inner?.aborted).toBe(false);
    await clock.advance(1);
    await result;
    expect(inner?.reason).toMatchObject({ code: 'DEADLINE' });
  });

  it('ends with the reason of its parent', async () => {
    const clock = manualClock();
    const parent = new AbortController();
    const reason = new Error('stopping');
    const outcome = expect(withDeadline(clock, parent.signal, 1000, 'work', never)).rejects.toBe(reason);
    parent.abort(reason);
    await outcome;
    expect([clock.pending(), getEventListeners(parent.signal, 'abort')]).toEqual([0, []]);
  });

  it('does not begin under a parent that has fired', async () => {
    const reason = new Error('stopping');
    let begun = false;
    const work = async (): Promise<void> => {
      begun = true;
    };
    await expect(withDeadline(manualClock(), AbortSignal.abort(reason), 1000, 'work', work)).rejects.toBe(reason);
    expect(begun).toBe(false);
  });

  it('swallows what fails after the deadline', async () => {
    const clock = manualClock();
    const late = withDeadline(clock, new AbortController().signal, 10, 'work', (signal) => {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => clock.after(10, () => reject(new Error('late'))));
      });
    });
    const outcome = expect(late).rejects.toMatchObject({ code: 'DEADLINE' });
    await clock.advance(100);
    await outcome;
  });
});
