import type { MessagePort } from 'node:worker_threads';
import type { NodeNumbers } from '../cluster/aggregate.ts';
import type { QuotaRecord } from '../quota/quota-file.ts';
import type { ScanResult } from '../quota/scan.ts';
import type { Settings } from '../settings.ts';
import type { Counts } from '../statistics/statistics-file.ts';
import type { Portable } from './peer.ts';

interface Start {
  readonly settings: Settings;
  /** Its own buckets that are about to be removed: nothing in them changes until they are opened. */
  readonly closed: readonly string[];
  /** The other nodes, which are asked by the agent's own thread. */
  readonly nodes: readonly string[];
}

/** What the thread that speaks HTTP is started with. */
export interface GatewayStart extends Start {
  /** One to each thread that stores. Without any, this one does. */
  readonly storages: readonly MessagePort[];
}

/** What a thread that stores is started with. */
export interface StorageStart extends Start {
  /** Which of how many it is: that says which buckets are its own. */
  readonly index: number;
  readonly count: number;
  /** To the thread that speaks HTTP. */
  readonly gateway: MessagePort;
}

/** What the agent asks of the thread that speaks HTTP. */
export type GatewayCalls = {
  /** The file of an account was written; the identities are those of its directory. */
  noticeAccount(account: string, before: string | undefined, after: string | undefined): void;
  /** Ends the thread, when what is under way is answered. */
  stop(): void;
};

/** What the agent asks of a thread that stores, of its own buckets only. */
export type StorageCalls = {
  readQuota(account: string): QuotaRecord | undefined;
  setLimit(account: string, maxBytes: bigint | null): boolean;
  measure(account: string): ScanResult | undefined;
  forgetQuota(account: string): void;
  forgetStatistics(account: string): void;
  readStatistics(account: string, month: string | undefined): Counts;
  /** Resolves when nothing in the bucket changes any more. */
  closeBucket(account: string): void;
  openBucket(account: string): void;
  /** Ends the thread, when all is written. */
  stop(): void;
};

/** What both ask of the agent. */
export type AgentCalls = {
  /** The gateway listens, or cannot. */
  tried(result: { readonly host: string; readonly port: number } | { readonly failure: Portable }): void;
  log(level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void;
  askNode(name: string, bucket: string, month: string): NodeNumbers;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
