import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { EndedReport } from '../monitor/activity.ts';
import type { OfferingContext } from './context.ts';
import { schedule } from './schedule.ts';

export interface Reporting {
  /** One pass, or the one that is under way; false when it failed. */
  now(): Promise<boolean>;
  /** How the last pass ended; undefined before the first. */
  ended(): EndedReport | undefined;
  /** The last pass of a month: one that is under way began too early to be it. */
  last(): Promise<boolean>;
  /** No further passes; waits for the one under way, which the signal given at the start aborts. */
  stop(): Promise<void>;
}

const JITTER_MS = 60_000;
const NOTHING_REPORTED = { submitted: 0, unchanged: 0, missing: 0, failed: 0, lost: 0 };

/** Usage reports of one offering: the schedule only wakes them, what is due is computed by the reporter. */
export function startReporting(context: OfferingContext, signal: AbortSignal): Reporting {
  const { clock, metrics, config } = context;
  let current: Promise<boolean> | undefined;
  let last: EndedReport | undefined;

  function now(): Promise<boolean> {
    const ended = (ok: boolean, resources: EndedReport['resources']): void => {
      last = { at: clock.now(), ok, resources };
    };
    current ??= reportOnce(context, ended, signal).finally(() => {
      current = undefined;
    });
    return current;
  }

  const wakeups = schedule({
    expression: config.report.schedule,
    timezone: config.timezone,
    jitterMs: JITTER_MS,
    clock,
    random: context.random,
    onWake: async () => void (await now()),
    onMissed: () => metrics.scheduleMissed('report'),
    onError: (error) => metrics.error(toAgentError(error)),
  });

  return {
    now,
    ended: () => last,
    last: async () => {
      await current;
      return await now();
    },
    stop: async () => {
      await wakeups.stop();
      await current;
    },
  };
}

/** One pass over all resources; false when it failed. */
async function reportOnce(
  context: OfferingContext,
  ended: (ok: boolean, resources: EndedReport['resources']) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock, log, metrics } = context;
  const offering = context.offering.name;
  const start = clock.monotonicMs();
  const seconds = (): number => (clock.monotonicMs() - start) / 1000;
  metrics.reportStarted({ offering });
  try {
    const { failure, ...resources } = await context.usage.reporter.report({}, signal);
    metrics.reportFinished({ offering, ok: failure === undefined, seconds: seconds(), resources });
    ended(failure === undefined, resources);
    log.info({ ...resources, ms: Math.round(seconds() * 1000) }, 'usage reported');
    return settle(context, failure);
  } catch (thrown) {
    if (signal.aborted) return false;
    metrics.reportFinished({ offering, ok: false, seconds: seconds(), resources: NOTHING_REPORTED });
    ended(false, NOTHING_REPORTED);
    const error = toAgentError(thrown);
    log.error({ err: error }, 'usage could not be reported');
    return settle(context, error);
  }
}

function settle({ metrics, standing }: OfferingContext, failure: AgentError | undefined): boolean {
  if (failure === undefined) {
    standing.clear('reports');
    return true;
  }
  metrics.error(failure);
  standing.hinder('reports', failure);
  return false;
}
