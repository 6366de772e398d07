import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Accounts, openAccounts } from './accounts.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { type Layout, layoutOf } from './layout.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import type { Settings } from './settings.ts';
import { openTrash, type Trash } from './trash.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly accounts: Accounts;
  readonly quotas: Quotas;
  readonly trash: Trash;
}

/** Opens nothing yet: every file is read when it is needed. */
export function createDeps(context: PluginContext<Settings>, disk: Disk = nodeDisk): Deps {
  const layout = layoutOf(context.settings.storage_path);
  const { clock, log, settings } = context;
  return {
    ...context,
    disk,
    layout,
    accounts: openAccounts(disk, layout),
    quotas: openQuotas({
      disk,
      layout,
      clock,
      log,
      fsync: settings.fsync,
      defaultBytes: BigInt(settings.bucket_quota_bytes),
      flushIntervalMs: settings.quota_flush_interval_ms,
      cacheMaxSize: settings.quota_cache_max_size,
    }),
    trash: openTrash({ disk, layout, log, random: (bytes) => context.random(bytes) }),
  };
}
