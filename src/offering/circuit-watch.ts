import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { CircuitState } from '../plugin/circuit.ts';

export interface CircuitWatch {
  onChange(state: CircuitState): void;
  isClosed(): boolean;
  /** For the probe of the offering; undefined while the backend is called as usual. */
  detail(): string | undefined;
}

export interface CircuitWatchDeps {
  readonly offering: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'backendPaused'>;
  /** The pause is over: calls something that finds out how the backend is. */
  probe(): void;
  /** It may answer again, or does: what was left in the meantime can be tried now. */
  takeUp(): void;
}

/**
 * Tells operators that the backend is not called, and that it is again; not of the attempts in between. No order need be
 * tried meanwhile: the probe comes by itself, and then all of them.
 */
export function createCircuitWatch(deps: CircuitWatchDeps): CircuitWatch {
  let state: CircuitState = { kind: 'closed' };
  return {
    onChange: (next) => {
      const wasClosed = state.kind === 'closed';
      state = next;
      deps.metrics.backendPaused({ offering: deps.offering, paused: next.kind !== 'closed' });
      if (next.kind === 'closed') {
        deps.log.info({}, 'the backend answers again');
        deps.takeUp();
      } else if (next.kind === 'open') {
        const ms = next.until.getTime() - deps.clock.now().getTime();
        if (ms > 0) deps.clock.after(ms, deps.probe);
        // The probe learned nothing: an order finds out.
        else deps.takeUp();
      }
      if (wasClosed && next.kind === 'open') {
        deps.log.error(
          { code: next.code, until: next.until },
          'the backend keeps failing and is not called for a while',
        );
      }
    },
    isClosed: () => state.kind === 'closed',
    detail: () => {
      switch (state.kind) {
        case 'closed':
          return undefined;
        case 'open':
          return `backend not called until ${state.until.toISOString()}: ${state.code}`;
        case 'probing':
          return `backend being tried: ${state.code}`;
      }
    },
  };
}
