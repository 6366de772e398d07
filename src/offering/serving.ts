import type { Clock } from '../lib/clock.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import { type Backoff, backoffMs, type Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Standing } from './standing.ts';

export interface ServingDeps {
  /** Its `serve` returns when the signal fires. */
  readonly backend: Pick<Backend, 'serve'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly standing: Standing;
  readonly metrics: Pick<Metrics, 'error'>;
}

const BACKOFF: Backoff = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.25 };
/** A part that fails as soon as it is started does so within this time; after it the part counts as running. */
const SETTLE_MS = 2_000;
/** Whatever ran for this long failed for a reason of its own. */
const STABLE_MS = 60_000;

/** Keeps the serving part of a backend running, when it has one: what fails or ends is started again after a pause. */
export async function keepServing(deps: ServingDeps, signal: AbortSignal): Promise<void> {
  const { clock, standing, metrics } = deps;
  if (deps.backend.serve === undefined) return;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const startedMs = clock.monotonicMs();
    const cancel = clock.after(SETTLE_MS, () => standing.clear('serving'));
    try {
      await deps.backend.serve(signal);
      if (signal.aborted) return;
      throw ended();
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toAgentError(thrown);
      metrics.error(error);
      standing.hinder('serving', error);
    } finally {
      cancel();
    }
    if (clock.monotonicMs() - startedMs > STABLE_MS) attempt = 0;
    await clock.sleep(backoffMs(BACKOFF, attempt, deps.random), signal).catch(() => undefined);
  }
}

function ended(): AgentError {
  return new AgentError('the serving part of the backend ended by itself', {
    code: 'SERVING_ENDED',
    disposition: 'bug',
  });
}
