import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Reporter } from '../usage/report.ts';
import { schedule } from './schedule.ts';

export interface ReportingDeps {
  readonly offering: string;
  readonly reporter: Reporter;
  /** node-cron expression, in UTC. */
  readonly expression: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  failed(error: AgentError): void;
}

export interface Reporting {
  /** Starts a pass, unless one is under way. */
  now(): void;
  /** No further passes; waits for the one under way, which the signal given at the start aborts. */
  stop(): Promise<void>;
}

const JITTER_MS = 60_000;

/** Usage reports of one offering: the schedule only wakes them, what is due is computed by the reporter. */
export function startReporting(deps: ReportingDeps, signal: AbortSignal): Reporting {
  const { offering, clock, log, metrics } = deps;
  let current: Promise<void> | undefined;

  async function pass(): Promise<void> {
    const start = clock.monotonicMs();
    const seconds = (): number => (clock.monotonicMs() - start) / 1000;
    metrics.reportStarted({ offering });
    try {
      const summary = await deps.reporter.report({}, signal);
      const { failure, ...counts } = summary;
      if (failure !== undefined) deps.failed(failure);
      metrics.reportFinished({ offering, ok: failure === undefined, seconds: seconds(), resources: counts });
      log.info({ ...counts, ms: Math.round(seconds() * 1000) }, 'usage reported');
    } catch (error) {
      if (signal.aborted) return;
      deps.failed(toAgentError(error));
      const resources = { submitted: 0, unchanged: 0, missing: 0, failed: 0 };
      metrics.reportFinished({ offering, ok: false, seconds: seconds(), resources });
      log.error({ err: toAgentError(error) }, 'usage could not be reported');
    }
  }

  function wake(): Promise<void> {
    current ??= pass().finally(() => {
      current = undefined;
    });
    return current;
  }

  const wakeups = schedule({
    expression: deps.expression,
    timezone: 'UTC',
    jitterMs: JITTER_MS,
    clock,
    random: deps.random,
    onWake: wake,
    onMissed: () => metrics.scheduleMissed('report'),
    onError: (error) => deps.failed(toAgentError(error)),
  });

  return {
    now: () => void wake(),
    stop: async () => {
      await wakeups.stop();
      await current;
    },
  };
}
