import type { Log } from '../lib/log.ts';
import type { CircuitState } from '../plugin/circuit.ts';
import type { Metrics } from './metrics.ts';

export interface CircuitWatch {
  onChange(state: CircuitState): void;
  /** For the probe of the offering; undefined while the backend is called as usual. */
  detail(): string | undefined;
}

export interface CircuitWatchDeps {
  readonly offering: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'backendPaused'>;
  /** The backend answers again: what was left in the meantime can be done now. */
  onAnswering(): void;
}

/** Tells operators that the backend is not called, and that it is again; not of the attempts in between. */
export function createCircuitWatch(deps: CircuitWatchDeps): CircuitWatch {
  let state: CircuitState = { kind: 'closed' };
  return {
    onChange: (next) => {
      const wasClosed = state.kind === 'closed';
      state = next;
      deps.metrics.backendPaused({ offering: deps.offering, paused: next.kind !== 'closed' });
      if (next.kind === 'closed') {
        deps.log.info({}, 'the backend answers again');
        deps.onAnswering();
      } else if (wasClosed && next.kind === 'open') {
        deps.log.error(
          { code: next.code, until: next.until },
          'the backend keeps failing and is not called for a while',
        );
      }
    },
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
