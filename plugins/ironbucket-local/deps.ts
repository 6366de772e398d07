import { resolve } from 'node:path';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { type Accounts, type AccountsChanged, openAccounts } from './accounts.ts';
import { type AskNode, createAskNode } from './cluster/ask-node.ts';
import { type Cluster, openCluster } from './cluster/cluster.ts';
import { parseNodes } from './cluster/nodes.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { type Documents, openDocuments } from './documents.ts';
import { type Layout, layoutOf } from './layout.ts';
import { type Files, nodeFiles } from './objects/files.ts';
import { type Objects, openObjects } from './objects/objects.ts';
import type { Changing } from './objects/write.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import { openUncounted } from './quota/uncounted.ts';
import type { Settings } from './settings.ts';
import { openStatistics, type Statistics, type StatisticsDeps } from './statistics/statistics.ts';
import { openTrash, type Trash } from './trash.ts';

/** What the gateway needs of the agent. */
export type GatewayContext = Pick<PluginContext<Settings>, 'settings' | 'log' | 'clock' | 'random'>;

/** What the methods of the backend share. */
export interface Deps extends GatewayContext {
  readonly disk: Disk;
  readonly files: Files;
  readonly layout: Layout;
  readonly accounts: Accounts;
  readonly quotas: Quotas;
  readonly statistics: Statistics;
  readonly cluster: Cluster;
  readonly objects: Objects;
  readonly documents: Documents;
  readonly trash: Trash;
  /** Whether this thread serves the bucket: nothing else counts in it or clears it up. */
  owns(bucket: string): boolean;
}

/** The file system: where documents go, and where objects go. A test may hand in one that fails. */
export interface Storage {
  readonly disk?: Disk | undefined;
  readonly files?: Files | undefined;
  /** Other nodes; default: none. */
  readonly others?: readonly AskNode[] | undefined;
  /** After every change of the accounts, with the identities of their directory. */
  readonly changed?: AccountsChanged | undefined;
  /** Default: all buckets. */
  readonly owns?: Deps['owns'] | undefined;
  /** Told of every change of an object. Default: not told */
  readonly changing?: Changing | undefined;
  /** What other threads have counted. Default: nothing */
  readonly collect?: StatisticsDeps['collect'];
}

/** Opens nothing yet: every file is read when it is needed. */
export function createDeps(context: GatewayContext, storage: Storage = {}): Deps {
  const {
    disk = nodeDisk,
    files = nodeFiles(context.settings),
    others = [],
    changed,
    owns = () => true,
    changing,
    collect,
  } = storage;
  const layout = layoutOf(resolve(context.settings.storage_path));
  const { clock, log, settings } = context;
  const shared = { disk, layout, clock, log, fsync: settings.fsync, flushIntervalMs: settings.quota_flush_interval_ms };
  const defaultBytes = BigInt(settings.bucket_quota_bytes);
  const quotaDeps = { ...shared, defaultBytes, cacheMaxSize: settings.quota_cache_max_size };
  const random = (bytes: number): Uint8Array => context.random(bytes);
  const quotas = settings.enabled ? openQuotas(quotaDeps) : openUncounted(quotaDeps);
  const statistics = openStatistics({ ...shared, enabled: settings.enabled, collect });
  return {
    settings,
    log,
    clock,
    random,
    disk,
    files,
    layout,
    accounts: openAccounts(disk, layout, changed),
    quotas,
    statistics,
    cluster: openCluster({ quotas, statistics, clock, log, self: settings.node_id, others }),
    objects: openObjects({
      disk,
      files,
      layout,
      clock,
      random,
      removeEmptyFolders: settings.remove_empty_folders,
      changing,
    }),
    documents: openDocuments(disk, layout),
    trash: openTrash({ disk, layout, log, random }),
    owns,
  };
}

/** Without an administrator they would have no caller. */
export function otherNodes(context: PluginContext<Settings>): readonly AskNode[] {
  const { access_key: accessKey, secret_key: secretKey, cluster_nodes: nodes } = context.settings;
  if (accessKey === undefined || secretKey === undefined) return [];
  return parseNodes(nodes).map((node) => createAskNode(context, { accessKey, secretKey }, node));
}
