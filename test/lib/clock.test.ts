import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

const YEAR_MS = 365 * 86_400_000;

describe('systemClock', () => {
  it('reads a time that agrees with the system, and one that never falls', () => {
    expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(1000);
    const before = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  it('sleeps at least as long as asked', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(5, new AbortController().signal);
    expect(systemClock.monotonicMs() - before).toBeGreaterThan(3);
  });

  it('wakes with the reason of the signal, before and during a sleep', async () => {
    const reason = new Error('stopping');
    await expect(systemClock.sleep(YEAR_MS, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const outcome = expect(systemClock.sleep(YEAR_MS, stop.signal)).rejects.toBe(reason);
    stop.abort(reason);
    await outcome;
  });

  it('fires once, unless it is called off', async () => {
    const fired: string[] = [];
    const callOff = systemClock.after(0, () => fired.push('called off'));
    callOff();
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        fired.push('fired');
        resolve();
      });
    });
    expect(fired).toEqual(['fired']);
  });

  it('does not take a very long time for none', async () => {
    let fired = false;
    const callOff = systemClock.after(YEAR_MS, () => {
      fired = true;
    });
    await systemClock.sleep(5, new AbortController().signal);
    callOff();
    expect(fired).toBe(false);
  });
});
