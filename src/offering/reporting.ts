import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { nextClosing } from '../usage/period.ts';
import type { Reporter } from '../usage/report.ts';
import { schedule } from './schedule.ts';

export interface ReportingDeps {
  readonly offering: string;
  readonly reporter: Reporter;
  /** node-cron expression, in `timezone`. */
  readonly expression: string;
  /** IANA name; also the zone in which months end. */
  readonly timezone: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  failed(error: AgentError): void;
}

export interface Reporting {
  /** Starts a pass, unless one is under way. */
  now(): void;
  /** Reports each month once more just before it ends, until the signal fires. */
  closeMonths(signal: AbortSignal): Promise<void>;
  /** No further passes; waits for the one under way, which the signal given at the start aborts. */
  stop(): Promise<void>;
}

const JITTER_MS = 60_000;
/** Before and within which a month is reported for the last time: early enough to be tried again. */
const CLOSING_LEAD_MS = 10 * 60_000;
const CLOSING_SPREAD_MS = 3 * 60_000;
const CLOSING_PAUSE_MS = 120_000;
/** Timers do not notice a suspended machine: the time is looked at again. */
const LONGEST_SLEEP_MS = 3_600_000;

/** Usage reports of one offering: the schedule only wakes them, what is due is computed by the reporter. */
export function startReporting(deps: ReportingDeps, signal: AbortSignal): Reporting {
  const { offering, clock, log, metrics } = deps;
  let current: Promise<boolean> | undefined;

  /** False when it failed. */
  async function pass(): Promise<boolean> {
    const start = clock.monotonicMs();
    const seconds = (): number => (clock.monotonicMs() - start) / 1000;
    metrics.reportStarted({ offering });
    try {
      const summary = await deps.reporter.report({}, signal);
      const { failure, ...counts } = summary;
      if (failure !== undefined) deps.failed(failure);
      metrics.reportFinished({ offering, ok: failure === undefined, seconds: seconds(), resources: counts });
      log.info({ ...counts, ms: Math.round(seconds() * 1000) }, 'usage reported');
      return failure === undefined;
    } catch (error) {
      if (signal.aborted) return false;
      deps.failed(toAgentError(error));
      const resources = { submitted: 0, unchanged: 0, missing: 0, failed: 0, lost: 0 };
      metrics.reportFinished({ offering, ok: false, seconds: seconds(), resources });
      log.error({ err: toAgentError(error) }, 'usage could not be reported');
      return false;
    }
  }

  function wake(): Promise<boolean> {
    current ??= pass().finally(() => {
      current = undefined;
    });
    return current;
  }

  const wakeups = schedule({
    expression: deps.expression,
    timezone: deps.timezone,
    jitterMs: JITTER_MS,
    clock,
    random: deps.random,
    onWake: async () => void (await wake()),
    onMissed: () => metrics.scheduleMissed('report'),
    onError: (error) => deps.failed(toAgentError(error)),
  });

  /** A report that is under way began too early to be the last one. */
  async function closeMonth(end: number, limit: AbortSignal): Promise<void> {
    await current;
    while (!(await wake()) && clock.now().getTime() + CLOSING_PAUSE_MS < end) {
      await clock.sleep(CLOSING_PAUSE_MS, limit);
    }
  }

  async function closeMonths(limit: AbortSignal): Promise<void> {
    const leadMs = CLOSING_LEAD_MS - CLOSING_SPREAD_MS * deps.random();
    for (;;) {
      const slot = nextClosing(clock.now(), deps.timezone, leadMs).getTime();
      for (let left = slot - clock.now().getTime(); left > 0; left = slot - clock.now().getTime()) {
        await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), limit);
      }
      if (clock.now().getTime() < slot + leadMs) await closeMonth(slot + leadMs, limit);
    }
  }

  return {
    now: () => void wake(),
    closeMonths: (limit) =>
      closeMonths(limit).catch((error: unknown) => {
        if (!limit.aborted) throw error;
      }),
    stop: async () => {
      await wakeups.stop();
      await current;
    },
  };
}
