import type { Clock } from '../lib/clock.ts';
import type { Uuid } from '../lib/ids.ts';
import { rememberHourly } from '../waldur/capabilities.ts';
import type { Waldur } from '../waldur/client.ts';

/** What Waldur says about the offering and about us that decides what may be reported. Each is asked for again after an hour. */
export interface ServerFacts {
  /** How components are billed, by type. */
  billing(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Staff may report any usage of months that are over. */
  isStaff(signal: AbortSignal): Promise<boolean>;
  /** After a refusal: one of them may have changed. */
  forget(): void;
}

export function createServerFacts(waldur: Waldur, offering: Uuid, clock: Clock): ServerFacts {
  const start = (): Omit<ServerFacts, 'forget'> => ({
    billing: rememberHourly(clock, async (signal) => {
      const { components } = await waldur.offerings.get(offering, signal);
      return new Map(components.map(({ type, billingType }) => [type, billingType]));
    }),
    isStaff: rememberHourly(clock, async (signal) => (await waldur.me(signal)).isStaff),
  });
  let known = start();
  return {
    billing: (signal) => known.billing(signal),
    isStaff: (signal) => known.isStaff(signal),
    forget: () => {
      known = start();
    },
  };
}
