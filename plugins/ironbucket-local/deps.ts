import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Accounts, openAccounts } from './accounts.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { type Layout, layoutOf } from './layout.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import { openUncounted } from './quota/uncounted.ts';
import type { Settings } from './settings.ts';
import { openStatistics, type Statistics } from './statistics/statistics.ts';
import { openTrash, type Trash } from './trash.ts';

/** What the methods of the backend share. */
export interface Deps extends PluginContext<Settings> {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly accounts: Accounts;
  readonly quotas: Quotas;
  readonly statistics: Statistics;
  readonly trash: Trash;
}

/** Opens nothing yet: every file is read when it is needed. */
export function createDeps(context: PluginContext<Settings>, disk: Disk = nodeDisk): Deps {
  const layout = layoutOf(context.settings.storage_path);
  const { clock, log, settings } = context;
  const shared = { disk, layout, clock, log, fsync: settings.fsync, flushIntervalMs: settings.quota_flush_interval_ms };
  const defaultBytes = BigInt(settings.bucket_quota_bytes);
  const quotaDeps = { ...shared, defaultBytes, cacheMaxSize: settings.quota_cache_max_size };
  return {
    ...context,
    disk,
    layout,
    accounts: openAccounts(disk, layout),
    quotas: settings.enabled ? openQuotas(quotaDeps) : openUncounted(quotaDeps),
    statistics: openStatistics({ ...shared, enabled: settings.enabled }),
    trash: openTrash({ disk, layout, log, random: (bytes) => context.random(bytes) }),
  };
}
