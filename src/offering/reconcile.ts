import type { Config, OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Intake } from '../orders/intake.ts';
import { reconcileOrders } from '../orders/reconcile.ts';
import type { Waldur } from '../waldur/client.ts';
import { createPulse, type Pulse } from './loop.ts';

export interface ReconcilingDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly intervals: Config['reconcile'];
  /** Events arrive. */
  connected(): boolean;
  succeeded(): void;
  failed(error: AgentError): void;
}

export interface Reconciling {
  readonly pulse: Pulse;
  intervalMs(): number;
  /** In monotonic milliseconds; undefined before the first good pass. */
  lastSuccessMs(): number | undefined;
  /** Code of what the last pass failed with; undefined after a good one. */
  failing(): string | undefined;
}

/** Finds the orders whose events were lost: reads all open ones, often while there are no events, else now and then. */
export function createReconciling(deps: ReconcilingDeps, signal: AbortSignal): Reconciling {
  const { clock, metrics } = deps;
  const offering = deps.offering.name;
  const intervalMs = (): number => (deps.connected() ? deps.intervals.intervalMs : deps.intervals.pollIntervalMs);
  let lastSuccessMs: number | undefined;
  let failing: string | undefined;

  const pulse = createPulse({
    intervalMs,
    clock,
    random: deps.random,
    beat: async (_, alive) => {
      try {
        await reconcileOrders({ ...deps, alive }, signal);
        lastSuccessMs = clock.monotonicMs();
        failing = undefined;
        metrics.reconciled({ offering, ok: true });
        deps.succeeded();
      } catch (error) {
        if (signal.aborted) return;
        const err = toAgentError(error);
        deps.failed(err);
        failing = err.code;
        metrics.reconciled({ offering, ok: false });
        deps.log.warn({ err }, 'open orders could not be listed');
      }
    },
  });

  return { pulse, intervalMs, lastSuccessMs: () => lastSuccessMs, failing: () => failing };
}
