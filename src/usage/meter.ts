import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Backend, Usage } from '../plugin/contract.ts';
import { remembered } from '../store/remembered.ts';
import type { Store } from '../store/store.ts';
import { isClosing, type Period } from './period.ts';
import { createSampledUsage } from './sampled-usage.ts';
import type { Sieve } from './sieve.ts';

/** What accounts used in a month, whoever knows it: the backend, or the samples in the store. */
export interface Meter {
  /** An account of which nothing is known is absent from the stream, never zero. */
  usage(accounts: readonly string[], period: Period, signal: AbortSignal): AsyncIterable<Usage>;
}

export interface MeterDeps {
  readonly offering: OfferingConfig;
  readonly backend: Backend;
  readonly store: Store;
  readonly sieve: Sieve;
  readonly clock: Clock;
  readonly sampleIntervalMs: number;
}

/** Samples come late by the spread of the interval and by what a pass takes: a second interval is the margin for it. */
const HOLD_INTERVALS = 2;

export function createMeter(deps: MeterDeps): Meter {
  return deps.offering.isSampled ? meterSamples(deps) : meterBackend(deps);
}

function meterBackend({ offering, backend, sieve }: MeterDeps): Meter {
  return {
    usage: async function* (accounts, { window }, signal) {
      const query = { metering: offering.metering, window };
      for await (const usage of backend.usage(accounts, query, signal)) yield sieve.pass(usage, query);
    },
  };
}

function meterSamples({ offering, store, clock, sampleIntervalMs }: MeterDeps): Meter {
  const sampled = createSampledUsage({
    offering: offering.uuid,
    metering: offering.metering,
    samples: store.samples,
    closed: remembered(store, 'closed-months', offering.uuid),
    holdMs: sampleIntervalMs * HOLD_INTERVALS,
  });
  return {
    usage: async function* (accounts, period, signal) {
      const measuredAt = clock.now();
      const isWhole = !period.isCurrent || isClosing(period, measuredAt);
      const window = { from: period.window.from, to: isWhole ? period.end : period.window.to };
      signal.throwIfAborted();
      for (const [account, quantities] of await sampled.of(accounts, window, isWhole)) {
        yield { account, measuredAt, quantities };
      }
    },
  };
}
