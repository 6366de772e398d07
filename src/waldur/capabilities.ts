import type { Clock } from '../lib/clock.ts';
import { isAgentError } from '../lib/errors.ts';

/** What older servers lack. */
export type Feature =
  | 'version'
  | 'identities'
  | 'logs'
  | 'unified-queue'
  | 'legacy-queues'
  | 'provider-info'
  | 'endpoints'
  | 'limits'
  | 'resource-erred'
  | 'resource-ok'
  | 'last-sync'
  | 'api-keys'
  | 'imports'
  | 'allocation';

/** Runs `call`; undefined, without a request for an hour, once its route has turned out to be missing. */
export type Attempt = <T>(feature: Feature, call: () => Promise<T>) => Promise<T | undefined>;

const REMEMBERED_MS = 3_600_000;

export function createAttempt(clock: Clock): Attempt {
  const missingUntil = new Map<Feature, number>();
  return async (feature, call) => {
    if (clock.monotonicMs() < (missingUntil.get(feature) ?? 0)) return undefined;
    try {
      return await call();
    } catch (error) {
      if (!isAgentError(error) || error.code !== 'WALDUR_NO_ROUTE') throw error;
      missingUntil.set(feature, clock.monotonicMs() + REMEMBERED_MS);
      return undefined;
    }
  };
}

/** `look`, asked again an hour after it last answered: servers are updated while the agent runs. */
export function rememberHourly<T>(
  clock: Clock,
  look: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  let known: { readonly value: T; readonly untilMs: number } | undefined;
  return async (signal) => {
    if (known === undefined || clock.monotonicMs() >= known.untilMs)
      known = { value: await look(signal), untilMs: clock.monotonicMs() + REMEMBERED_MS };
    return known.value;
  };
}
