import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Backend } from '../plugin/contract.ts';
import type { Store } from '../store/store.ts';
import type { Waldur } from '../waldur/client.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { type Inspection, inspectUsage } from './inspect.ts';
import { createMeter } from './meter.ts';
import type { Period } from './period.ts';
import { createReporter, type Reporter } from './report.ts';
import { createSampler, type Sampler } from './sampler.ts';
import { createServerFacts } from './server-facts.ts';
import { createSieve } from './sieve.ts';

export interface UsageDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly timezone: string;
  /** Months reported: the current one and the ones before it. */
  readonly periods: number;
  readonly perUser: boolean;
  readonly sampleIntervalMs: number;
  /** A reading was held back, because it cannot be true. */
  readonly onImplausible?: () => void;
}

/** What measures and reports the usage of one offering. */
export interface OfferingUsage {
  readonly reporter: Reporter;
  /** Undefined where the backend can tell what `metering` asks for. */
  readonly sampler: Sampler | undefined;
  /** A month of one resource, and what it is made of. */
  inspect(resource: MeteredResource, period: Period, signal: AbortSignal): Promise<Inspection>;
}

/** Samples are read for the months that are reported, and for the gap before them. */
const MONTH_MS = 31 * 86_400_000;
const MONTHS_BEYOND = 2;

export function createUsage(deps: UsageDeps): OfferingUsage {
  const { offering, waldur, backend, store, clock, log, timezone, periods, perUser, sampleIntervalMs } = deps;
  const sieve = createSieve({ offering, log, onImplausible: deps.onImplausible });
  const keepMs = (periods + MONTHS_BEYOND) * MONTH_MS;
  const sampler = offering.isSampled
    ? createSampler({ offering, waldur, backend, samples: store.samples, sieve, clock, log, keepMs })
    : undefined;
  const meter = createMeter({ offering, backend, store, sieve, clock, sampleIntervalMs });
  const facts = createServerFacts(waldur, offering.uuid, clock);
  const month = { offering, waldur, meter, facts, clock, log, timezone, perUser };
  return {
    reporter: createReporter({ ...month, sampler, periods }),
    sampler,
    inspect: (resource, period, signal) => inspectUsage(month, store.samples, resource, period, signal),
  };
}
