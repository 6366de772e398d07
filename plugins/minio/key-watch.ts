import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Log } from '../../src/lib/log.ts';
import type { Admin } from './madmin/admin.ts';

/** Which keys were switched off by hand. The listing of all keys does not say it, so accounts are asked about in turns. */
export interface KeyWatch {
  /** Looks at the next few of all accounts, and forgets those that are gone. */
  look(accounts: readonly string[], signal: AbortSignal): Promise<void>;
  /** Whether the key was off when its account was last looked at. */
  isOff(account: string, key: string): boolean;
}

/** Each costs a request and a key derivation here and at the server: 50 every five minutes are 600 accounts in an hour. */
const AT_ONCE = 50;

export function createKeyWatch(admin: Pick<Admin, 'keys'>, log: Log): KeyWatch {
  const off = new Map<string, ReadonlySet<string>>();
  let last = '';
  return {
    look: async (accounts, signal) => {
      const all = new Set(accounts);
      for (const account of [...off.keys()].filter((known) => !all.has(known))) off.delete(account);
      const sorted = [...all].sort();
      const start = sorted.findIndex((account) => account > last);
      const turn = start < 0 ? sorted : [...sorted.slice(start), ...sorted.slice(0, start)];
      const next = turn.slice(0, AT_ONCE);
      const looks = forAccounts(next, log, signal, async (account) => ({
        account,
        keys: await admin.keys(account, signal),
      }));
      for await (const { account, keys } of looks) {
        const ids = keys.filter(({ enabled }) => !enabled).map(({ id }) => id);
        if (ids.length === 0) off.delete(account);
        else off.set(account, new Set(ids));
      }
      last = next.at(-1) ?? '';
    },
    isOff: (account, key) => off.get(account)?.has(key) === true,
  };
}
