import { DAY_S, dayOf, toExact } from './sample-text.ts';
import type { Point, Samples } from './store.ts';

/** By second, for one component of one account. */
type Readings = Map<number, Point>;

/** Samples of this process: for demos and one-shot commands. */
export function createMemorySamples(): Samples {
  const owners = new Map<string, Map<string, Map<string, Readings>>>();
  const accountsOf = (owner: string): Map<string, Map<string, Readings>> => owners.get(owner) ?? new Map();

  return {
    add: async (owner, samples) => {
      const accounts = accountsOf(owner);
      owners.set(owner, accounts);
      for (const { account, component, at, quantity } of samples) {
        const components = accounts.get(account) ?? new Map<string, Readings>();
        const readings = components.get(component) ?? new Map<number, Point>();
        accounts.set(account, components.set(component, readings));
        const second = Math.floor(at.getTime() / 1000);
        readings.set(second, { at: second, quantity: toExact(quantity) });
      }
    },
    read: async (owner, account, { from, to }) => {
      const [first, end] = [from.getTime() / 1000, to.getTime() / 1000];
      return [...(accountsOf(owner).get(account) ?? [])]
        .map(([component, readings]) => ({
          component,
          points: [...readings.values()].filter(({ at }) => at >= first && at < end).sort((a, b) => a.at - b.at),
        }))
        .filter(({ points }) => points.length > 0)
        .sort((a, b) => (a.component < b.component ? -1 : 1));
    },
    accounts: async (owner, { from, to }) => {
      const [first, end] = [dayOf(from) * DAY_S, (dayOf(to) + 1) * DAY_S];
      const isIn = (at: number): boolean => at >= first && at < end;
      return [...accountsOf(owner)]
        .filter(([, components]) => [...components.values()].some((readings) => [...readings.keys()].some(isIn)))
        .map(([account]) => account)
        .sort();
    },
    forget: async (owner, before) => {
      for (const [account, components] of accountsOf(owner)) {
        for (const [component, readings] of components) {
          for (const at of readings.keys()) if (at < dayOf(before) * DAY_S) readings.delete(at);
          if (readings.size === 0) components.delete(component);
        }
        if (components.size === 0) accountsOf(owner).delete(account);
      }
    },
  };
}
