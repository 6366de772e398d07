import { toAgentError } from '../lib/errors.ts';
import type { HealthSnapshot } from '../monitor/health.ts';
import type { Intake } from '../orders/intake.ts';
import { reconcileOrders } from '../orders/reconcile.ts';
import type { OfferingContext } from './context.ts';
import type { EventLink } from './event-link.ts';
import { createLoop, type Loop } from './loop.ts';

export interface Reconcile {
  readonly loop: Loop;
  /** In monotonic milliseconds; undefined before the first good pass. */
  lastSuccessMs(): number | undefined;
  /** For the liveness of the process. */
  supervisor(): HealthSnapshot['supervisors'][number];
}

/** A session that begins or ends is answered by a pass at once; nothing else wakes the loop often. */
const FLOOR_MS = 250;
/** A failed pass is tried again after this, or sooner when the configured interval is shorter. */
const RETRY_MS = 60_000;
/** One outage of a moment is no hindrance: the next pass comes within a minute. */
const TOLERATED_FAILURES = 1;
/** The loop is taken for dead after three of these, however short its pauses are: a pass may take its time. */
const LEAST_PATIENCE_MS = 200_000;

/** Finds the orders whose events were lost: reads all open ones, often while there are no events, else now and then. */
export function createReconcile(
  context: OfferingContext,
  deps: { readonly intake: Intake; readonly link: EventLink; done(open: number): void },
  signal: AbortSignal,
): Reconcile {
  const { clock, metrics, standing, config } = context;
  const { intervalMs, pollIntervalMs } = config.reconcile;
  const offering = context.offering.name;
  let lastSuccessMs: number | undefined;
  let failures = 0;

  async function pass(alive: () => void): Promise<void> {
    try {
      const open = await reconcileOrders({ ...context, intake: deps.intake, alive }, signal);
      lastSuccessMs = clock.monotonicMs();
      failures = 0;
      metrics.reconciled({ offering, ok: true });
      standing.clear('orders');
      deps.done(open);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toAgentError(thrown);
      failures++;
      metrics.error(error);
      metrics.reconciled({ offering, ok: false });
      const isTolerated =
        error.disposition === 'transient' && failures <= TOLERATED_FAILURES && lastSuccessMs !== undefined;
      if (isTolerated) context.log.warn({ err: error }, 'open orders could not be listed, trying again');
      else standing.hinder('orders', error);
    }
  }

  const loop = createLoop({
    intervalMs: () => {
      const usual = deps.link.connected() ? intervalMs : pollIntervalMs;
      return failures === 0 ? usual : Math.min(usual, RETRY_MS);
    },
    floorMs: FLOOR_MS,
    clock,
    random: context.random,
    turn: (_, alive) => pass(alive),
  });
  return {
    loop,
    lastSuccessMs: () => lastSuccessMs,
    supervisor: () => ({
      name: `${offering} reconcile`,
      lastTickMs: loop.lastTurnMs(),
      intervalMs: Math.max(loop.pauseMs(), LEAST_PATIENCE_MS),
    }),
  };
}
