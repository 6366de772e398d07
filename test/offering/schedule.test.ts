import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { type Schedule, type ScheduleOptions, schedule } from '../../src/offering/schedule.ts';

// node-cron has no injectable clock: its timers are faked.
beforeEach(() => vi.useFakeTimers({ now: new Date('2026-08-25T10:00:30Z') }));
afterEach(() => vi.useRealTimers());

interface Rig {
  readonly job: Schedule;
  readonly wakes: string[];
  readonly missed: () => number;
  readonly errors: unknown[];
}

function start(changes: Partial<ScheduleOptions> = {}): Rig {
  const wakes: string[] = [];
  const errors: unknown[] = [];
  let missed = 0;
  const job = schedule({
    expression: '*/10 * * * *',
    timezone: 'UTC',
    jitterMs: 0,
    clock: systemClock,
    random: () => 0.5,
    onWake: async () => void wakes.push(new Date().toISOString()),
    onMissed: () => missed++,
    onError: (error) => errors.push(error),
    ...changes,
  });
  return { job, wakes, missed: () => missed, errors };
}

const MINUTE = 60_000;

describe('schedule', () => {
  it('wakes at every slot', async () => {
    const { job, wakes } = start();
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(wakes.map((wake) => wake.slice(11, 16))).toEqual(['10:10', '10:20', '10:30']);
    await job.stop();
  });

  it('delays by the random part of the jitter', async () => {
    const { job, wakes } = start({ jitterMs: 2 * MINUTE });
    await vi.advanceTimersByTimeAsync(12 * MINUTE);
    expect(wakes.map((wake) => wake.slice(11, 16))).toEqual(['10:11']);
    await job.stop();
  });

  it('reads the hour in the time zone', async () => {
    const { job, wakes } = start({ expression: '0 14 * * *', timezone: 'Europe/Tallinn' });
    await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE);
    expect(wakes.map((wake) => wake.slice(0, 16))).toEqual(['2026-08-25T11:00']);
    await job.stop();
  });

  it('skips a slot while the wake-up before is still served, and says so', async () => {
    const { job, missed } = start({ onWake: (signal) => systemClock.sleep(15 * MINUTE, signal) });
    await vi.advanceTimersByTimeAsync(21 * MINUTE);
    expect(missed()).toBe(1);
    await job.stop();
  });

  it('goes on after a failure, without a word on the console', async () => {
    const written = vi.spyOn(process.stdout, 'write');
    const failure = new Error('no answer');
    const { job, errors } = start({ onWake: () => Promise.reject(failure) });
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect([errors, written.mock.calls]).toEqual([[failure, failure], []]);
    await job.stop();
  });

  it('reports slots that passed while the process did not run', async () => {
    const { job, missed } = start();
    vi.setSystemTime(new Date('2026-08-25T10:35:00Z'));
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(missed()).toBeGreaterThan(0);
    await job.stop();
  });

  it('stop aborts the wake-up in progress, waits for it, and lets no timer behind', async () => {
    let ended = false;
    const { job, errors, wakes } = start({
      onWake: async (signal) => {
        await systemClock.sleep(60 * MINUTE, signal).finally(() => {
          ended = true;
        });
      },
    });
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    await job.stop();
    expect([ended, errors, vi.getTimerCount()]).toEqual([true, [], 0]);
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(wakes).toEqual([]);
  });

  it('stop during the jitter wakes no one', async () => {
    const { job, wakes } = start({ jitterMs: 10 * MINUTE });
    await vi.advanceTimersByTimeAsync(11 * MINUTE);
    await job.stop();
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(wakes).toEqual([]);
  });

  it('leaves no word on the console when slots are missed', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { job } = start();
    vi.setSystemTime(new Date('2026-08-25T10:35:00Z'));
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    await job.stop();
    expect(warned.mock.calls).toEqual([]);
  });
});
