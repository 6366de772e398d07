import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Backoff, backoffMs, type Random } from '../lib/retry.ts';
import type { Backend } from '../plugin/contract.ts';

export interface ServingDeps {
  /** Its `serve` returns when the signal fires. */
  readonly backend: Pick<Backend, 'serve'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly failed: (error: AgentError) => void;
}

const BACKOFF: Backoff = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.25 };
/** Whatever ran for this long failed for a reason of its own. */
const STABLE_MS = 60_000;

/** Keeps the running part of a backend that has one: what fails, for example for want of an address that is taken, is reported and begun again. */
export async function keepServing(
  { backend, clock, random, log, failed }: ServingDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const startedMs = clock.monotonicMs();
    try {
      await backend.serve?.(signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const err = toAgentError(error);
      failed(err);
      log.error({ err }, 'the running part of the backend stopped; it is started again');
    }
    if (clock.monotonicMs() - startedMs > STABLE_MS) attempt = 0;
    await clock.sleep(backoffMs(BACKOFF, attempt, random), signal).catch(() => undefined);
  }
}
