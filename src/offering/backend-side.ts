import type { OfferingConfig } from '../config/types.ts';
import { createReleasers } from '../lib/releasers.ts';
import type { Backend } from '../plugin/contract.ts';
import { createBackendCheck } from './backend-check.ts';
import { type CircuitWatch, createCircuitWatch } from './circuit-watch.ts';
import { type RunningJobs, startJobs } from './jobs.ts';
import { runAll } from './run-all.ts';
import { keepServing } from './serving.ts';
import type { Shared } from './shared.ts';
import type { Standing } from './standing.ts';

/** The backend of an offering, with everything that runs whether there are orders or not. */
export interface BackendSide {
  readonly backend: Backend;
  readonly circuit: CircuitWatch;
  readonly jobs: RunningJobs;
  /** Checks the backend as soon as may be. */
  checkNow(): void;
  /** Ends what runs, then closes the backend. */
  close(): Promise<void>;
}

/** Starts the backend side: its checks, its serving part and its jobs. */
export function startBackendSide(
  offering: OfferingConfig,
  shared: Pick<Shared, 'config' | 'clock' | 'random' | 'log' | 'metrics' | 'backend'>,
  standing: Standing,
): BackendSide {
  const { clock, random, metrics } = shared;
  const { name } = offering;
  const log = shared.log.child({ offering: name });
  const releasers = createReleasers();
  const stop = new AbortController();
  const circuit = createCircuitWatch({ offering: name, clock, standing, metrics });
  const backend = shared.backend(offering, circuit.onChange);
  releasers.add(() => backend.close());
  const { timezone } = shared.config;
  const jobs = startJobs(backend.jobs ?? [], { offering: name, timezone, clock, random, log, metrics }, stop.signal);
  releasers.add(jobs.stop);
  const check = createBackendCheck({ offering: name, backend, clock, random, standing, metrics }, stop.signal);
  circuit.onProbe(check.wake);
  const serving = { backend, clock, random, standing, metrics };
  const ended = runAll([check.run(stop.signal), keepServing(serving, stop.signal)], { log, metrics }, stop.signal);
  releasers.add(async () => {
    stop.abort(new Error(`the backend of offering ${name} is stopped`));
    await ended;
  });
  return { backend, circuit, jobs, checkNow: check.wake, close: releasers.release };
}
