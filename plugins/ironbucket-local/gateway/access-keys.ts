import type { Accounts } from '../accounts.ts';
import type { Settings } from '../settings.ts';
import type { Principal } from './call.ts';
import { onceATurn } from './once-a-turn.ts';

/** Whose a key pair is. */
export interface Holder {
  readonly secretKey: string;
  readonly principal: Principal;
  readonly suspended: boolean;
}

export interface AccessKeys {
  /** As the files are in this turn of the event loop: a key that was revoked has no holder any more. */
  find(accessKey: string): Promise<Holder | undefined>;
}

export function openAccessKeys(accounts: Accounts, { access_key, secret_key }: Settings): AccessKeys {
  return {
    find: onceATurn(async (accessKey) => {
      if (accessKey === access_key && secret_key !== undefined) {
        return { secretKey: secret_key, principal: { kind: 'administrator' }, suspended: false };
      }
      const found = await accounts.holderOf(accessKey);
      const pair = found?.record.keys.find((one) => one.accessKey === accessKey);
      if (found === undefined || pair === undefined) return undefined;
      const principal = { kind: 'account', account: found.account } as const;
      return { secretKey: pair.secretKey, principal, suspended: found.record.suspended };
    }),
  };
}
