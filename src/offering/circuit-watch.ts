import type { Clock } from '../lib/clock.ts';
import { AgentError } from '../lib/errors.ts';
import type { Metrics } from '../monitor/metrics.ts';
import type { CircuitState } from '../plugin/circuit.ts';
import type { Standing } from './standing.ts';

export interface CircuitWatch {
  onChange(state: CircuitState): void;
  /** The backend is called at present. */
  isClosed(): boolean;
  /** `probe` runs when a pause is over: something that finds out how the backend is. Returns what ends it. */
  onProbe(probe: () => void): () => void;
  /** `resume` runs when what was left in the meantime can be tried. Returns what ends it. */
  onResume(resume: () => void): () => void;
}

export interface CircuitWatchDeps {
  readonly offering: string;
  readonly clock: Clock;
  readonly standing: Standing;
  readonly metrics: Pick<Metrics, 'backendPaused'>;
}

/** A probe that learned nothing is followed by work that finds out, but never in less than this. */
const RESUME_FLOOR_MS = 30_000;

/**
 * Keeps the standing of the calls to a backend, and says when to probe it and when to go on. No order need be tried
 * while it is not called: the probe comes by itself, and then all of them.
 */
export function createCircuitWatch(deps: CircuitWatchDeps): CircuitWatch {
  const { clock, standing } = deps;
  const probes = new Set<() => void>();
  const resumes = new Set<() => void>();
  let state: CircuitState = { kind: 'closed' };
  let nextResumeMs = 0;
  let cancel = (): void => undefined;

  function resume(): void {
    cancel();
    const waitMs = nextResumeMs - clock.monotonicMs();
    if (waitMs > 0) {
      cancel = clock.after(waitMs, resume);
      return;
    }
    nextResumeMs = clock.monotonicMs() + RESUME_FLOOR_MS;
    for (const listener of resumes) listener();
  }

  return {
    onChange: (next) => {
      state = next;
      deps.metrics.backendPaused({ offering: deps.offering, paused: next.kind !== 'closed' });
      if (next.kind === 'closed') {
        standing.clear('calls');
        return resume();
      }
      standing.hinder('calls', new AgentError(describe(next), { code: next.code, disposition: 'transient' }));
      if (next.kind !== 'open') return;
      const ms = next.until.getTime() - clock.now().getTime();
      // A probe that learned nothing leaves no pause: an order finds out.
      if (ms <= 0) return resume();
      cancel();
      cancel = clock.after(ms, () => {
        for (const probe of probes) probe();
      });
    },
    isClosed: () => state.kind === 'closed',
    onProbe: (probe) => subscribe(probes, probe),
    onResume: (listener) => subscribe(resumes, listener),
  };
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function describe(state: Exclude<CircuitState, { readonly kind: 'closed' }>): string {
  return state.kind === 'open'
    ? `the backend kept failing and is not called until ${state.until.toISOString()}`
    : 'the backend kept failing and is being tried';
}
