import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/retry.ts';
import type { Backend } from '../plugin/contract.ts';
import { createPulse, type Pulse } from './loop.ts';

const INTERVAL_MS = 60_000;

/** Asks the backend every minute whether it works; a check that fails or throws means that it does not. */
export function createBackendCheck(
  deps: { readonly backend: Pick<Backend, 'check'>; readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
  onResult: (up: boolean) => void,
): Pulse {
  return createPulse({
    ...deps,
    intervalMs: () => INTERVAL_MS,
    beat: async () => {
      const up = await deps.backend.check(signal).then(
        (checks) => checks.every(({ status }) => status !== 'failed'),
        () => false,
      );
      if (!signal.aborted) onResult(up);
    },
  });
}
