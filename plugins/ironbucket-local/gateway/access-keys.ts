import type { AccountRecords, Accounts } from '../accounts.ts';
import type { Settings } from '../settings.ts';
import type { Principal } from './call.ts';

/** Whose a key pair is. */
export interface Holder {
  readonly secretKey: string;
  readonly principal: Principal;
  readonly suspended: boolean;
}

export interface AccessKeys {
  /** By access key. As `accounts.json` is at this moment: a key that was revoked is not in it any more. */
  read(): Promise<ReadonlyMap<string, Holder>>;
}

export function openAccessKeys(accounts: Accounts, settings: Settings): AccessKeys {
  let indexed: { readonly records: AccountRecords; readonly holders: ReadonlyMap<string, Holder> } | undefined;
  return {
    read: async () => {
      const records = await accounts.read();
      // The same object as long as nothing changed.
      if (indexed?.records !== records) indexed = { records, holders: index(records, settings) };
      return indexed.holders;
    },
  };
}

function index(records: AccountRecords, { access_key, secret_key }: Settings): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>();
  for (const [account, { suspended, keys }] of records) {
    const principal = { kind: 'account', account } as const;
    for (const { accessKey, secretKey } of keys) holders.set(accessKey, { secretKey, principal, suspended });
  }
  if (access_key !== undefined && secret_key !== undefined) {
    holders.set(access_key, { secretKey: secret_key, principal: { kind: 'administrator' }, suspended: false });
  }
  return holders;
}
