import type { Clock } from '../lib/clock.ts';

/** How many orders ended in each of the last 24 hours, and how long they took. */
export interface OrderRates {
  /** An order ended. @param ms how long its last attempt took */
  note(isDone: boolean, ms: number): void;
  read(): OrderRate;
}

export interface OrderRate {
  /** The oldest first; the last one is the hour that runs. */
  readonly hours: readonly { readonly from: Date; readonly done: number; readonly failed: number }[];
  /** Of the last orders, at most 200; undefined before the first. */
  readonly medianMs: number | undefined;
  readonly p95Ms: number | undefined;
}

const HOUR_MS = 3_600_000;
const HOURS = 24;
const MOST_DURATIONS = 200;

export function createOrderRates(clock: Pick<Clock, 'now'>): OrderRates {
  const counts = new Map<number, { done: number; failed: number }>();
  const durations: number[] = [];
  const thisHour = (): number => Math.floor(clock.now().getTime() / HOUR_MS);

  return {
    note: (isDone, ms) => {
      const hour = thisHour();
      for (const known of counts.keys()) if (known <= hour - HOURS) counts.delete(known);
      const count = counts.get(hour) ?? { done: 0, failed: 0 };
      count[isDone ? 'done' : 'failed']++;
      counts.set(hour, count);
      durations.push(ms);
      if (durations.length > MOST_DURATIONS) durations.shift();
    },
    read: () => {
      const first = thisHour() - HOURS + 1;
      const hours = Array.from({ length: HOURS }, (_, index) => {
        const { done, failed } = counts.get(first + index) ?? { done: 0, failed: 0 };
        return { from: new Date((first + index) * HOUR_MS), done, failed };
      });
      const sorted = durations.toSorted((a, b) => a - b);
      return { hours, medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) };
    },
  };
}

/** The smallest value that is not below this share of all. */
function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
