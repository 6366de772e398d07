import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Accounts, openAccounts } from './accounts.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { type Layout, layoutOf } from './layout.ts';
import { openQuotas, type Quotas } from './quotas.ts';
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
  const { clock, log } = context;
  return {
    ...context,
    disk,
    layout,
    accounts: openAccounts(disk, layout),
    quotas: openQuotas(disk, layout, clock),
    trash: openTrash({ disk, layout, log, random: (bytes) => context.random(bytes) }),
  };
}
