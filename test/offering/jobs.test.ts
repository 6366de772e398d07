import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { type RunningJobs, startJobs } from '../../src/offering/jobs.ts';
import type { Job } from '../../src/plugin/contract.ts';
import { silentLog } from '../fakes/log.ts';

// node-cron has no injectable clock: its timers are faked.
beforeEach(() => vi.useFakeTimers({ now: new Date('2026-08-25T10:00:30Z') }));
afterEach(() => vi.useRealTimers());

const MINUTE = 60_000;

function start(job: Partial<Job>): {
  readonly jobs: RunningJobs;
  readonly counts: string[];
  readonly stop: AbortController;
} {
  const counts: string[] = [];
  const stop = new AbortController();
  const full: Job = {
    name: 'retention',
    schedule: '*/10 * * * *',
    deadlineMs: MINUTE,
    run: async () => undefined,
    ...job,
  };
  const jobs = startJobs(
    [full],
    {
      offering: 'minio',
      timezone: 'UTC',
      clock: systemClock,
      random: () => 0,
      log: silentLog(),
      metrics: {
        addJob: () => undefined,
        jobEnded: ({ job: name, result }) => counts.push(`${name} ${result}`),
        scheduleMissed: (name) => counts.push(`${name} missed`),
        error: ({ code }) => counts.push(code),
      },
    },
    stop.signal,
  );
  return { jobs, counts, stop };
}

test('a job runs by its schedule, and every run is counted', async () => {
  let runs = 0;
  const run = async (): Promise<string> => {
    if (++runs === 2) throw new AgentError('the disk is full', { code: 'X_FULL', disposition: 'operator' });
    return 'removed 3';
  };
  const { jobs, counts } = start({ run });
  await vi.advanceTimersByTimeAsync(30 * MINUTE);
  expect(counts).toEqual(['retention done', 'X_FULL', 'retention failed', 'retention done']);
  await jobs.stop();
});

test('a run that takes too long is aborted', async () => {
  let reason: unknown;
  const run = (signal: AbortSignal): Promise<undefined> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
        reject(signal.reason as Error);
      });
    });
  const { jobs, counts } = start({ run });
  await vi.advanceTimersByTimeAsync(11 * MINUTE);
  expect(reason).toMatchObject({ code: 'DEADLINE' });
  expect(counts).toEqual(['DEADLINE', 'retention failed']);
  await jobs.stop();
});

test('a job never runs twice at once: whoever wants it now gets the run under way', async () => {
  let runs = 0;
  let end: (line: string) => void = () => undefined;
  const run = (): Promise<string> => {
    runs++;
    return new Promise((resolve) => {
      end = resolve;
    });
  };
  const { jobs } = start({ run, deadlineMs: 60 * MINUTE });
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  const asked = [jobs.runNow('retention'), jobs.runNow('retention')];
  await vi.advanceTimersByTimeAsync(15 * MINUTE);
  expect(runs).toBe(1);
  end('removed 3');
  expect(await Promise.all(asked)).toEqual(['removed 3', 'removed 3']);
  await jobs.stop();
});

test('what runs is aborted and waited for at the end, and nothing runs after it', async () => {
  const events: string[] = [];
  const run = async (signal: AbortSignal): Promise<undefined> => {
    events.push('run');
    await systemClock.sleep(30 * MINUTE, signal).catch(() => events.push('aborted'));
    return undefined;
  };
  const { jobs, stop, counts } = start({ run, deadlineMs: 60 * MINUTE });
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  stop.abort(new Error('stopped'));
  await jobs.stop();
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  expect([events, counts]).toEqual([['run', 'aborted'], []]);
});

test('an unknown job is told with the known ones', async () => {
  const { jobs } = start({});
  expect(jobs.names).toEqual(['retention']);
  await expect(jobs.runNow('cleanup')).rejects.toMatchObject({ code: 'JOB_UNKNOWN', hint: 'There are: retention' });
  await jobs.stop();
});
