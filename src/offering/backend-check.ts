import type { Clock } from '../lib/clock.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import type { Random } from '../lib/retry.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { Backend, Check } from '../plugin/contract.ts';
import { createLoop, type Loop } from './loop.ts';
import type { Standing } from './standing.ts';

export interface BackendCheckDeps {
  readonly offering: string;
  readonly backend: Pick<Backend, 'check'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly standing: Standing;
  readonly metrics: Pick<Metrics, 'backendUp'>;
}

const INTERVAL_MS = 60_000;
const FLOOR_MS = 5_000;

/** Asks the backend every minute whether it works; a check that fails or throws means that it does not. */
export function createBackendCheck(deps: BackendCheckDeps, signal: AbortSignal): Loop {
  const { offering, standing } = deps;
  return createLoop({
    clock: deps.clock,
    random: deps.random,
    intervalMs: () => INTERVAL_MS,
    floorMs: FLOOR_MS,
    turn: async () => {
      const reason = await deps.backend.check(signal).then(firstFailure, toAgentError);
      if (signal.aborted) return;
      deps.metrics.backendUp({ offering, up: reason === undefined });
      if (reason === undefined) standing.clear('backend');
      // The standing of the calls says so already, with the reason.
      else if (reason.code !== 'BACKEND_PAUSED') standing.hinder('backend', reason);
    },
  });
}

function firstFailure(checks: readonly Check[]): AgentError | undefined {
  const failed = checks.find(({ status }) => status === 'failed');
  if (failed === undefined) return undefined;
  const { name, detail, hint } = failed;
  return new AgentError(`${name}: ${detail}`, { code: 'BACKEND_CHECK', disposition: 'operator', hint });
}
