import type { OfferingConfig } from '../config/types.ts';
import type { Log } from '../lib/log.ts';
import { setBounded } from '../lib/set-bounded.ts';
import type { Metering, Usage, Window } from '../plugin/contract.ts';
import { implausible, type Reading } from './plausible.ts';

/** Holds back what cannot be true: it is unreadable, as if the backend had not said it. */
export interface Sieve {
  pass(usage: Usage, query: { readonly metering: Metering; readonly window: Window }): Usage;
}

export interface SieveDeps {
  readonly offering: OfferingConfig;
  readonly log: Log;
  /** A reading was held back. */
  readonly onImplausible?: (() => void) | undefined;
}

/** Accounts whose last reading is remembered; those read longest ago are forgotten first. */
const ACCOUNTS = 100_000;

export function createSieve({ offering, log, onImplausible }: SieveDeps): Sieve {
  const last = new Map<string, Readonly<Record<string, Reading>>>();
  const measured = offering.plugin.components;

  return {
    pass: (usage, { metering, window }) => {
      const before = last.get(usage.account) ?? {};
      const seconds = (window.to.getTime() - window.from.getTime()) / 1000;
      const quantities: Record<string, bigint> = {};
      const readings: Record<string, Reading> = { ...before };
      for (const [component, quantity] of Object.entries(usage.quantities)) {
        const reading = { quantity, at: usage.measuredAt };
        const unit = measured[component]?.unit ?? 'bytes';
        const bounds = { unit, metering, capacity: offering.backendCapacity, seconds };
        const reason = implausible(bounds, reading, before[component]);
        if (reason === undefined) {
          quantities[component] = quantity;
          readings[component] = reading;
          continue;
        }
        onImplausible?.();
        log.warn({ account: usage.account, component, quantity: String(quantity) }, `a reading is not used: ${reason}`);
      }
      if (metering === 'current') setBounded(last, usage.account, readings, ACCOUNTS);
      return { ...usage, quantities };
    },
  };
}
