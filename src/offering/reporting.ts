import { type AgentError, toAgentError } from '../lib/errors.ts';
import { createReporter } from '../usage/report.ts';
import type { OfferingContext } from './context.ts';
import { schedule } from './schedule.ts';

export interface Reporting {
  /** Starts a pass, unless one is under way. */
  now(): void;
  /** No further passes; waits for the one under way, which the signal given at the start aborts. */
  stop(): Promise<void>;
}

const JITTER_MS = 60_000;
const NOTHING_REPORTED = { submitted: 0, unchanged: 0, missing: 0, failed: 0 };

/** Usage reports of one offering: the schedule only wakes them, what is due is computed by the reporter. */
export function startReporting(context: OfferingContext, signal: AbortSignal): Reporting {
  const { clock, log, metrics, config, standing } = context;
  const offering = context.offering.name;
  const { timezone, report } = config;
  const reporter = createReporter({ ...context, timezone, periods: report.periods, perUser: report.perUser });
  let current: Promise<void> | undefined;

  async function pass(): Promise<void> {
    const start = clock.monotonicMs();
    const seconds = (): number => (clock.monotonicMs() - start) / 1000;
    metrics.reportStarted({ offering });
    try {
      const { failure, ...resources } = await reporter.report({}, signal);
      metrics.reportFinished({ offering, ok: failure === undefined, seconds: seconds(), resources });
      log.info({ ...resources, ms: Math.round(seconds() * 1000) }, 'usage reported');
      settle(failure);
    } catch (thrown) {
      if (signal.aborted) return;
      metrics.reportFinished({ offering, ok: false, seconds: seconds(), resources: NOTHING_REPORTED });
      const error = toAgentError(thrown);
      log.error({ err: error }, 'usage could not be reported');
      settle(error);
    }
  }

  function settle(failure: AgentError | undefined): void {
    if (failure === undefined) {
      standing.clear('reports');
      return;
    }
    metrics.error(failure);
    standing.hinder('reports', failure);
  }

  function wake(): Promise<void> {
    current ??= pass().finally(() => {
      current = undefined;
    });
    return current;
  }

  const wakeups = schedule({
    expression: report.schedule,
    timezone: 'UTC',
    jitterMs: JITTER_MS,
    clock,
    random: context.random,
    onWake: wake,
    onMissed: () => metrics.scheduleMissed('report'),
    onError: (error) => metrics.error(toAgentError(error)),
  });

  return {
    now: () => void wake(),
    stop: async () => {
      await wakeups.stop();
      await current;
    },
  };
}
