import { join } from 'node:path';
import { parseAccountId } from '../../plugins/host-quota/accounts/account-id.ts';
import { createHostOnDisk } from '../../plugins/host-quota/test/host-on-disk.ts';
import { openProcessSite } from '../fakes/process.ts';
import type { Account, Bench, BenchOptions } from './bench.ts';
import { GIB } from './stories.ts';

const NO_KEYS: Account['keys'] = [];

/** A storage host that is programs and files. Its accounts have no keys. */
export async function openHostQuota({ offering, settings }: BenchOptions): Promise<Bench> {
  const site = await openProcessSite();
  const host = createHostOnDisk(join(site.storage, 'host'));
  const storage = { accounting_type: 'limit', unit_factor: GIB, enforce_limits: true };
  const changes = {
    backend_type: 'host-quota',
    backend_settings: { ...host.settings, ...settings },
    backend_components: { storage },
  };
  site.configure({ offerings: [site.offering(offering, changes)] });
  return {
    site,
    root: site.storage,
    hasKeys: false,
    accounts: () =>
      new Map(
        host
          .users()
          .map(({ uid, resource = 'nobody', limit = -1 }): [string, Account] => [
            `lab/user/${uid}@tank/home`,
            { resource, suspended: false, bytes: limit, keys: NO_KEYS },
          ]),
      ),
    fill: (account) => host.fill(parseAccountId(account)?.id ?? -1, 1000),
    leftovers: () => host.nameless().map((uid) => `a limit of ${uid}`),
  };
}
