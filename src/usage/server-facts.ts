import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Waldur } from '../waldur/client.ts';

/** What Waldur says about the offering and about us, and what decides what may be reported. Each is asked for again after an hour. */
export interface ServerFacts {
  /** How components are billed, by type. */
  billing(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Whether the server files a report by its date, not by its arrival. */
  takesDate(signal: AbortSignal): Promise<boolean>;
  /** Staff may report any usage of months that are over. */
  isStaff(signal: AbortSignal): Promise<boolean>;
  /** After a refusal: one of them may have changed. */
  forget(): void;
}

const REMEMBERED_MS = 3_600_000;

export function createServerFacts(waldur: Waldur, offering: Uuid, clock: Clock): ServerFacts {
  const billing = remember(clock, async (signal) => {
    const { components } = await waldur.offerings.get(offering, signal);
    return new Map(components.map(({ type, billingType }) => [type, billingType]));
  });
  const takesDate = remember(clock, (signal) => waldur.usages.takesDate(signal));
  const isStaff = remember(clock, async (signal) => (await waldur.me(signal)).isStaff);
  return {
    billing: billing.get,
    takesDate: takesDate.get,
    isStaff: isStaff.get,
    forget: () => {
      for (const fact of [billing, takesDate, isStaff]) fact.forget();
    },
  };
}

function remember<T>(
  clock: Clock,
  ask: (signal: AbortSignal) => Promise<T>,
): { get(signal: AbortSignal): Promise<T>; forget(): void } {
  let known: { readonly value: T; readonly untilMs: number } | undefined;
  return {
    get: async (signal) => {
      if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.value;
      const value = await ask(signal);
      known = { value, untilMs: clock.monotonicMs() + REMEMBERED_MS };
      return value;
    },
    forget: () => {
      known = undefined;
    },
  };
}
