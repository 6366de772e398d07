import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Job } from '../plugin/contract.ts';
import { schedule } from './schedule.ts';

export interface JobsDeps {
  readonly offering: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'addJob' | 'jobEnded' | 'scheduleMissed' | 'error'>;
}

/** The scheduled work of a backend. */
export interface RunningJobs {
  readonly names: readonly string[];
  /**
   * Runs a job now; one that runs already is waited for instead. Returns its line for the log.
   *
   * @throws AgentError terminal `JOB_UNKNOWN`, and what the job throws.
   */
  runNow(name: string): Promise<string | undefined>;
  /** No further runs; waits for those under way, which the signal given at the start aborts. */
  stop(): Promise<void>;
}

const JITTER_MS = 30_000;

/** Runs each job by its schedule, never twice at once, each run with a deadline. */
export function startJobs(jobs: readonly Job[], deps: JobsDeps, signal: AbortSignal): RunningJobs {
  const running = jobs.map((job) => startJob(job, deps, signal));
  return {
    names: jobs.map(({ name }) => name),
    runNow: async (name) => {
      const found = running.find((job) => job.name === name);
      if (found === undefined) throw unknownJob(name, jobs);
      return found.run();
    },
    stop: async () => {
      await Promise.all(running.map((job) => job.stop()));
    },
  };
}

interface RunningJob {
  readonly name: string;
  run(): Promise<string | undefined>;
  stop(): Promise<void>;
}

function startJob(job: Job, deps: JobsDeps, signal: AbortSignal): RunningJob {
  const { name } = job;
  deps.metrics.addJob({ offering: deps.offering, job: name });
  let current: Promise<string | undefined> | undefined;
  const run = (): Promise<string | undefined> => {
    current ??= runOnce(job, deps, signal).finally(() => {
      current = undefined;
    });
    return current;
  };
  const wakeups = schedule({
    expression: job.schedule,
    timezone: deps.timezone,
    jitterMs: JITTER_MS,
    clock: deps.clock,
    random: deps.random,
    onWake: async () => {
      await run();
    },
    onMissed: () => deps.metrics.scheduleMissed(name),
    // A failed run was logged and counted where it failed.
    onError: () => undefined,
  });
  return {
    name,
    run,
    stop: async () => {
      await wakeups.stop();
      await current?.catch(() => undefined);
    },
  };
}

async function runOnce(job: Job, deps: JobsDeps, signal: AbortSignal): Promise<string | undefined> {
  const { offering, clock, log, metrics } = deps;
  const { name } = job;
  const start = clock.monotonicMs();
  try {
    const line = await withDeadline(clock, signal, job.deadlineMs, `job ${name}`, (limit) => job.run(limit));
    metrics.jobEnded({ offering, job: name, result: 'done' });
    if (line !== undefined)
      log.info({ job: name, ms: Math.round(clock.monotonicMs() - start), result: line }, 'job done');
    return line;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const error = toAgentError(thrown);
    metrics.error(error);
    metrics.jobEnded({ offering, job: name, result: 'failed' });
    log.error({ err: error, job: name }, 'job failed');
    throw error;
  }
}

function unknownJob(name: string, jobs: readonly Job[]): AgentError {
  const names = jobs.map((job) => job.name);
  return new AgentError(`the backend has no job ${JSON.stringify(name)}`, {
    code: 'JOB_UNKNOWN',
    disposition: 'terminal',
    hint: names.length === 0 ? 'It has no jobs at all.' : `There are: ${names.join(', ')}`,
  });
}
