/** What a backend says of an account in numbers; undefined when the account is not there any more. */
export interface AccountSeen {
  readonly offering: string;
  readonly account: string;
  readonly gauges: Readonly<Record<string, number>> | undefined;
}

/** Numbers of accounts as backends last said them, by offering and account. */
export interface AccountGauges {
  set(seen: AccountSeen): void;
  /** All accounts of the offering were looked at: what was not said since the time before is forgotten. */
  turn(offering: string): void;
  forget(offering: string): void;
  /** The accounts that have a number of this name. */
  read(plugin: string, name: string): Iterable<{ offering: string; account: string; value: number }>;
  /** Of which plugin an offering is. */
  own(offering: string, plugin: string): void;
}

interface Entry {
  readonly values: Readonly<Record<string, number>>;
  isNew: boolean;
}

interface Owned {
  readonly plugin: string;
  readonly accounts: Map<string, Entry>;
}

/** More accounts of one offering are not shown: each is a series of its own for every number. */
const MOST_ACCOUNTS = 10_000;

export function createAccountGauges(): AccountGauges {
  const offerings = new Map<string, Owned>();
  return {
    own: (offering, plugin) => {
      if (offerings.get(offering)?.plugin !== plugin) offerings.set(offering, { plugin, accounts: new Map() });
    },
    set: ({ offering, account, gauges: values }) => {
      const accounts = offerings.get(offering)?.accounts;
      if (accounts === undefined) return;
      if (values === undefined) accounts.delete(account);
      else if (accounts.has(account) || accounts.size < MOST_ACCOUNTS) accounts.set(account, { values, isNew: true });
    },
    turn: (offering) => {
      for (const [account, entry] of offerings.get(offering)?.accounts ?? []) {
        if (entry.isNew) entry.isNew = false;
        else offerings.get(offering)?.accounts.delete(account);
      }
    },
    forget: (offering) => void offerings.delete(offering),
    read: function* (plugin, name) {
      for (const [offering, owned] of offerings) {
        if (owned.plugin !== plugin) continue;
        for (const [account, { values }] of owned.accounts) {
          const value = values[name];
          if (value !== undefined && Number.isFinite(value)) yield { offering, account, value };
        }
      }
    },
  };
}
