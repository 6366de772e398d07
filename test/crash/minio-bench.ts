import { policyName } from '../../plugins/minio/bucket-names.ts';
import { bucketsIn, stampOf } from '../../plugins/minio/policy.ts';
import { openProcessSite } from '../fakes/process.ts';
import { startEmulator } from '../labs/minio/emulator.ts';
import type { Account, Bench, BenchOptions } from './bench.ts';

/**
 * An emulated server; `opened` gets what must be closed. Its plain API: encryption changes no effect, and the hundreds of
 * agents that die here would derive a key for each.
 */
export async function openMinio(
  { offering, settings }: BenchOptions,
  opened: { close(): Promise<void> }[],
): Promise<Bench> {
  const site = await openProcessSite();
  const emulator = await startEmulator();
  opened.push(emulator);
  const { state, store, root, endpoint } = emulator;
  const keys = { admin_access_key: root.accessKey, admin_secret_key: root.secretKey };
  const own = { endpoint: new URL(endpoint).host, admin_prefix: '/rustfs/admin/v3', ...keys };
  const changes = { backend_type: 'minio', backend_settings: { ...own, ...settings } };
  site.configure({ offerings: [site.offering(offering, changes)] });
  const policyOf = (account: string) => state.policies.get(policyName(account))?.document;
  return {
    site,
    root: site.storage,
    accounts: () =>
      new Map(
        [...state.users].map(([account, { enabled }]): [string, Account] => {
          const quotas = bucketsIn(policyOf(account)).map((bucket) => Number(state.quotas.get(bucket)?.size ?? -1));
          const own = [...state.serviceAccounts].filter(([, { parent }]) => parent === account);
          return [
            account,
            {
              resource: stampOf(policyOf(account)) ?? 'nobody',
              suspended: !enabled,
              bytes: quotas.reduce((sum, bytes) => sum + bytes, 0),
              keys: own.map(([accessKey, { secret: secretKey }]) => ({ accessKey, secretKey })),
            },
          ];
        }),
      ),
    fill: (account) => {
      const nothing = { content: undefined, etag: 'e', modified: new Date(), type: '', metadata: {} };
      for (const bucket of bucketsIn(policyOf(account))) {
        for (const key of ['a', 'deep/b']) store.put(bucket, key, { ...nothing, size: 10 });
      }
    },
    leftovers: () => {
      const { users, policies, mappings, serviceAccounts } = state;
      const used = new Set([...users.keys()].flatMap((account) => bucketsIn(policyOf(account))));
      const own = [...policies.keys()].filter((name) => name.startsWith('waldur-'));
      return [
        ...own.filter((name) => !users.has(name.slice('waldur-'.length))),
        ...[...mappings.keys()].filter((account) => !users.has(account)),
        ...[...serviceAccounts].filter(([, { parent }]) => !users.has(parent)).map(([id]) => id),
        ...[...store.buckets.keys()].filter((bucket) => !used.has(bucket)),
      ];
    },
  };
}
