import type { Clock } from '../lib/clock.ts';
import type { ConnectMetrics } from './connect.ts';

const FLOOR_MS = 60_000;

/** The secret of an identity provider; tokens of Waldur are read again by their client. */
const OIDC_OPERATION = 'oidc.token';

/**
 * The same metrics, which tell of a refused credential that only the configuration can renew: at most once a minute,
 * however many requests are refused.
 */
export function watchUnauthorized(metrics: ConnectMetrics, clock: Clock, unauthorized: () => void): ConnectMetrics {
  let nextMs = 0;
  const look = (status: string): void => {
    if (status !== '401' || clock.monotonicMs() < nextMs) return;
    nextMs = clock.monotonicMs() + FLOOR_MS;
    unauthorized();
  };
  return {
    ...metrics,
    waldurRequest: (outcome) => {
      metrics.waldurRequest(outcome);
      if (outcome.operation === OIDC_OPERATION) look(outcome.status);
    },
    pluginRequest: (outcome) => {
      metrics.pluginRequest(outcome);
      look(outcome.status);
    },
  };
}
